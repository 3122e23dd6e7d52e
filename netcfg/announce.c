/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/announce.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "config/ip.h"
#include "netcfg/select.h"

enum { ARP_SIZE = 28, NA_SIZE = 72, IP_HEADER = 40 };

/* RFC 826: Ethernet and IPv4, a request; the sender asks for its own address. */
static size_t put_arp(const struct net_link *link, const struct config_ip *ip, uint8_t *frame) {
	static const uint8_t begin[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	memcpy(frame, begin, sizeof begin);
	memcpy(frame + 8, link->mac, 6);
	memcpy(frame + 14, ip->bytes, 4);
	memcpy(frame + 24, ip->bytes, 4);
	return ARP_SIZE;
}

/* RFC 8200 8.1, of a packet whose checksum is 0 yet: addresses, length and next header, payload. */
static uint16_t checksum(const uint8_t *frame) {
	uint32_t sum = NA_SIZE - IP_HEADER + frame[6];
	for (unsigned n = 8; n < NA_SIZE; n += 2)
		sum += (uint32_t)frame[n] << 8 | frame[n + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t) ~(sum + (sum >> 16)));
}

/* An IPv6 header to all nodes, and a neighbour advertisement that overrides, with our MAC. */
static size_t put_advertisement(const struct net_link *link, const struct config_ip *ip,
				uint8_t *frame) {
	static const uint8_t begin[] = { 0x60, 0, 0, 0, 0, NA_SIZE - IP_HEADER, 58, 255 };
	static const uint8_t all_nodes[16] = { 0xff, 0x02, [15] = 1 };
	static const uint8_t advertisement[] = { 136, 0, 0, 0, 0x20, 0, 0, 0 };
	static const uint8_t target_option[] = { 2, 1 };
	uint16_t sum;
	memcpy(frame, begin, sizeof begin);
	memcpy(frame + 8, ip->bytes, 16);
	memcpy(frame + 24, all_nodes, 16);
	memcpy(frame + IP_HEADER, advertisement, sizeof advertisement);
	memcpy(frame + 48, ip->bytes, 16);
	memcpy(frame + 64, target_option, sizeof target_option);
	memcpy(frame + 66, link->mac, 6);
	sum = checksum(frame);
	memcpy(frame + 42, &sum, sizeof sum);
	return NA_SIZE;
}

size_t net_announcement(const struct net_link *link, const struct config_ip *ip,
			uint8_t frame[static NET_FRAME]) {
	memset(frame, 0, NET_FRAME);
	return ip->family == AF_INET6 ? put_advertisement(link, ip, frame)
				      : put_arp(link, ip, frame);
}

int net_announce_open(void) {
	return socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static void announce(int fd, const struct net_link *link, const struct config_ip *ip) {
	uint8_t frame[NET_FRAME];
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ip->family == AF_INET6 ? ETH_P_IPV6 : ETH_P_ARP),
		.sll_ifindex = link->index,
		.sll_halen = 6,
		.sll_addr = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};
	size_t size = net_announcement(link, ip, frame);
	if (ip->family == AF_INET6) /* RFC 2464 7 */
		memcpy(to.sll_addr, (uint8_t[]){ 0x33, 0x33, 0, 0, 0, 1 }, 6);
	(void)sendto(fd, frame, size, 0, (struct sockaddr *)&to, sizeof to);
}

static bool has_neighbours(const struct net_link *link) {
	return link->flags & IFF_UP &&
	       !(link->flags & (IFF_LOOPBACK | IFF_NOARP | IFF_POINTOPOINT)) &&
	       net_link_has_mac(link);
}

static bool is_wanted(const struct config_interface *i, const struct config_ip *ip) {
	for (const struct config_address *a = i->addresses; a; a = a->head.next)
		if (ip_equal(&a->ip, ip))
			return true;
	return false;
}

bool net_announce(int fd, const struct config *c, const struct net_state *state, unsigned round) {
	bool another = false;
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next) {
		const struct net_link *link = net_link_of(state, i);
		if (!link || !has_neighbours(link) || round >= i->announce)
			continue;
		another |= round + 1 < i->announce;
		for (unsigned n = 0; n < state->addresses_count; n++) {
			const struct net_address *a = &state->addresses[n];
			if (a->index == link->index && a->scope != RT_SCOPE_HOST &&
			    is_wanted(i, &a->ip))
				announce(fd, link, &a->ip);
		}
	}
	return another;
}
