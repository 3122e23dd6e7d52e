/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the container's own addresses others are to connect to: ContainerPilot's grammar of
 * selectors. A new kind of selector is a row in address.c. */
#ifndef INIT_ADDRESS_H
#define INIT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "netcfg/netcfg.h"

/* Tries one selector: eth0, eth0:inet6, eth0[1], inet, inet6, 10.0.0.0/8, static:192.0.2.7,
 * env:NAME. Candidates are ordered by the name of their interface, then by their bytes, IPv4 first.
 * Loopback, link-local and links that are down count only where the selector names them, a /32 of
 * IPv4 only where nothing else matches: it is a virtual address more often than not.
 * Returns 1 and writes the address without brackets (or, from env, a host name); 0 if nothing
 * matches; -1 if it is no selector. */
int address_select(const char *selector, const struct net_state *, char *text, size_t size,
		   struct error *);

/* Whether text is an IP address that can be connected to (not 0.0.0.0 or ::) or a host name. */
bool address_usable(const char *text);

#endif
