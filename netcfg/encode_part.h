/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of net_encode. */
#ifndef NETCFG_ENCODE_PART_H
#define NETCFG_ENCODE_PART_H

#include "netcfg/netcfg.h"

struct nlmsghdr;

void encode_link(struct nlmsghdr *, const struct net_op *);
void encode_parameter(struct nlmsghdr *, const struct net_op *);
void encode_rule(struct nlmsghdr *, const struct net_op *);

/* Nothing, if there is no address, or the number is 0. */
void encode_ip(struct nlmsghdr *, uint16_t type, const struct config_ip *);
void encode_number(struct nlmsghdr *, uint16_t type, uint32_t number);

#endif
