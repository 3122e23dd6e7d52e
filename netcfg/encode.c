/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/encode.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "netcfg/ip.h"

/* With these flags each of them may be sent twice. Links are set, and never made, by NEWLINK. */
static const struct {
	uint16_t type, flags;
} kinds[] = {
	[NET_LINK_MTU] = { RTM_NEWLINK, 0 },
	[NET_LINK_DOWN] = { RTM_NEWLINK, 0 },
	[NET_LINK_UP] = { RTM_NEWLINK, 0 },
	[NET_ADDRESS_DELETE] = { RTM_DELADDR, 0 },
	[NET_ADDRESS_ADD] = { RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE },
	[NET_ROUTE_DELETE] = { RTM_DELROUTE, 0 },
	[NET_ROUTE_REPLACE] = { RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE },
};

/* RFC 3021: a network of two addresses has none; nor has a loopback or point-to-point one. */
bool net_broadcast(const struct net_address *a, struct config_ip *broadcast) {
	if (a->ip.family != AF_INET || a->peer.family || a->ip.prefix > 30 ||
	    a->scope == RT_SCOPE_HOST)
		return false;
	*broadcast = a->ip;
	for (unsigned bit = a->ip.prefix; bit < 32; bit++)
		broadcast->bytes[bit / 8] |= (uint8_t)(0x80U >> bit % 8);
	return true;
}

static void put_ip(struct nlmsghdr *message, uint16_t type, const struct config_ip *ip) {
	if (ip->family)
		mnl_attr_put(message, type, net_ip_size(ip->family), ip->bytes);
}

static void put_number(struct nlmsghdr *message, uint16_t type, uint32_t number) {
	if (number)
		mnl_attr_put_u32(message, type, number);
}

static void encode_link(struct nlmsghdr *message, const struct net_op *op) {
	struct ifinfomsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
	header->ifi_index = op->index;
	if (op->kind == NET_LINK_MTU) {
		mnl_attr_put_u32(message, IFLA_MTU, op->mtu);
		return;
	}
	header->ifi_change = IFF_UP;
	header->ifi_flags = op->kind == NET_LINK_UP ? IFF_UP : 0;
}

/* Both LOCAL and ADDRESS, always: without one of them a deletion takes another address. */
static void encode_address(struct nlmsghdr *message, const struct net_op *op) {
	const struct net_address *a = &op->address;
	struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
	struct config_ip broadcast;
	header->ifa_family = a->ip.family;
	header->ifa_prefixlen = a->ip.prefix;
	header->ifa_index = (uint32_t)op->index;
	put_ip(message, IFA_LOCAL, &a->ip);
	put_ip(message, IFA_ADDRESS, a->peer.family ? &a->peer : &a->ip);
	if (op->kind == NET_ADDRESS_DELETE)
		return;
	header->ifa_scope = a->ip.family == AF_INET ? a->scope : 0;
	header->ifa_flags = a->flags & IFA_F_NODAD;
	if (net_broadcast(a, &broadcast))
		put_ip(message, IFA_BROADCAST, &broadcast);
	if (*a->label)
		mnl_attr_put_strz(message, IFA_LABEL, a->label);
	put_number(message, IFA_RT_PRIORITY, a->metric);
	if (a->protocol)
		mnl_attr_put_u8(message, IFA_PROTO, a->protocol);
}

/* A gateway of the other family: struct rtvia of rtnetlink.h. */
static void put_via(struct nlmsghdr *message, const struct config_ip *via) {
	uint8_t bytes[2 + sizeof via->bytes];
	uint16_t family = via->family;
	memcpy(bytes, &family, sizeof family);
	memcpy(bytes + sizeof family, via->bytes, sizeof via->bytes);
	mnl_attr_put(message, RTA_VIA, sizeof family + net_ip_size(via->family), bytes);
}

