/* SPDX-License-Identifier: Apache-2.0 */
#include "init/dependency.h"

#include <stdio.h>
#include <string.h>

#include "config/memory.h"
#include "init/action.h"
#include "init/agent/agent.h"
#include "init/agent_process.h"
#include "init/environment.h"
#include "init/log.h"
#include "init/loop.h"
#include "init/port.h"

enum {
	VARIABLE = PORT_VARIABLE + sizeof("_ADDRESSES="),
	/* "[host]:port," each. */
	ADDRESSES = VARIABLE + MESSAGE_INSTANCES * (MESSAGE_HOST + 8),
};

/* What the application gets: "RNG_HOST=10.0.0.1". */
struct variables {
	char host[VARIABLE + MESSAGE_HOST];
	char port[VARIABLE + 8];
	char addresses[ADDRESSES];
};

struct dependency {
	const struct config_watch *config;
	bool stale; /* the registry does not answer now */
	int64_t due; /* loop_now() when the start has waited for long enough; 0: it does not wait */
};

static void wait_is_over(struct loop_timer *);

static const struct config *config;
static const struct dependency_events *events;
static MEMORY_BULK struct dependency dependencies[CONFIG_WATCHES];
static MEMORY_BULK struct message_belief beliefs[CONFIG_WATCHES];
static MEMORY_BULK struct variables variables[CONFIG_WATCHES];
static unsigned count;
static struct loop_timer gate = { .fire = wait_is_over };
static bool waiting;
static bool required; /* the registry has to answer, for services are to be announced there */
static int64_t patience; /* loop_now() at which it has to have done so */

/* The list that is arriving. */
static MEMORY_BULK struct message_instance items[MESSAGE_INSTANCES];
static unsigned arrived, arriving; /* items; of which watch */

/* ---- the environment ---- */

/* The messages' checks have seen to it that there is room. */
static char *put_address(char *at, const struct message_instance *i) {
	bool colons = strchr(i->host, ':');

	at = stpcpy(stpcpy(stpcpy(at, colons ? "[" : ""), i->host), colons ? "]" : "");
	return at + snprintf(at, 8, ":%u", i->port);
}

static size_t write_name(char *text, const char *watch, const char *what) {
	port_variable("", watch, text, PORT_VARIABLE);
	return (size_t)(stpcpy(stpcpy(text + strlen(text), what), "=") - text);
}

static void write_variables(struct variables *v, const char *watch) {
	char *at = v->addresses + write_name(v->addresses, watch, "_ADDRESSES");

	for (unsigned i = 0; i < arrived; i++) {
		at = put_address(stpcpy(at, i ? "," : ""), &items[i]);
	}
	at = v->host + write_name(v->host, watch, "_HOST");
	(void)stpcpy(at, arrived ? items[0].host : "");
	at = v->port + write_name(v->port, watch, "_PORT");
	snprintf(at, 8, "%u", arrived ? items[0].port : 0U);
}

/* [env] has the last word. */
static bool is_given(const char *variable, size_t length) {
	for (const struct config_pair *p = config->env; p; p = p->head.next)
		if (strlen(p->key) == length && memcmp(p->key, variable, length) == 0)
			return true;
	return false;
}

static void export(char *variable) {
	struct error e = { 0 };
	size_t length = strcspn(variable, "=");
	char name[VARIABLE];

	if (is_given(variable, length))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)length, variable);
	if ((arrived ? environment_put(variable, &e) : environment_set(name, NULL, &e)) < 0)
		log_warn("%s", e.text);
}

/* ---- the gate ---- */

static const char *service_of(const struct dependency *d) {
	return d->config->service ? d->config->service : d->config->head.name;
}

/* Its time is over. Returns whether it is waited for all the same. */
static bool wait_on(struct dependency *d) {
	const struct message_belief *b = &beliefs[d - dependencies];
	bool stays = config->discovery.required && !b->known;

	if (!b->known)
		log_warn("watch %s: the registry has not answered in time; %s",
			 d->config->head.name,
			 stays ? "it is required" : "the application starts without");
	d->due = stays ? loop_now() + d->config->wait : 0;
	return stays;
}

/* Adds it to those that are missing. */
static void miss(const struct dependency *d, char *text, size_t size) {
	size_t len = strlen(text);

	snprintf(text + len, size - len, "%s%s (watch %s)", len ? ", " : "", service_of(d),
		 d->config->head.name);
}

