/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration wants, in the kernel's terms, and whether the kernel has it so. Pure, but
 * for the files of net_want. */
#ifndef NETCFG_WANTED_H
#define NETCFG_WANTED_H

#include <stdbool.h>

#include "netcfg/netcfg.h"

/* Fills the state with all that the configuration wants, and none of it present, but the sysctls:
 * these are read. Links and addresses must have been observed. */
int net_want(struct net_state *, const struct config *, struct error *);

/* Notes what a route of the kernel means for the wanted ones. */
void net_meet_route(struct net_state *, const struct net_route *);

/* The address as the kernel is to have it, on the link of that index. */
struct net_address net_wanted_address(const struct config_address *, int index);

/* Whether the kernel's is as wanted: what was not said may be as it is. */
bool net_address_satisfies(const struct net_address *is, const struct config_address *wanted);

/* Whether a tentative or failed duplicate address detection keeps the address from use, though
 * nobody asked for the detection. */
bool net_address_unusable(const struct net_address *is, const struct config_address *wanted);

#endif
