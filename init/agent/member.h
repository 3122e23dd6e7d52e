/* SPDX-License-Identifier: Apache-2.0 */
/* A service on its way into a registry and out of it: the states, and what comes with each. What
 * makes it go from one to the next is discovery.c's. */
#ifndef INIT_AGENT_MEMBER_H
#define INIT_AGENT_MEMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "init/agent/registry.h"
#include "init/loop.h"
#include "init/message.h"
#include "init/service.h"

enum member_state {
	MEMBER_OFF,
	MEMBER_REACHING, /* an answer is all that is wanted */
	MEMBER_ANNOUNCING,
	MEMBER_RENEWING,
	MEMBER_LISTED,
	MEMBER_WITHDRAWING,
	MEMBER_GONE,
};

struct member {
	const struct service *service;
	enum member_state state;
	enum message_state told;
	bool wanted; /* has something to ask, and waits for its turn */
	bool first; /* never announced yet */
	bool known; /* the registry may know it: has accepted it, as far as we can tell */
	bool passing; /* as its checks say */
	bool sent, reported; /* what the last request said of that, and the last accepted one */
	bool complained; /* its failure is in the log */
	unsigned failures; /* in a row */
	int64_t refresh; /* loop_now() of the next full announcement */
	struct loop_timer timer; /* the owner's to set its fire: it has something to ask */
};

/* All that happens on entering a state happens here; delay: ms before it asks. */
void member_enter(struct member *, enum member_state next, int64_t delay);

/* In a state in which something is asked: what, and for a line of the log. */
enum registry_task member_task(const struct member *);
const char *member_doing(const struct member *);

/* How long the answer may take; timeout: that of [discovery]. */
int64_t member_patience(const struct member *, int64_t timeout);

#endif
