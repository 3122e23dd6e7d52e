/* SPDX-License-Identifier: Apache-2.0 */
/* One port number: proven free by the kernel, and kept from others.
 * The lock is an abstract unix socket (they belong to a network namespace, as ports do): pintles
 * see each other by it even while nobody listens yet. The held socket keeps all others away. */
#ifndef INIT_CLAIM_H
#define INIT_CLAIM_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* For listen(2): as many connections as the kernel's net.core.somaxconn lets wait. */
enum { CLAIM_BACKLOG = INT_MAX };

struct claim {
	int lock; /* -1: none */
	int socket; /* bound, and listening only if it is to be handed over; -1: not held */
};

struct claim_wish {
	enum config_protocol protocol;
	const struct config_ip *bind; /* family 0: all addresses of both families */
	uint16_t number;
	bool lock; /* keep it from other pintles */
	bool hold; /* TCP: keep it from everybody but an application with SO_REUSEADDR */
	bool serve; /* a socket to serve on is wanted: bound, with TCP listening */
	bool share; /* neighbours with SO_REUSEPORT are welcome */
	bool any; /* there are other numbers: what isn't free beyond doubt counts as taken */
};

/* CLAIM_BUSY: nobody listens, but the kernel can't give it now: TIME_WAIT, a connection. There is
 * no socket then. */
enum claim_verdict { CLAIM_FREE, CLAIM_BUSY, CLAIM_TAKEN, CLAIM_FAILED };

/* Tries to have it. CLAIM_FREE and CLAIM_BUSY: the claim holds what was wished, as far as it could;
 * else the claim is empty, for CLAIM_FAILED with errno. Descriptors are CLOEXEC. */
enum claim_verdict claim_take(struct claim *, const struct claim_wish *);
void claim_release(struct claim *);

struct holder;

/* Which other pintle has the lock; false if none does. Only the process is filled in. */
bool claim_sibling(const struct claim_wish *, struct holder *);

#endif
