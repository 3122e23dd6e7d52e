/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/member.h"

#include "init/agent/pace.h"
#include "init/log.h"

enum {
	WITHDRAW_TRY = 1000, /* ms for the answer to a withdrawal */
	RENEW_LEAST = 2000, /* ms for the answer to a heartbeat: an agent may stall */
};

static const struct {
	const char *name;
	const char *doing; /* NULL: nothing is asked in this state */
	enum registry_task task;
} states[] = {
	[MEMBER_OFF] = { "off" },
	[MEMBER_REACHING] = { "reaching", "a first question to", REGISTRY_REACH },
	[MEMBER_ANNOUNCING] = { "announcing", "registering in", REGISTRY_ANNOUNCE },
	[MEMBER_RENEWING] = { "renewing", "the heartbeat to", REGISTRY_RENEW },
	[MEMBER_LISTED] = { "listed" },
	[MEMBER_WITHDRAWING] = { "withdrawing", "withdrawing from", REGISTRY_WITHDRAW },
	[MEMBER_GONE] = { "gone" },
};

void member_enter(struct member *m, enum member_state next, int64_t delay) {
	if (m->state != next)
		log_debug("service %s: %s -> %s", m->service->config->head.name,
			  states[m->state].name, states[next].name);
	m->state = next;
	m->wanted = false;
	loop_disarm(&m->timer);
	switch (next) {
	case MEMBER_REACHING:
	case MEMBER_ANNOUNCING:
	case MEMBER_RENEWING:
	case MEMBER_WITHDRAWING:
		loop_arm(&m->timer, delay);
		break;
	case MEMBER_LISTED:
		loop_arm(&m->timer, pace_around(m->service->config->ttl / 3));
		loop_rest();
		break;
	case MEMBER_OFF:
	case MEMBER_GONE:
		break;
	}
}

enum registry_task member_task(const struct member *m) {
	if (m->state == MEMBER_RENEWING && m->passing != m->reported)
		return REGISTRY_REPORT;
	return states[m->state].task;
}

const char *member_doing(const struct member *m) {
	return states[m->state].doing;
}

int64_t member_patience(const struct member *m, int64_t timeout) {
	int64_t third = m->service->config->ttl / 3;

	switch (m->state) {
	case MEMBER_ANNOUNCING: /* Consul without a leader needs seven seconds to say yes */
		return timeout * 2;
	case MEMBER_RENEWING:
		third = third > RENEW_LEAST ? third : RENEW_LEAST;
		return third < timeout ? third : timeout;
	case MEMBER_WITHDRAWING:
		return WITHDRAW_TRY < timeout ? WITHDRAW_TRY : timeout;
	case MEMBER_OFF:
	case MEMBER_REACHING:
	case MEMBER_LISTED:
	case MEMBER_GONE:
		break;
	}
	return timeout;
}
