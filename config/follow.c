/* SPDX-License-Identifier: Apache-2.0 */
#include "config/follow.h"

#include <string.h>

#include "config/check.h"
#include "config/memory.h"
#include "config/set.h"

const char *follow_service(const char *value) {
	static const char prefix[] = "service:";
	const size_t len = sizeof(prefix) - 1;

	return value && strncmp(value, prefix, len) == 0 ? value + len : NULL;
}

static struct config_watch *find(const struct config *c, const char *service) {
	for (struct config_watch *w = c->watches; w; w = w->head.next)
		if (strcmp(w->service ? w->service : w->head.name, service) == 0)
			return w;
	return NULL;
}

struct config_members *follow_members(const struct config *c, const char *value) {
	const char *service = follow_service(value);
	const struct config_watch *w = service ? find(c, service) : NULL;

	return w ? w->members : NULL;
}

static struct config_watch *add(struct load *l, const char *service,
				const struct config_origin *origin, struct error *e) {
	const struct schema_section *section = schema_section("watch");
	struct config_watch *w;

	if (set_find(l->config, section, service))
		return fail(e, "[watch %s] is about another service", service), NULL;
	w = (void *)set_instance(l->config, section, service, origin, e);
	if (w)
		w->wait = 0;
	return w;
}

static int follow(struct load *l, const char *service, const struct config_origin *origin,
		  struct error *e) {
	struct config_watch *w = find(l->config, service);

	if (!w)
		w = add(l, service, origin, e);
	if (w && !w->members)
		w->members = memory_take(sizeof(*w->members));
	if (!w || !w->members)
		return fail(e, "'service:%s' can't be followed", service);
	return 0;
}

static void follow_hosts(struct load *l) {
	const struct config_hosts *hosts = &l->config->hosts;

	for (const struct config_pair *h = hosts->list; h; h = h->head.next) {
		const char *service = follow_service(h->value);
		struct error e = { 0 };

		if (service && follow(l, service, &h->head.origin, &e) < 0)
			check_item_mistake(l, "hosts", hosts, h->key, &h->head.origin, "%s",
					   e.text);
	}
}

static void follow_peers(struct load *l) {
	const struct schema_section *section = schema_section("interface");
	const struct schema_key *key = schema_key(section, "peers");

	for (const struct config_interface *i = l->config->interfaces; i; i = i->head.next) {
		const char *service = follow_service(i->members);
		struct error e = { 0 };

		if (service && follow(l, service, schema_origin(section, key, i), &e) < 0)
			check_mistake(l, "interface", i, "peers", "%s", e.text);
	}
}

void follow_all(struct load *l) {
	follow_hosts(l);
	follow_peers(l);
}
