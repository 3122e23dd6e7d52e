/* SPDX-License-Identifier: Apache-2.0 */
/* A directory that answers like a server: the carrier of registries that are files.
 * PUT writes a file whole or not at all (a temporary one, then rename), POST sets its time to now,
 * DELETE removes it. 404: there is no such file; 403: it may not be done; 500: anything else, with
 * the reason as the body. The target is the file's name. */
#ifndef INIT_AGENT_STORE_H
#define INIT_AGENT_STORE_H

#include "init/agent/endpoint.h"
#include "init/agent/exchange.h"
#include "init/loop.h"

enum { STORE_WHY = 256 };

struct store {
	struct exchange exchange; /* what its owner uses; set done */

	/* Its own. */
	const char *path;
	struct loop_timer timer;
	int error; /* errno of the request; 0: done */
	char why[STORE_WHY];
};

/* The endpoint has to live as long as the store. */
void store_init(struct store *, const struct endpoint *);

#endif
