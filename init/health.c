/* SPDX-License-Identifier: Apache-2.0 */
#include "init/health.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/memory.h"
#include "init/agent_process.h"
#include "init/app.h"
#include "init/board.h"
#include "init/log.h"
#include "init/probe_exec.h"

enum { RESULT = 160 };

struct health {
	struct streak streak;
	char result[RESULT];
};

static MEMORY_BULK struct probe_list probes;
static MEMORY_BULK struct health healths[PROBE_MAX];
static const struct config *config;
static const struct service_list *services; /* NULL: there are no checks */
static const struct port_list *port_list;
static void (*tell_changed)(void);

static const char *const words[STREAK_STATES] = {
	[STREAK_UNKNOWN] = "unknown",
	[STREAK_PASSING] = "passing",
	[STREAK_FAILING] = "failing",
};

const char *health_word(enum streak_state state) {
	return words[state];
}

/* Without checks it passes. */
static bool passes(unsigned service) {
	bool known = true;

	for (unsigned i = 0; i < probes.count; i++) {
		if (!(probes.items[i].services >> service & 1))
			continue;
		if (healths[i].streak.state == STREAK_FAILING)
			return false;
		known = known && healths[i].streak.state == STREAK_PASSING;
	}
	return known || services->items[service].config->initial == CONFIG_PASSING;
}

static void judge_services(void) {
	for (unsigned i = 0; i < services->count; i++)
		agent_process_judge(i, passes(i));
}

static void say_change(unsigned probe, enum streak_state before) {
	const struct health *h = &healths[probe];
	const char *name = probes.items[probe].config->head.name;
	char target[PROBE_TARGET];

	probe_describe(&probes.items[probe], target);
	if (h->streak.state == STREAK_FAILING)
		log_warn("check %s: failing: %s: %s", name, target, h->result);
	else if (before == STREAK_FAILING)
		log_notice("check %s: passing again", name);
	else
		log_info("check %s: passing", name);
}

static void take(unsigned probe, bool good) {
	const struct config_check *c = probes.items[probe].config;
	struct health *h = &healths[probe];
	enum streak_state before = h->streak.state;

	if (!streak_take(&h->streak, good, c->rise, c->fall))
		return;
	if (board)
		board->checks[probe] = (uint8_t)h->streak.state;
	say_change(probe, before);
	judge_services();
	tell_changed();
}

static void command_ended(unsigned probe, bool good, const char *why) {
	snprintf(healths[probe].result, RESULT, "%s", why);
	take(probe, good);
}

static const char *explain(unsigned error) {
	switch (error) {
	case ETIMEDOUT:
		return "no answer in time";
	case EPROTO:
		return "the answer is no HTTP";
	default:
		return strerror((int)error);
	}
}

static void agent_found(unsigned probe, enum message_result result, unsigned detail) {
	char *text = healths[probe].result;

	switch (result) {
	case MESSAGE_CONNECTED:
		snprintf(text, RESULT, "connected");
		break;
	case MESSAGE_ANSWERED:
		snprintf(text, RESULT, "status %u", detail);
		break;
	case MESSAGE_UNANSWERED:
		snprintf(text, RESULT, "%s", explain(detail));
		break;
	case MESSAGE_RESULTS:
		break;
	}
	take(probe, probe_is_good(result, detail));
}

void health_follow(const struct net_state *net) {
	if (services)
		probe_resolve(&probes, config, services, port_list, net);
}

void health_prepare(const struct config *c, const struct service_list *s,
		    const struct port_list *ports, const struct net_state *net,
		    config_lookup *lookup) {
	services = s;
	config = c;
	port_list = ports;
	health_follow(net);
	agent_process_expect(&probes, agent_found);
	probe_exec_init(&probes, app_plan(), lookup, command_ended);
}

void health_begin(void (*changed)(void)) {
	if (!services)
		return;
	tell_changed = changed;
	memset(healths, 0, sizeof(*healths) * probes.count);
	if (board)
		memset(board->checks, STREAK_UNKNOWN, sizeof(board->checks));
	judge_services();
	agent_process_check(true);
	probe_exec_begin();
}

void health_end(void) {
	if (!services)
		return;
	agent_process_check(false);
	probe_exec_end();
}

bool health_passes(void) {
	for (unsigned i = 0; i < probes.count; i++)
		if (healths[i].streak.state != STREAK_PASSING)
			return false;
	return probes.count > 0;
}

bool health_view(unsigned i, struct health_view *v) {
	if (i >= probes.count)
		return false;
	v->name = probes.items[i].config->head.name;
	v->state = healths[i].streak.state;
	v->result = healths[i].result;
	probe_describe(&probes.items[i], v->target);
	return true;
}
