/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/discovery.h"

#include <stdio.h>
#include <string.h>

#include "config/error.h"
#include "config/memory.h"
#include "init/agent/pace.h"
#include "init/log.h"
#include "init/loop.h"

enum {
	REREGISTER = 200, /* ms at most before a lost service is announced again: no herd */
	HURRY = 300, /* ms that a request has in all, if it is in flight when the withdrawal comes
		      */
	WITHDRAW_TRY = 1000, /* ms for the answer to a withdrawal */
	RENEW_LEAST = 2000, /* ms for the answer to a heartbeat: an agent may stall */
	WHY = 256,
};

enum state { OFF, ANNOUNCING, RENEWING, LISTED, WITHDRAWING, GONE };

static const struct {
	const char *name;
	const char *doing; /* for a line of the log; NULL: nothing is asked in this state */
	enum registry_task task;
} states[] = {
	[OFF] = { "off" },
	[ANNOUNCING] = { "announcing", "registering in", REGISTRY_ANNOUNCE },
	[RENEWING] = { "renewing", "the heartbeat to", REGISTRY_RENEW },
	[LISTED] = { "listed" },
	[WITHDRAWING] = { "withdrawing", "withdrawing from", REGISTRY_WITHDRAW },
	[GONE] = { "gone" },
};

struct member {
	const struct service *service;
	enum state state;
	enum message_state told;
	bool wanted; /* has something to ask, and waits for its turn */
	bool first; /* never announced yet */
	bool known; /* the registry may know it: has accepted it, as far as we can tell */
	bool complained; /* its failure is in the log */
	unsigned failures; /* in a row */
	int64_t refresh; /* loop_now() of the next full announcement */
	struct loop_timer timer;
};

static struct discovery_setup setup;
static MEMORY_BULK struct member members[SERVICE_MAX];
static MEMORY_BULK struct exchange_request request;
static struct member *asking; /* whose request is in flight */
static enum state asked; /* the state that it was in then */
static int64_t asked_at; /* loop_now() */
static unsigned turn; /* who is looked at first the next time */
static struct loop_timer budget; /* armed while a withdrawal goes on */
static bool owed; /* MESSAGE_WITHDRAWN */

static unsigned index_of(const struct member *m) {
	return (unsigned)(m - members);
}

static void tell(struct member *m, enum message_state state) {
	if (m->told == state)
		return;
	m->told = state;
	setup.tell(MESSAGE_STATE, index_of(m), state);
}

/* All that happens on entering a state happens here; delay: ms before it asks. */
static void enter(struct member *m, enum state next, int64_t delay) {
	if (m->state != next)
		log_debug("service %s: %s -> %s", m->service->config->head.name,
			  states[m->state].name, states[next].name);
	m->state = next;
	m->wanted = false;
	loop_disarm(&m->timer);
	switch (next) {
	case ANNOUNCING:
	case RENEWING:
	case WITHDRAWING:
		loop_arm(&m->timer, delay);
		break;
	case LISTED:
		loop_arm(&m->timer, pace_around(m->service->config->ttl / 3));
		break;
	case OFF:
	case GONE:
		break;
	}
}

static int64_t patience(const struct member *m) {
	int64_t third = m->service->config->ttl / 3;

	switch (m->state) {
	case ANNOUNCING: /* Consul without a leader needs seven seconds to say yes */
		return setup.timeout * 2;
	case RENEWING:
		third = third > RENEW_LEAST ? third : RENEW_LEAST;
		return third < setup.timeout ? third : setup.timeout;
	case WITHDRAWING:
		return WITHDRAW_TRY < setup.timeout ? WITHDRAW_TRY : setup.timeout;
	case OFF:
	case LISTED:
	case GONE:
		break;
	}
	return setup.timeout;
}

static void complain(struct member *m, const char *why) {
	if (!m->complained)
		log_warn("service %s: %s %s at %s: %s; trying again", m->service->config->head.name,
			 states[m->state].doing, setup.registry->name, setup.where, why);
	m->complained = true;
}

/* A registry that never accepted a service holds nobody up: its withdrawal goes on, for it may have
 * heard of it all the same, but PID 1 need not wait. */
