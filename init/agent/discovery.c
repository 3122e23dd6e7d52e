/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/discovery.h"

#include <stdio.h>
#include <string.h>

#include "config/error.h"
#include "config/memory.h"
#include "init/agent/member.h"
#include "init/agent/pace.h"
#include "init/log.h"
#include "init/loop.h"

enum {
	REREGISTER = 200, /* ms at most before a lost service is announced again: no herd */
	HURRY = 300, /* ms that a request has in all, if it is in flight when the withdrawal comes
		      */
	WHY = 256,
};

static struct discovery_setup setup;
static MEMORY_BULK struct member members[SERVICE_MAX];
static MEMORY_BULK struct exchange_request request;
static struct member *asking; /* whose request is in flight */
static enum member_state asked; /* the state that it was in then */
static enum registry_task task;
static unsigned step; /* of the task */
static unsigned again; /* requests that it has taken so far, but the first */
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

static void complain(struct member *m, const char *why) {
	if (!m->complained)
		log_warn("service %s: %s %s at %s: %s; trying again", m->service->config->head.name,
			 member_doing(m), setup.registry->name, setup.where, why);
	m->complained = true;
}

/* A registry that never accepted a service holds nobody up: its withdrawal goes on, for it may have
 * heard of it all the same, but PID 1 need not wait. */
static void withdrawn(void) {
	bool going_on = false, awaited = false;

	for (unsigned i = 0; i < setup.services->count; i++) {
		struct member *m = &members[i];

		if (m->state != MEMBER_WITHDRAWING)
			continue;
		going_on = true;
		if (m->known || (m == asking && asked == MEMBER_ANNOUNCING))
			awaited = true;
	}
	if (!going_on)
		loop_disarm(&budget);
	if (!owed || awaited)
		return;
	owed = false;
	setup.tell(MESSAGE_WITHDRAWN, MESSAGE_NOBODY, 0);
}

static void leave(struct member *m) {
	member_enter(m, MEMBER_GONE, 0);
	tell(m, MESSAGE_GONE);
}

static void ask(struct member *m) {
	const struct registry_entry entry = { m->service, m->passing, m->first, step };
	struct error e = { 0 };

	task = member_task(m);
	if (setup.registry->write(task, &entry, &request, &e) < 0) {
		log_error("service %s: can't be in %s: %s", m->service->config->head.name,
			  setup.registry->name, e.text);
		leave(m);
		withdrawn();
		return;
	}
	asking = m;
	asked = m->state;
	asked_at = loop_now();
	m->sent = m->passing;
	setup.exchange->start(setup.exchange, &request, member_patience(m, setup.timeout));
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
		step = again = 0;
		ask(m);
	}
}

static void woken(struct loop_timer *t) {
	struct member *m = LOOP_OWNER(t, struct member, timer);

	if (m->state == MEMBER_LISTED)
		member_enter(m, loop_now() >= m->refresh ? MEMBER_ANNOUNCING : MEMBER_RENEWING, 0);
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
	m->reported = m->sent;
	m->refresh = loop_now() + pace_around(DISCOVERY_REFRESH);
	tell(m, MESSAGE_LISTED);
	/* A check that is there already keeps its state, be it critical: so a heartbeat at once. */
	member_enter(m, MEMBER_RENEWING, 0);
}

/* A change of its state is told at once. */
static void report(struct member *m) {
	if (m->state == MEMBER_LISTED && m->passing != m->reported)
		member_enter(m, MEMBER_RENEWING, 0);
}

static void accepted(struct member *m) {
	switch (m->state) {
	case MEMBER_REACHING:
		m->failures = 0;
		m->complained = false;
		member_enter(m, MEMBER_OFF, 0);
		setup.tell(MESSAGE_REACHED, MESSAGE_NOBODY, 0);
		break;
	case MEMBER_ANNOUNCING:
		registered(m);
		break;
	case MEMBER_RENEWING:
		recovered(m);
		m->reported = m->sent;
		member_enter(m, MEMBER_LISTED, 0);
		report(m);
		break;
	case MEMBER_WITHDRAWING:
		m->failures = 0;
		log_info("service %s: withdrawn from %s at %s", m->service->config->head.name,
			 setup.registry->name, setup.where);
		leave(m);
		break;
	case MEMBER_OFF:
	case MEMBER_LISTED:
	case MEMBER_GONE:
		break;
	}
}

