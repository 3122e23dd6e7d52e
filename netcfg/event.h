/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel tells of as it happens, in the words of ip monitor. Pure. */
#ifndef NETCFG_EVENT_H
#define NETCFG_EVENT_H

#include "netcfg/netcfg.h"

struct nlmsghdr;

/* Writes a line without the newline. The state knows the names of links, also of those that have
 * gone, and learns new ones. Returns false if it is nothing to tell. */
bool net_event_text(struct net_state *, struct nlmsghdr *, char text[static NET_OP_TEXT]);

#endif
