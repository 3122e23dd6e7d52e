/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, gateways, routes and rules in the words of ip(8). What the kernel would take in
 * silence and never use is refused here. */
#ifndef CONFIG_NETWORK_H
#define CONFIG_NETWORK_H

#include "config/value.h"

value_parse network_parse_ip, network_parse_address, network_parse_gateway, network_parse_route,
	network_parse_rule;
value_write network_write_ip, network_write_address, network_write_gateway, network_write_route,
	network_write_rule;

#endif