/* Whether the start has to wait for the registry, or is over for want of it. */
static bool waits_for_registry(int64_t now) {
	char why[96];

	if (!patience)
		return false;
	if (now < patience) {
		loop_arm(&gate, patience - now);
		return true;
	}
	dependency_cut();
	snprintf(why, sizeof(why), "start: the registry has not answered well within %lld ms",
		 (long long)config->discovery.timeout);
	events->met(why);
	return true;
}

static void judge(void) {
	char missing[ERROR_TEXT / 2] = "", why[ERROR_TEXT];
	int64_t now = loop_now(), next = INT64_MAX;

	if (waits_for_registry(now))
		return;
	for (unsigned i = 0; i < count; i++) {
		struct dependency *d = &dependencies[i];

		if (!d->due || beliefs[i].total)
			continue;
		if (d->due <= now && beliefs[i].known)
			miss(d, missing, sizeof(missing));
		else if ((d->due > now || wait_on(d)) && d->due < next)
			next = d->due;
	}
	if (!*missing && next != INT64_MAX) {
		loop_arm(&gate, next - now);
		return;
	}
	dependency_cut();
	snprintf(why, sizeof(why),
		 "start: the registry has no healthy instance of %s, or shows none to this token",
		 missing);
	events->met(*missing ? why : NULL);
}

static void wait_is_over(struct loop_timer *t) {
	(void)t;
	judge();
}

bool dependency_waits(void) {
	for (unsigned i = 0; i < count; i++)
		if (dependencies[i].config->wait)
			return true;
	return required;
}

static void registry_reached(void) {
	patience = 0;
	if (waiting)
		judge();
}

void dependency_begin(void) {
	waiting = true;
	if (required) {
		patience = loop_now() + config->discovery.timeout;
		agent_process_reach(registry_reached);
	}
	for (unsigned i = 0; i < count; i++) {
		int64_t wait = dependencies[i].config->wait;

		dependencies[i].due = wait ? loop_now() + wait : 0;
	}
	loop_arm(&gate, 0);
}

void dependency_cut(void) {
	waiting = false;
	loop_disarm(&gate);
}

/* ---- what the agent tells ---- */

static void believe(unsigned watch, const struct message_list *l) {
	const struct config_watch *c = dependencies[watch].config;
	struct message_belief *b = &beliefs[watch];
	bool changed = b->digest != l->digest || b->total != l->total;

	*b = (struct message_belief){ true, l->total, l->digest };
	write_variables(&variables[watch], c->head.name);
	export(variables[watch].host);
	export(variables[watch].port);
	export(variables[watch].addresses);
	if (events->listed)
		events->listed(config, c, items, arrived);
	if (changed) {
		events->changed();
		action_run(&c->on_change, "watch", c->head.name);
	}
	if (waiting)
		loop_arm(&gate, 0);
}

/* Parts that do not follow each other are none. */
static void take_part(const struct message_list *l, unsigned n) {
	if (l->head.detail == 0) {
		arriving = l->head.index;
		arrived = 0;
	}
	if (l->head.index != arriving || l->head.detail != arrived)
		return;
	memcpy(&items[arrived], l->items, n * sizeof(items[0]));
	arrived += n;
	if (l->head.state)
		believe(arriving, l);
}

static void take(const struct message_list *l, unsigned n) {
	if (l->head.kind == MESSAGE_LIST)
		take_part(l, n);
	else
		dependencies[l->head.index].stale = !l->head.state;
}

void dependency_prepare(const struct config *c, const struct dependency_events *tell) {
	config = c;
	events = tell;
	count = 0;
	required = c->discovery.required && agent_announces(c);
	for (const struct config_watch *w = c->watches; w; w = w->head.next) {
		beliefs[count] = (struct message_belief){ 0 };
		dependencies[count++] = (struct dependency){ .config = w };
	}
	if (count)
		agent_process_follow(count, beliefs, take);
}

bool dependency_view(unsigned i, struct dependency_view *v) {
	const char *addresses;

	if (i >= count)
		return false;
	addresses = strchr(variables[i].addresses, '=');
	*v = (struct dependency_view){
		.name = dependencies[i].config->head.name,
		.state = !beliefs[i].known       ? "unknown"
			 : dependencies[i].stale ? "stale"
						 : "current",
		.instances = beliefs[i].total,
		.addresses = addresses ? addresses + 1 : "",
	};
	return true;
}
