/* SPDX-License-Identifier: Apache-2.0 */
#include "config/set.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "config/expansion.h"
#include "config/memory.h"
#include "config/value.h"
#include "config/words.h"

static int out_of_memory(struct error *e) {
	return fail(e, "there is no memory left for it (CONFIG_MEMORY, %d bytes)", CONFIG_MEMORY);
}

static void *field_of(const struct schema_key *key, void *object) {
	return (char *)object + key->offset;
}

static int set_default(const struct schema_key *key, void *object, struct error *e) {
	const char *preset = schema_text(key->preset);
	size_t mark = memory_mark();
	char *text;

	value_clear(key, field_of(key, object));
	if (!key->preset)
		return 0;
	text = memory_text(preset, strlen(preset));
	if (!text)
		return out_of_memory(e);
	if (value_type(key)->parse(key, text, field_of(key, object), e) < 0)
		return -1;
	if (!value_type(key)->keeps)
		memory_release(mark);
	return 0;
}

static int fill(const struct schema_section *section, struct config_head *head, struct error *e) {
	for (SCHEMA_EACH_KEY(section, k))
		if (set_default(k, head, e) < 0)
			return -1;
	return 0;
}

/* Where the section's values come from is known from its first setting on. */
static int need_origins(const struct schema_section *section, struct config_head *head,
			struct error *e) {
	if (!section->headless && !head->origins)
		head->origins = memory_take(section->count * sizeof(*head->origins));
	return section->headless || head->origins ? 0 : out_of_memory(e);
}

struct config_head *set_find(const struct config *c, const struct schema_section *section,
			     const char *name) {
	for (struct config_head *h = schema_first(section, c); h; h = h->next)
		if (strcmp(h->name, name) == 0)
			return h;
	return NULL;
}

/* Lists keep the order in which they were written. False if that would be too many. */
static bool append(struct config_head **first, struct config_head *item, unsigned limit) {
	struct config_head **end = first;
	unsigned count = 0;

	for (; *end; count++)
		end = (struct config_head **)&(*end)->next;
	if (count < limit)
		*end = item;
	return count < limit;
}

static int refuse_name(const char *name, struct error *e) {
	size_t len = strlen(name);

	if (len == 0 || len > CONFIG_HEADER)
		return fail(e, "a name has 1 to %d bytes", CONFIG_HEADER);
	if (strpbrk(name, "[]") || strchr(" \t", name[0]) || strchr(" \t", name[len - 1]) ||
	    expansion_refuse_control(name, "", e) < 0)
		return fail(e, "'%s' can't be a name", name);
	return 0;
}

struct config_head *set_instance(struct config *c, const struct schema_section *section,
				 const char *name, const struct config_origin *origin,
				 struct error *e) {
	struct config_head *head = set_find(c, section, name);

	if (head)
		return head;
	if (refuse_name(name, e) < 0)
		return NULL;
	head = memory_take(section->size);
	if (!head || !(head->name = memory_text(name, strlen(name))) || fill(section, head, e) < 0)
		return out_of_memory(e), NULL;
	head->origin = *origin;
	if (!append(&schema_first(section, c), head, section->limit))
		return fail(e, "more than %u [%s] sections", section->limit,
			    schema_text(section->kind)),
		       NULL;
	return head;
}

struct config_pair *set_find_pair(const struct load_place *p) {
	const char *own = schema_own_part(p->key, p->name);

	for (struct config_pair *pair = *(struct config_pair **)field_of(p->key, p->object); pair;
	     pair = pair->head.next)
		if (strcmp(pair->key, own) == 0)
			return pair;
	return NULL;
}

static struct config_pair *need_pair(const struct load_place *p, struct error *e) {
	const char *own = schema_own_part(p->key, p->name);
	struct config_pair *pair = set_find_pair(p);

	if (pair)
		return pair;
	pair = memory_take(sizeof(*pair));
	if (!pair || !(pair->key = memory_text(own, strlen(own))))
		return out_of_memory(e), NULL;
	if (!append(field_of(p->key, p->object), &pair->head, CONFIG_ITEMS))
		return fail(e, "more than %d of them", CONFIG_ITEMS), NULL;
	return pair;
}

static int refuse_repetition(const struct config_origin *now, const struct config_origin *before,
			     struct error *e) {
	if (now->source == CONFIG_FILE && before->source == CONFIG_FILE)
		return fail(e, "is set already in line %u", before->line);
	return 0;
}

static int set_pair(const struct load_place *p, char *text, struct error *e) {
	struct config_pair *pair = need_pair(p, e);

	if (!pair || refuse_repetition(&p->origin, &pair->head.origin, e) < 0)
		return -1;
	pair->head.origin = p->origin;
	pair->value = NULL;
	if (*text == '\0' && p->section->headless)
		return 0; /* [env] NAME = unsets it */
	return value_type(p->key)->parse(p->key, text, pair, e);
}

static int set_item(const struct load_place *p, char *text, struct error *e) {
	const struct value_type *type = value_type(p->key);
	struct config_head *item = memory_take(type->item);

	if (!item)
		return out_of_memory(e);
	item->origin = p->origin;
	if (type->parse(p->key, text, item, e) < 0)
		return -1;
	if (!append(field_of(p->key, p->object), item, CONFIG_ITEMS))
		return fail(e, "has more than %d items", CONFIG_ITEMS);
	return 0;
}

