/* SPDX-License-Identifier: Apache-2.0 */
/* Neighbours, and what a tunnel knows of the hosts behind it. Pure. */
#ifndef NETCFG_NEIGHBOUR_H
#define NETCFG_NEIGHBOUR_H

#include "netcfg/netcfg.h"

int net_want_neighbours(struct net_state *, const struct config *, struct error *);

/* Notes what one of the kernel's means for the wanted ones. */
void net_meet_neighbour(struct net_state *, const struct net_neighbour *);

/* Whether it is the entry for whoever is not in the table, of which there may be many. */
bool net_neighbour_floods(const struct net_neighbour *);

#endif
