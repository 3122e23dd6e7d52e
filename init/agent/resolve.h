/* SPDX-License-Identifier: Apache-2.0 */
/* Host names, resolved in a helper child: getaddrinfo blocks for seconds where a name server is
 * silent, and the agent never does. */
#ifndef INIT_AGENT_RESOLVE_H
#define INIT_AGENT_RESOLVE_H

#include <stdbool.h>

#include "init/agent/endpoint.h"
#include "init/loop.h"

enum { RESOLVE_MAX = 8, RESOLVE_SECONDS = 15 };

struct resolve {
	/* The owner's: called once for each start, never from within it. why is NULL if there is at
	 * least one address. */
	void (*done)(struct resolve *, const char *why);
	unsigned count;
	struct endpoint_address addresses[RESOLVE_MAX];

	/* Its own. */
	struct loop_watch watch;
	bool busy;
	uint16_t port;
};

/* What a process has to do once, so that the helpers need no reaping: its children end in silence.
 */
void resolve_init(void);

/* Looks up a name for connections to port. 0, or -1 with errno: no helper could be started. */
int resolve_start(struct resolve *, const char *host, uint16_t port);

/* done will not be called; the helper ends by itself, in RESOLVE_SECONDS at the latest. */
void resolve_cancel(struct resolve *);

#endif
