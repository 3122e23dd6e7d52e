/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/watch.h"

#include <stdio.h>
#include <string.h>

#include "config/clause.h"
#include "config/link.h"
#include "config/memory.h"
#include "init/agent/etcd_watch.h"
#include "init/agent/folder.h"
#include "init/agent/pace.h"
#include "init/agent/query.h"
#include "init/log.h"
#include "init/loop.h"
#include "init/service.h"

enum { TELL_AGAIN = 100 /* ms, where the line to PID 1 is full */ };

struct watch {
	const struct config_watch *config;
	bool known; /* the registry has answered */
	bool untold; /* PID 1 is to be told of the list */
	bool fails; /* the registry does not answer now */
	struct instances believed;
	struct instances next; /* that is believed when the timer fires */
	int64_t changed; /* loop_now() of the last change */
	struct loop_timer timer;
};

static struct watch_setup setup;
static MEMORY_BULK struct watch watches[CONFIG_WATCHES];
static unsigned count;
static bool telling; /* PID 1 has not said yet that it has taken the last list */

static void tell_again(struct loop_timer *);
static struct loop_timer again = { .fire = tell_again };

static unsigned index_of(const struct watch *w) {
	return (unsigned)(w - watches);
}

/* ---- telling PID 1: one list at a time, so that nothing else has to wait for room ---- */

/* One that is in no overlay, or not well, has no place in it. */
static void fill_place(struct message_instance *m, const struct instance *one) {
	struct error ignored = { 0 };

	for (unsigned i = 0; i < one->metas_count; i++) {
		if (strcmp(one->metas[i].key, SERVICE_MAC) == 0)
			(void)link_read_mac(one->metas[i].value, &m->mac, &ignored);
		if (strcmp(one->metas[i].key, SERVICE_VTEP) == 0)
			(void)clause_host(one->metas[i].value, 0, &m->vtep, &ignored);
	}
}

static void fill(struct message_list *m, const struct instances *l, unsigned items) {
	for (unsigned i = 0; i < items; i++) {
		struct instance one;

		instances_view(l, m->head.detail + i, &one);
		memset(&m->items[i], 0, sizeof(m->items[i]));
		snprintf(m->items[i].host, sizeof(m->items[i].host), "%s", one.address);
		m->items[i].port = one.port;
		fill_place(&m->items[i], &one);
	}
}

static int tell_list(const struct watch *w) {
	static MEMORY_BULK struct message_list m;
	unsigned all =
		w->believed.count < MESSAGE_INSTANCES ? w->believed.count : MESSAGE_INSTANCES;

	m.head = (struct message){ .kind = MESSAGE_LIST, .index = (uint16_t)index_of(w) };
	m.total = w->believed.count;
	m.digest = w->believed.digest;
	while (!m.head.state) {
		unsigned left = all - m.head.detail;
		unsigned items = left < MESSAGE_ITEMS ? left : MESSAGE_ITEMS;

		m.head.state = items == left;
		fill(&m, &w->believed, items);
		if (setup.tell(&m, items) < 0)
			return -1;
		m.head.detail += (uint16_t)items;
	}
	return 0;
}

static void tell_next(void) {
	for (unsigned i = 0; i < count && !telling; i++) {
		if (!watches[i].untold)
			continue;
		if (tell_list(&watches[i]) < 0) {
			loop_arm(&again, TELL_AGAIN);
			return;
		}
		watches[i].untold = false;
		telling = true;
	}
}

static void tell_again(struct loop_timer *t) {
	(void)t;
	tell_next();
}

void watch_taken(void) {
	telling = false;
	tell_next();
}

static void tell_state(const struct watch *w) {
	const struct message_list m = {
		.head = { MESSAGE_WATCH, (uint16_t)index_of(w), !w->fails, 0 },
	};

	(void)setup.tell(&m, 0);
}

/* ---- believing ---- */

static void believe(struct loop_timer *t) {
	struct watch *w = LOOP_OWNER(t, struct watch, timer);
	const struct message_belief *before = &setup.beliefs[index_of(w)];
	bool news = w->known || !before->known || before->digest != w->next.digest;

	instances_free(&w->believed);
	w->believed = w->next;
	w->next = (struct instances){ 0 };
	w->known = true;
	w->changed = loop_now();
	log_info("watch %s: %u instances", w->config->head.name, w->believed.count);
	if (setup.changed)
		setup.changed(index_of(w));
	if (!news)
		return;
	w->untold = true;
	tell_next();
}

/* What the application knows, also from an agent before. */
static bool has_any(const struct watch *w) {
	return w->known ? w->believed.count : setup.beliefs[index_of(w)].total;
}

/* The first change after some quiet takes effect at once. */
static int64_t patience(const struct watch *w, const struct instances *l) {
	const struct config_watch *c = w->config;
	int64_t quiet = loop_now() - w->changed;

	if (!l->count && has_any(w))
		return c->empty_after;
	if (!w->known)
		return 0;
	return (quiet < c->debounce ? c->debounce - quiet : 0) +
	       (c->splay ? pace_any(c->splay) : 0);
}

static void forget_next(struct watch *w) {
	loop_disarm(&w->timer);
	instances_free(&w->next);
}

static void recover(struct watch *w) {
	if (w->fails)
		log_notice("watch %s: %s at %s answers again", w->config->head.name,
			   setup.registry->name, setup.access->endpoint.text);
	w->fails = false;
	tell_state(w);
}

/* A change that waits already may change once more without waiting longer. */
void watch_take(unsigned watch, struct instances *l) {
	struct watch *w = &watches[watch];
	bool waits = w->timer.armed && !w->next.count == !l->count;

	if (w->fails || !w->known)
		recover(w);
	if (w->known && l->digest == w->believed.digest && l->count == w->believed.count) {
		forget_next(w);
		instances_free(l);
		return;
	}
	if (!waits)
		loop_disarm(&w->timer);
	instances_free(&w->next);
	w->next = *l;
	*l = (struct instances){ 0 };
	if (!waits)
		loop_arm(&w->timer, patience(w, &w->next));
}

void watch_fail(unsigned watch, const char *why) {
	struct watch *w = &watches[watch];

	if (w->timer.armed && !w->next.count)
		forget_next(w);
	if (w->fails)
		return;
	w->fails = true;
	log_warn("watch %s: %s at %s: %s; trying again", w->config->head.name, setup.registry->name,
		 setup.access->endpoint.text, why);
	tell_state(w);
}

const struct instances *watch_list(unsigned watch) {
	return watches[watch].known ? &watches[watch].believed : NULL;
}

void watch_init(const struct watch_setup *given) {
	setup = *given;
	count = 0;
	for (const struct config_watch *c = setup.config->watches; c; c = c->head.next)
		watches[count++] = (struct watch){ .config = c, .timer.fire = believe };
	if (setup.access->endpoint.kind == ENDPOINT_DIRECTORY)
		folder_init(setup.config, setup.registry, setup.access);
	else if (setup.registry->ask)
		query_init(setup.config, setup.registry, setup.access);
	else
		etcd_watch_init(setup.config, setup.access);
}
