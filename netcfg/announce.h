/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the neighbours of our addresses, so that they forget who had them before: gratuitous ARP
 * (RFC 5227 3), and unsolicited neighbour advertisements (RFC 4861 7.2.6). */
#ifndef NETCFG_ANNOUNCE_H
#define NETCFG_ANNOUNCE_H

#include "netcfg/netcfg.h"

enum { NET_FRAME = 72 };

/* What follows the Ethernet header, for an address on a link. Returns its size. */
size_t net_announcement(const struct net_link *, const struct config_ip *,
			uint8_t frame[static NET_FRAME]);

/* The socket to send by; -1 with errno: it takes CAP_NET_RAW. Closing it takes the kernel some ten
 * milliseconds. */
int net_announce_open(void);

/* Sends the announcements of the round (0, 1, ...). Returns whether there is another round. */
bool net_announce(int fd, const struct config *, const struct net_state *, unsigned round);

#endif
