/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel wants of addresses, beyond config/ip.h. */
#ifndef NETCFG_IP_H
#define NETCFG_IP_H

#include <stdint.h>

#include "config/ip.h"

/* Bytes and bits of a family's address; 0 for any other family. */
uint8_t net_ip_size(uint8_t family);
uint8_t net_ip_bits(uint8_t family);

/* The network of an address: without host bits. */
struct config_ip net_ip_network(const struct config_ip *);

/* The address as one of a host: with all bits for its prefix. */
struct config_ip net_ip_alone(const struct config_ip *);

#endif
