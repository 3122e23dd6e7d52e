/* SPDX-License-Identifier: Apache-2.0 */
/* Which link of the kernel an [interface] is about, and which ones are to be made. Pure. */
#ifndef NETCFG_SELECT_H
#define NETCFG_SELECT_H

#include "netcfg/netcfg.h"

/* The link of an [interface]; NULL if it is not there, and will not be made either. */
const struct net_link *net_link_of(const struct net_state *, const struct config_interface *);

/* The name that a link has in the end. */
const char *net_link_name(const struct net_link *);

/* Appends the links that are to be made to those that are there, and notes the new names. */
int net_want_links(struct net_state *, const struct config *, struct error *);
/* Takes them away again. */
void net_forget_wanted_links(struct net_state *);

/* Whether it has one, or one that is wanted. */
bool net_link_has_mac(const struct net_link *);

/* Fills in what a link that is made for the interface is like. */
void net_link_as_wanted(const struct net_state *, const struct config_interface *,
			struct net_link *);

/* Whether one of the link's addresses, of those that are there or wanted, is that one, or has it in
 * its network. */
bool net_link_owns(const struct net_state *, const struct config *, const struct net_link *,
		   const struct config_ip *, bool within);

/* The biggest MTU of a tunnel or the like over its parent, as far as that is known; 0: any. */
uint32_t net_link_room(const struct net_state *, const struct config *, const struct net_link *);

/* The link below: the parent, or that of a tunnel's local address. */
const struct net_link *net_link_below(const struct net_state *, const struct config *,
				      const struct net_link *);

#endif
