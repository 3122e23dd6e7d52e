/* SPDX-License-Identifier: Apache-2.0 */
/* The one configuration in progress, and waiting for what others have to do for it. */
#ifndef NETCFG_WAIT_H
#define NETCFG_WAIT_H

#include "netcfg/netcfg.h"

struct net_kernel;

struct setup {
	struct net_kernel *kernel;
	struct net_state *state;
	struct net_plan *plan;
	const struct config *c;
	const struct net_wake *wake;
	bool persists; /* a warning is enough: what can be done is done, and nothing is undone */
	bool only_created, only_new; /* what may be changed: what the file creates; what has come */
	bool hasty; /* the application waits: what the kernel acknowledged is not looked at anew */
	int64_t deadline; /* ms of CLOCK_MONOTONIC, of all waits together; 0: none has begun */
};

/* Each waits as long as [net] wait allows. Returns 0, also when it is too late (what is missing
 * then, a check tells), NET_WOKEN or -1. */

/* Until nothing is missing that may come. */
int wait_for_interfaces(struct setup *, struct error *);
/* Until somebody else has set up all as it is wanted; not at all if he is not at work. */
int wait_for_others(struct setup *, struct error *);
/* Until there are carriers, and addresses are known to be no duplicates. */
int wait_for_kernel(struct setup *, struct error *);

#endif