static char *trim(char *text) {
	char *end;

	text += strspn(text, " \t\n");
	end = text + strlen(text);
	while (end > text && strchr(" \t\n", end[-1]))
		*--end = '\0';
	return text;
}

static int set_between_commas(const struct load_place *p, char *text, struct error *e) {
	int result = 0;

	while (text) {
		char *item = strsep(&text, ",");

		if (set_item(p, trim(item), e) < 0)
			result = -1;
	}
	return result;
}

static int set_words(const struct load_place *p, char *text, struct error *e) {
	struct words words = { .rest = text, .separators = " \t\n," };
	int more, result = 0;

	for (char *word; (more = words_next(&words, &word, e)) > 0;)
		if (set_item(p, word, e) < 0)
			result = -1;
	return more < 0 ? -1 : result;
}

static int set_list(const struct load_place *p, char *text, struct error *e) {
	switch ((enum value_cut)value_type(p->key)->cut) {
	case VALUE_WHOLE:
		return value_type(p->key)->parse(p->key, text, field_of(p->key, p->object), e);
	case VALUE_AT_COMMAS:
		return *trim(text) ? set_between_commas(p, text, e) : 0;
	case VALUE_INTO_WORDS:
		return set_words(p, text, e);
	}
	return -1;
}

static struct config_origin *origin_of(const struct load_place *p) {
	return &((struct config_head *)p->object)->origins[p->key - schema_first_key(p->section)];
}

static int store(const struct load_place *p, char *text, struct error *e) {
	struct config_origin *origin, before;

	if (schema_is_open(p->key))
		return set_pair(p, text, e);
	origin = origin_of(p);
	before = *origin;
	*origin = p->origin;
	if (value_type(p->key)->adds) {
		if (before.source != p->origin.source)
			value_clear(p->key, field_of(p->key, p->object));
		return set_list(p, text, e);
	}
	if (refuse_repetition(&p->origin, &before, e) < 0) {
		*origin = before;
		return -1;
	}
	if (*text == '\0')
		return fail(e, "is empty");
	return value_type(p->key)->parse(p->key, text, field_of(p->key, p->object), e);
}

/* Of a secret: what the file holds, without the newline at its end. */
static char *read_secret(const char *path, struct error *e) {
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t room;
	char *text = memory_rest(&room);
	ssize_t n = fd < 0 ? -1 : read(fd, text, room > CONFIG_LINE ? CONFIG_LINE + 1 : room);

	if (n < 0)
		fail(e, "%s: %m", path);
	if (fd >= 0)
		(void)close(fd);
	if (n < 0)
		return NULL;
	if ((size_t)n == room)
		return out_of_memory(e), NULL;
	if (n > CONFIG_LINE)
		return fail(e, "%s: holds more than %d bytes", path, CONFIG_LINE), NULL;
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	text[n] = '\0';
	memory_keep((size_t)n + 1);
	if (strlen(text) != (size_t)n || expansion_refuse_control(text, "", e) < 0)
		return fail(e, "%s: is not text", path), NULL;
	return text;
}

/* The value as it is to be parsed, in memory of its own. */
static char *prepare(struct load *l, const struct load_place *p, const char *value,
		     struct error *e) {
	static const char prefix[] = "file:";
	bool line_breaks = value_type(p->key)->quoted || p->section->headless;
	char *text;

	if (expansion_refuse_control(value, line_breaks ? "\n" : "", e) < 0)
		return NULL;
	if (p->origin.source == CONFIG_FILE)
		text = expansion_expand(l, p->key, value, e);
	else if (!(text = memory_text(value, strlen(value))))
		out_of_memory(e);
	if (text && p->key->secret && strncmp(text, prefix, sizeof(prefix) - 1) == 0)
		text = read_secret(text + sizeof(prefix) - 1, e);
	return text;
}

/* What only was needed to parse the value is given back. */
static int set(struct load *l, const struct load_place *p, const char *value, struct error *e) {
	const struct value_type *type = value_type(p->key);
	size_t mark;
	char *text;

	if (need_origins(p->section, p->object, e) < 0)
		return -1;
	mark = memory_mark();
	text = prepare(l, p, value, e);
	if (!text && !schema_is_open(p->key)) /* it is wrong: nobody is to call it missing */
		*origin_of(p) = p->origin;
	if (!text || store(p, text, e) < 0)
		return -1;
	if (!type->keeps && !type->item)
		memory_release(mark);
	return 0;
}

void set_value(struct load *l, const struct load_place *p, const char *value) {
	struct error e;

	/* To clear all of its text would take longer than most values do. */
	e.len = 0;
	e.text[0] = '\0';
	if (l->pass == LOAD_SET && set(l, p, value, &e) < 0)
		load_mistake(l, p, "%s", e.text);
	/* So that PINTLE_SERVICE_WEB_META_VERSION is known for what it is. */
	if (l->pass == LOAD_DECLARE && schema_is_open(p->key) && !p->section->headless)
		(void)need_pair(p, &e);
}