static void withdrawn(void) {
	bool going_on = false, awaited = false;

	for (unsigned i = 0; i < setup.services->count; i++) {
		struct member *m = &members[i];

		if (m->state != WITHDRAWING)
			continue;
		going_on = true;
		if (m->known || (m == asking && asked == ANNOUNCING))
			awaited = true;
	}
	if (!going_on)
		loop_disarm(&budget);
	if (!owed || awaited)
		return;
	owed = false;
	setup.tell(MESSAGE_WITHDRAWN, MESSAGE_NO_SERVICE, 0);
}

static void leave(struct member *m) {
	enter(m, GONE, 0);
	tell(m, MESSAGE_GONE);
}

static void ask(struct member *m) {
	struct error e = { 0 };

	if (setup.registry->write(states[m->state].task, m->service, m->first, &request, &e) < 0) {
		log_error("service %s: can't be in %s: %s", m->service->config->head.name,
			  setup.registry->name, e.text);
		leave(m);
		withdrawn();
		return;
	}
	asking = m;
	asked = m->state;
	asked_at = loop_now();
	setup.exchange->start(setup.exchange, &request, patience(m));
}

/* Lets the next one who waits ask, in turn, so that nobody starves. */
static void next(void) {
	unsigned count = setup.services->count, first = turn;

	for (unsigned i = 0; i < count && !asking; i++) {
		struct member *m = &members[(first + i) % count];

		if (!m->wanted)
			continue;
		m->wanted = false;
		turn = index_of(m) + 1;
		ask(m);
	}
}

static void woken(struct loop_timer *t) {
	struct member *m = LOOP_OWNER(t, struct member, timer);

	if (m->state == LISTED)
		enter(m, loop_now() >= m->refresh ? ANNOUNCING : RENEWING, 0);
	m->wanted = true;
	next();
}

static void recovered(struct member *m) {
	if (m->complained)
		log_notice("service %s: registered in %s at %s again",
			   m->service->config->head.name, setup.registry->name, setup.where);
	m->complained = false;
	m->failures = 0;
}

static void registered(struct member *m) {
	if (m->told != MESSAGE_LISTED && !m->complained)
		log_info("service %s: registered in %s at %s as %s", m->service->config->head.name,
			 setup.registry->name, setup.where, m->service->id);
	m->first = false;
	m->known = true;
	m->refresh = loop_now() + pace_around(DISCOVERY_REFRESH);
	tell(m, MESSAGE_LISTED);
	/* A check that is there already keeps its state, be it critical: so a heartbeat at once. */
	enter(m, RENEWING, 0);
}

static void accepted(struct member *m) {
	switch (m->state) {
	case ANNOUNCING:
		registered(m);
		break;
	case RENEWING:
		recovered(m);
		enter(m, LISTED, 0);
		break;
	case WITHDRAWING:
		m->failures = 0;
		log_info("service %s: withdrawn from %s at %s", m->service->config->head.name,
			 setup.registry->name, setup.where);
		leave(m);
		break;
	case OFF:
	case LISTED:
	case GONE:
		break;
	}
}

/* The registry was restarted without its data, or somebody took the service out. When that happens
 * again before a heartbeat was accepted, it is a failure like others. */
static void lost(struct member *m, const char *why) {
	if (!m->complained)
		log_warn(
			"service %s: %s at %s does not know it any more (%s); registering it again",
			m->service->config->head.name, setup.registry->name, setup.where, why);
	m->complained = true;
	m->known = false;
	tell(m, MESSAGE_TRYING);
	enter(m, ANNOUNCING, m->failures ? pace_backoff(m->failures) : pace_any(REREGISTER));
	m->failures++;
}

/* While it is listed, it has to be renewed before the ttl is over, however long the back-off. */
static void failed(struct member *m, const char *why) {
	int64_t delay = pace_backoff(m->failures++);

	complain(m, why);
	if (m->state == RENEWING && delay > m->service->config->ttl / 3)
		delay = pace_around(m->service->config->ttl / 3);
	enter(m, m->state, delay);
}

static void refused(struct member *m, const char *why) {
	complain(m, why);
	if (m->state == WITHDRAWING)
		leave(m);
	else
		enter(m, m->state, pace_backoff(PACE_NEVER_MIND));
}

