/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/ip.h"

#include <sys/socket.h>

uint8_t net_ip_size(uint8_t family) {
	return family == AF_INET ? 4 : family == AF_INET6 ? 16 : 0;
}

uint8_t net_ip_bits(uint8_t family) {
	return (uint8_t)(8 * net_ip_size(family));
}

struct config_ip net_ip_network(const struct config_ip *ip) {
	struct config_ip network = *ip;
	for (unsigned bit = ip->prefix; bit < net_ip_bits(ip->family); bit++)
		network.bytes[bit / 8] &= (uint8_t) ~(0x80U >> bit % 8);
	return network;
}

struct config_ip net_ip_alone(const struct config_ip *ip) {
	struct config_ip alone = *ip;
	alone.prefix = net_ip_bits(ip->family);
	return alone;
}