/* A table beyond 255 is named by its attribute only. */
static struct rtmsg *encode_route_key(struct nlmsghdr *message, const struct net_op *op) {
	const struct net_route *r = &op->route;
	struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
	header->rtm_family = r->to.family;
	header->rtm_dst_len = r->to.prefix;
	header->rtm_table = r->table < 256 ? (unsigned char)r->table : RT_TABLE_COMPAT;
	if (r->to.prefix)
		put_ip(message, RTA_DST, &r->to);
	if (r->via.family == r->to.family)
		put_ip(message, RTA_GATEWAY, &r->via);
	else if (r->via.family)
		put_via(message, &r->via);
	put_number(message, RTA_OIF, (uint32_t)op->index);
	put_number(message, RTA_PRIORITY, r->metric);
	if (r->table > 255)
		mnl_attr_put_u32(message, RTA_TABLE, r->table);
	return header;
}

static void encode_route(struct nlmsghdr *message, const struct net_op *op) {
	const struct net_route *r = &op->route;
	struct rtmsg *header = encode_route_key(message, op);
	if (op->kind == NET_ROUTE_DELETE) {
		header->rtm_scope = RT_SCOPE_NOWHERE; /* any */
		return;
	}
	header->rtm_type = RTN_UNICAST;
	header->rtm_protocol = r->protocol;
	header->rtm_flags = r->onlink ? RTNH_F_ONLINK : 0;
	if (r->to.family == AF_INET && !r->via.family)
		header->rtm_scope = RT_SCOPE_LINK;
	put_ip(message, RTA_PREFSRC, &r->src);
	if (!r->mtu)
		return;
	struct nlattr *metrics = mnl_attr_nest_start(message, RTA_METRICS);
	mnl_attr_put_u32(message, RTAX_MTU, r->mtu);
	mnl_attr_nest_end(message, metrics);
}

/* Cleared first: libmnl leaves the padding behind short attributes as it was. */
size_t net_encode(const struct net_op *op, uint32_t seq, void *buffer) {
	struct nlmsghdr *message = mnl_nlmsg_put_header(memset(buffer, 0, NET_MESSAGE));
	message->nlmsg_type = kinds[op->kind].type;
	message->nlmsg_flags = NLM_F_REQUEST | kinds[op->kind].flags;
	message->nlmsg_seq = seq;
	switch (op->kind) {
	case NET_LINK_MTU:
	case NET_LINK_DOWN:
	case NET_LINK_UP:
		encode_link(message, op);
		break;
	case NET_ADDRESS_DELETE:
	case NET_ADDRESS_ADD:
		encode_address(message, op);
		break;
	case NET_ROUTE_DELETE:
	case NET_ROUTE_REPLACE:
		encode_route(message, op);
		break;
	}
	return MNL_ALIGN(message->nlmsg_len);
}

/* A route that replaced another is taken back by replacing it with that one; what was so before
 * is left so. */
bool net_inverse(const struct net_op *op, struct net_op *inverse) {
	static const enum net_op_kind inverses[] = {
		[NET_LINK_MTU] = NET_LINK_MTU,          [NET_LINK_DOWN] = NET_LINK_UP,
		[NET_LINK_UP] = NET_LINK_DOWN,          [NET_ADDRESS_DELETE] = NET_ADDRESS_ADD,
		[NET_ADDRESS_ADD] = NET_ADDRESS_DELETE, [NET_ROUTE_DELETE] = NET_ROUTE_REPLACE,
		[NET_ROUTE_REPLACE] = NET_ROUTE_DELETE,
	};
	*inverse = *op;
	inverse->kind = inverses[op->kind];
	if (op->kind == NET_LINK_MTU)
		inverse->mtu = op->mtu_before;
	if (op->kind == NET_ROUTE_REPLACE && op->before) {
		inverse->kind = NET_ROUTE_REPLACE;
		inverse->route = *op->before;
		inverse->index = op->before->index;
	}
	return !op->again;
}