static void tell_loss(struct member *m, const char *why) {
	static const char text[] =
		"service %s: %s at %s does not know it any more (%s); registering it again";

	if (!m->passing)
		log_info(text, m->service->config->head.name, setup.registry->name, setup.where,
			 why);
	else if (!m->complained)
		log_warn(text, m->service->config->head.name, setup.registry->name, setup.where,
			 why);
	m->complained |= m->passing;
}

/* The registry was restarted without its data, or somebody took the service out, or it was critical
 * for longer than deregister-after. When that happens again before a heartbeat was accepted, it is
 * a failure like others. */
static void lost(struct member *m, const char *why) {
	tell_loss(m, why);
	m->known = false;
	tell(m, MESSAGE_TRYING);
	member_enter(m, MEMBER_ANNOUNCING,
		     m->failures ? pace_backoff(m->failures) : pace_any(REREGISTER));
	m->failures++;
}

/* While it is listed, it has to be renewed before the ttl is over, however long the back-off. */
static void failed(struct member *m, const char *why) {
	int64_t delay = pace_backoff(m->failures++);

	complain(m, why);
	if (setup.registry->elsewhere)
		setup.registry->elsewhere();
	if (m->state == MEMBER_RENEWING && delay > m->service->config->ttl / 3)
		delay = pace_around(m->service->config->ttl / 3);
	member_enter(m, m->state, delay);
}

static void refused(struct member *m, const char *why) {
	complain(m, why);
	if (m->state == MEMBER_WITHDRAWING)
		leave(m);
	else
		member_enter(m, m->state, pace_backoff(PACE_NEVER_MIND));
}

static void go_on(struct member *m) {
	if (++again < REGISTRY_REQUESTS)
		ask(m);
	else
		failed(m, "it never comes to an end");
}

static void answered(struct member *m, const struct exchange_reply *reply) {
	char why[WHY];

	registry_explain(reply, why, sizeof(why));
	switch (setup.registry->judge(task, reply)) {
	case REGISTRY_MORE:
		step++;
		go_on(m);
		break;
	case REGISTRY_AGAIN:
		go_on(m);
		break;
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
	if (asked == MEMBER_ANNOUNCING && reply &&
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

		if (m->state != MEMBER_WITHDRAWING)
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
			.state = MEMBER_OFF,
			.told = MESSAGE_OFF,
			.first = setup.first,
			.known = !setup.first,
			.passing = !setup.critical[i],
			.timer.fire = woken,
		};
}

void discovery_reach(void) {
	if (members[0].state == MEMBER_OFF)
		member_enter(&members[0], MEMBER_REACHING, 0);
}

void discovery_announce(void) {
	loop_disarm(&budget);
	owed = false;
	for (unsigned i = 0; i < setup.services->count; i++) {
		struct member *m = &members[i];

		if (m->state == MEMBER_ANNOUNCING || m->state == MEMBER_RENEWING ||
		    m->state == MEMBER_LISTED)
			continue;
		m->failures = 0;
		tell(m, MESSAGE_TRYING);
		member_enter(m, MEMBER_ANNOUNCING, 0);
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

		if (m->state == MEMBER_GONE || m->state == MEMBER_WITHDRAWING)
			continue;
		m->failures = 0;
		m->complained = false;
		m->known = m->known || m->state == MEMBER_OFF;
		member_enter(m, MEMBER_WITHDRAWING, 0);
	}
	withdrawn();
}

void discovery_judge(unsigned service, bool passing) {
	members[service].passing = passing;
	report(&members[service]);
}
