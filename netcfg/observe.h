/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of net_observe, the kernel being read over a socket that is open already. */
#ifndef NETCFG_OBSERVE_H
#define NETCFG_OBSERVE_H

#include "netcfg/netcfg.h"

struct net_kernel;
struct nlmsghdr;

/* What never changes: is_host, may_change, renames_live. */
void net_read_surroundings(struct net_state *, const struct config *);

/* Asks for one link; what comes of it is for net_meet_link, which notes its flags. Returns the size
 * of the request, NET_LINK_REQUEST at most. */
enum { NET_LINK_REQUEST = 64 };
size_t net_put_link_request(int index, uint32_t seq, void *buffer);
void net_meet_link(void *state, const struct nlmsghdr *);

/* Adds the addresses of a plan that the kernel has acknowledged. */
void net_note_addresses(struct net_state *, const struct net_plan *);

/* What changes: all the rest. */
int net_read(struct net_kernel *, struct net_state *, const struct config *, struct error *);
/* Without the routes. */
int net_read_addresses(struct net_kernel *, struct net_state *, struct error *);

#endif
