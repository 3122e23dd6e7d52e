/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's answers, as structs. Pure; every length in them is checked as if it were hostile.
 * A new attribute is a line in decode.c, or for links in decode_link.c. */
#ifndef NETCFG_DECODE_H
#define NETCFG_DECODE_H

#include <stdbool.h>

#include "netcfg/netcfg.h"

struct nlmsghdr;

enum { NET_SENTENCE = 128 };

struct net_refusal {
	int number; /* errno, positive */
	char sentence[NET_SENTENCE]; /* the kernel's own; "": it has none */
};

/* The next message of a datagram, which it takes off; NULL if what is left is no whole one. */
const struct nlmsghdr *net_next_message(const char **datagram, size_t *size);

/* Each returns false, and leaves its struct in an unspecified state, if the message is of another
 * kind or malformed. */
bool net_decode_link(const struct nlmsghdr *, struct net_link *);
bool net_decode_address(const struct nlmsghdr *, struct net_address *);
/* hops: where those of a route with several go. */
bool net_decode_route(const struct nlmsghdr *, struct net_route *,
		      struct net_hop hops[static CONFIG_HOPS]);
bool net_decode_neighbour(const struct nlmsghdr *, struct net_neighbour *);
bool net_decode_rule(const struct nlmsghdr *, struct config_rule_key *, uint32_t *priority,
		     uint8_t *protocol);

/* NLMSG_ERROR or NLMSG_DONE: whether it is a refusal, and which. */
bool net_decode_refusal(const struct nlmsghdr *, struct net_refusal *);

#endif