/* What the registry said, fit for a line of the log. */
static void describe(const struct exchange_reply *reply, char *text, size_t size) {
	int length = reply->length < 160 ? (int)reply->length : 160;

	snprintf(text, size, "status %d%s%.*s", reply->status, length ? ": " : "", length,
		 reply->body ? reply->body : "");
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
}

static void answered(struct member *m, const struct exchange_reply *reply) {
	char why[WHY];

	describe(reply, why, sizeof(why));
	switch (setup.registry->judge(states[m->state].task, reply)) {
	case REGISTRY_ACCEPTED:
		accepted(m);
		break;
	case REGISTRY_LOST:
		lost(m, why);
		break;
	case REGISTRY_REFUSED:
		refused(m, why);
		break;
	case REGISTRY_FAILED:
		failed(m, why);
		break;
	}
}

/* The withdrawal came in between: what matters of the answer is whether there is now something to
 * withdraw. */
static void answered_late(struct member *m, const struct exchange_reply *reply) {
	if (asked == ANNOUNCING && reply &&
	    setup.registry->judge(REGISTRY_ANNOUNCE, reply) == REGISTRY_ACCEPTED)
		m->known = true;
}

static void done(struct exchange *x, const struct exchange_reply *reply, const char *why) {
	struct member *m = asking;

	(void)x;
	asking = NULL;
	if (m->state != asked)
		answered_late(m, reply);
	else if (reply)
		answered(m, reply);
	else
		failed(m, why);
	withdrawn();
	next();
}

static void give_up(struct loop_timer *t) {
	(void)t;
	if (asking)
		setup.exchange->cancel(setup.exchange);
	asking = NULL;
	for (unsigned i = 0; i < setup.services->count; i++) {
		struct member *m = &members[i];

		if (m->state != WITHDRAWING)
			continue;
		log_warn("service %s: not withdrawn from %s at %s in time; it will expire",
			 m->service->config->head.name, setup.registry->name, setup.where);
		leave(m);
	}
	withdrawn();
}

void discovery_init(const struct discovery_setup *given) {
	setup = *given;
	setup.exchange->done = done;
	asking = NULL;
	owed = false;
	turn = 0;
	budget = (struct loop_timer){ .fire = give_up };
	for (unsigned i = 0; i < setup.services->count; i++)
		members[i] = (struct member){
			.service = &setup.services->items[i],
			.state = OFF,
			.told = MESSAGE_OFF,
			.first = setup.first,
			.known = !setup.first,
			.timer.fire = woken,
		};
}

void discovery_announce(void) {
	loop_disarm(&budget);
	owed = false;
	for (unsigned i = 0; i < setup.services->count; i++) {
		struct member *m = &members[i];

		if (m->state == ANNOUNCING || m->state == RENEWING || m->state == LISTED)
			continue;
		m->failures = 0;
		tell(m, MESSAGE_TRYING);
		enter(m, ANNOUNCING, 0);
	}
}

static int64_t time_to_withdraw(void) {
	int64_t longest = DISCOVERY_WITHDRAW;

	for (unsigned i = 0; i < setup.services->count; i++)
		if (setup.services->items[i].config->drain > longest)
			longest = setup.services->items[i].config->drain;
	return longest;
}

/* A request in flight is let through, if it is quick: over the same connection the withdrawal comes
 * after it for certain. Cut off, an announcement could still be at work and win. */
static void hurry(void) {
	int64_t left = HURRY - (loop_now() - asked_at);

	if (asking)
		setup.exchange->hurry(setup.exchange, left > 0 ? left : 0);
}

void discovery_withdraw(void) {
	owed = true;
	if (!budget.armed) {
		loop_arm(&budget, time_to_withdraw());
		hurry();
	}
	for (unsigned i = 0; i < setup.services->count; i++) {
		struct member *m = &members[i];

		if (m->state == GONE || m->state == WITHDRAWING)
			continue;
		m->failures = 0;
		m->complained = false;
		m->known = m->known || m->state == OFF;
		enter(m, WITHDRAWING, 0);
	}
	withdrawn();
}
