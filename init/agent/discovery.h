/* SPDX-License-Identifier: Apache-2.0 */
/* The life of the services in a registry: announced, kept alive, announced again when the registry
 * has lost them, withdrawn. All retries, deadlines and back-off are here, once for all registries.
 */
#ifndef INIT_AGENT_DISCOVERY_H
#define INIT_AGENT_DISCOVERY_H

#include <stdbool.h>

#include "init/agent/exchange.h"
#include "init/agent/registry.h"
#include "init/message.h"
#include "init/service.h"

enum {
	DISCOVERY_REFRESH = 300000, /* ms between full announcements: what drifted is put right */
	DISCOVERY_WITHDRAW = 2000, /* ms for all services, or the longest drain if that is longer */
};

struct discovery_setup {
	const struct registry *registry;
	const char *where; /* for people: "127.0.0.1:8500" */
	const struct service_list *services;
	int64_t timeout; /* ms, [discovery] */
	const bool *critical; /* each service, so far */
	bool first; /* nothing was announced before in this container's life */
	struct exchange *exchange;
	void (*tell)(enum message_kind, unsigned service, enum message_state);
};

/* The setup is copied; what it points to has to live as long as the process. */
void discovery_init(const struct discovery_setup *);

/* Asks, until the registry answers, and tells MESSAGE_REACHED. */
void discovery_reach(void);

/* Registers all services and keeps them alive. */
void discovery_announce(void);

/* The service is in that state from now on; a change is told at once, if it is listed. */
void discovery_judge(unsigned service, bool passing);

/* Takes all of them out. Tells MESSAGE_WITHDRAWN when none that the registry had accepted is left
 * in it, at the latest when the time for it is over. */
void discovery_withdraw(void);

#endif
