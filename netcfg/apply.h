/* SPDX-License-Identifier: Apache-2.0 */
/* Carries a plan out over a socket that is open already. */
#ifndef NETCFG_APPLY_H
#define NETCFG_APPLY_H

#include "netcfg/netcfg.h"

struct net_kernel;

/* Sends what has not been sent yet, and marks what the kernel refuses. Unless it persists it ends
 * with the first batch that holds something refused. Names the first refused one. Notes in the
 * state what has become of links that came up. */
int net_send_plan(struct net_kernel *, const struct config *, struct net_state *, struct net_plan *,
		  bool persist, struct error *);

/* Takes back all that was sent and not refused. */
void net_undo(struct net_kernel *, struct net_plan *);

#endif
