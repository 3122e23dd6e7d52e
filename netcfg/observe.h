/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of net_observe, the kernel being read over a socket that is open already. */
#ifndef NETCFG_OBSERVE_H
#define NETCFG_OBSERVE_H

#include "netcfg/netcfg.h"

struct net_kernel;

/* What never changes: is_host and may_change. */
void net_read_surroundings(struct net_state *);

/* What changes: all the rest. */
int net_read(struct net_kernel *, struct net_state *, const struct config *, struct error *);

#endif
