/* SPDX-License-Identifier: Apache-2.0 */
/* Operations in the kernel's bytes. Pure. A new setting is an attribute in encode.c. */
#ifndef NETCFG_ENCODE_H
#define NETCFG_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netcfg/netcfg.h"

enum { NET_MESSAGE = 768 }; /* bytes that hold any operation's message */

/* Writes the message that does it, at a multiple of four bytes with room for NET_MESSAGE. Returns
 * its size, which is a multiple of four too. */
size_t net_encode(const struct net_op *, uint32_t seq, void *message);

/* The operation that takes it back; false if there is nothing to take back. */
bool net_inverse(const struct net_op *, struct net_op *inverse);

/* The broadcast address that goes with an address; false if there is none. */
bool net_broadcast(const struct net_address *, struct config_ip *broadcast);

#endif
