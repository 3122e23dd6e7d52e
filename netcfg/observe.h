/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of net_observe, the kernel being read over a socket that is open already. */
#ifndef NETCFG_OBSERVE_H
#define NETCFG_OBSERVE_H

#include "netcfg/netcfg.h"

struct net_kernel;

/* What never changes: is_host and may_change. */
void net_read_surroundings(struct net_state *);

/* Adds the addresses of a plan that the kernel has acknowledged. */
void net_note_addresses(struct net_state *, const struct net_plan *);

/* What changes: all the rest. */
int net_read(struct net_kernel *, struct net_state *, const struct config *, struct error *);
/* Without the routes. */
int net_read_addresses(struct net_kernel *, struct net_state *, struct error *);

#endif
