/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/catalog.h"

#include <stdio.h>
#include <string.h>

#include "config/memory.h"
#include "init/agent/watch.h"

enum kind { INSTANCES, TAGS, META, KINDS };

/* What a list in a template is: the instances of a watch, or what one of them has. */
struct list {
	enum kind kind;
	const struct instances *instances;
	unsigned index; /* of the instance */
	unsigned count;
};

static const struct config *config;
/* Of a kind there is one for each section around: lists within each other do not meet. */
static MEMORY_BULK struct list lists[KINDS][MUSTACHE_DEPTH + 1];

void catalog_init(const struct config *c) {
	config = c;
}

static void give_text(struct mustache_value *v, const char *text) {
	v->kind = MUSTACHE_TEXT;
	v->text = text;
	v->length = strlen(text);
}

static void give_list(const struct mustache *m, struct mustache_value *v, struct list l) {
	struct list *kept = &lists[l.kind][m->depth];

	*kept = l;
	v->kind = MUSTACHE_LIST;
	v->list = kept;
	v->count = l.count;
}

static bool is(const char *name, size_t length, const char *known) {
	return strlen(known) == length && memcmp(name, known, length) == 0;
}

/* Empty text is not true, and hides what is around. */
static bool give_place(struct mustache_value *v, const struct list *l, unsigned index,
		       const char *name, size_t length) {
	if (is(name, length, "first"))
		give_text(v, index == 0 ? "1" : "");
	else if (is(name, length, "last"))
		give_text(v, index + 1 == l->count ? "1" : "");
	else
		return false;
	return true;
}

static void give_port(const struct mustache *m, struct mustache_value *v, uint16_t port) {
	static char texts[MUSTACHE_DEPTH + 1][sizeof("65535")];

	snprintf(texts[m->depth], sizeof(texts[0]), "%u", port);
	give_text(v, port ? texts[m->depth] : "");
}

static void look_into_instance(const struct mustache *m, const struct list *l, unsigned index,
			       const char *name, size_t length, struct mustache_value *v) {
	struct instance one;

	if (give_place(v, l, index, name, length))
		return;
	instances_view(l->instances, index, &one);
	if (is(name, length, "id"))
		give_text(v, one.id);
	else if (is(name, length, "address"))
		give_text(v, one.address);
	else if (is(name, length, "port"))
		give_port(m, v, one.port);
	else if (is(name, length, "tags"))
		give_list(m, v, (struct list){ TAGS, l->instances, index, one.tags_count });
	else if (is(name, length, "meta"))
		give_list(m, v, (struct list){ META, l->instances, index, one.metas_count > 0 });
}

static void look_into_tag(const struct list *l, unsigned index, const char *name, size_t length,
			  struct mustache_value *v) {
	struct instance one;

	if (give_place(v, l, index, name, length) || !is(name, length, "."))
		return;
	instances_view(l->instances, l->index, &one);
	give_text(v, one.tags[index]);
}

static void look_into_meta(const struct list *l, const char *name, size_t length,
			   struct mustache_value *v) {
	struct instance one;

	instances_view(l->instances, l->index, &one);
	for (unsigned i = 0; i < one.metas_count; i++)
		if (is(name, length, one.metas[i].key))
			give_text(v, one.metas[i].value);
}

static void look_for_watch(const struct mustache *m, const char *name, size_t length,
			   struct mustache_value *v) {
	unsigned i = 0;

	for (const struct config_watch *w = config->watches; w; w = w->head.next, i++) {
		const struct instances *list = watch_list(i);

		if (is(name, length, w->head.name))
			give_list(m, v,
				  (struct list){ INSTANCES, list, 0, list ? list->count : 0 });
	}
}

void catalog_look_up(struct mustache *m, const void *list, unsigned index, const char *name,
		     size_t length, struct mustache_value *v) {
	const struct list *l = list;

	if (!l)
		look_for_watch(m, name, length, v);
	else if (l->kind == INSTANCES)
		look_into_instance(m, l, index, name, length, v);
	else if (l->kind == TAGS)
		look_into_tag(l, index, name, length, v);
	else
		look_into_meta(l, name, length, v);
}
