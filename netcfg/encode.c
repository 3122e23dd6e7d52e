/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/encode.h"

#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "netcfg/encode_part.h"
#include "netcfg/ip.h"
#include "netcfg/neighbour.h"

/* With these flags each of them may be sent twice, but for what is made anew. */
static const struct {
	uint16_t type, flags;
} kinds[] = {
	[NET_LINK_CREATE] = { RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL },
	[NET_LINK_DELETE] = { RTM_DELLINK, 0 },
	[NET_LINK_NAME] = { RTM_NEWLINK, 0 },
	[NET_LINK_MAC] = { RTM_NEWLINK, 0 },
	[NET_LINK_MTU] = { RTM_NEWLINK, 0 },
	[NET_LINK_TX_QUEUE] = { RTM_NEWLINK, 0 },
	[NET_LINK_MASTER] = { RTM_NEWLINK, 0 },
	[NET_LINK_CONF] = { RTM_NEWLINK, 0 },
	[NET_SYSCTL] = { RTM_SETNEIGHTBL, 0 },
	[NET_LINK_DOWN] = { RTM_NEWLINK, 0 },
	[NET_LINK_UP] = { RTM_NEWLINK, 0 },
	[NET_ADDRESS_DELETE] = { RTM_DELADDR, 0 },
	[NET_ADDRESS_ADD] = { RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE },
	[NET_NEIGHBOUR_DELETE] = { RTM_DELNEIGH, 0 },
	[NET_NEIGHBOUR_REPLACE] = { RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE },
	[NET_ROUTE_DELETE] = { RTM_DELROUTE, 0 },
	[NET_ROUTE_REPLACE] = { RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE },
	[NET_RULE_DELETE] = { RTM_DELRULE, 0 },
	[NET_RULE_ADD] = { RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL },
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

void encode_ip(struct nlmsghdr *message, uint16_t type, const struct config_ip *ip) {
	if (ip->family)
		mnl_attr_put(message, type, net_ip_size(ip->family), ip->bytes);
}

void encode_number(struct nlmsghdr *message, uint16_t type, uint32_t number) {
	if (number)
		mnl_attr_put_u32(message, type, number);
}

/* Both LOCAL and ADDRESS, always: without one of them a deletion takes another address. */
static void encode_address(struct nlmsghdr *message, const struct net_op *op) {
	const struct net_address *a = &op->address;
	struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
	struct config_ip broadcast;
	header->ifa_family = a->ip.family;
	header->ifa_prefixlen = a->ip.prefix;
	header->ifa_index = (uint32_t)op->index;
	encode_ip(message, IFA_LOCAL, &a->ip);
	encode_ip(message, IFA_ADDRESS, a->peer.family ? &a->peer : &a->ip);
	if (op->kind == NET_ADDRESS_DELETE)
		return;
	header->ifa_scope = a->ip.family == AF_INET ? a->scope : 0;
	header->ifa_flags = a->flags & IFA_F_NODAD;
	if (net_broadcast(a, &broadcast))
		encode_ip(message, IFA_BROADCAST, &broadcast);
	if (*a->label)
		mnl_attr_put_strz(message, IFA_LABEL, a->label);
	encode_number(message, IFA_RT_PRIORITY, a->metric);
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

static void put_gateway(struct nlmsghdr *message, const struct config_ip *via, uint8_t family) {
	if (via->family == family)
		encode_ip(message, RTA_GATEWAY, via);
	else if (via->family)
		put_via(message, via);
}

static void put_hop(struct nlmsghdr *message, const struct net_hop *hop, uint8_t family) {
	struct rtnexthop *is = mnl_nlmsg_get_payload_tail(message);
	*is = (struct rtnexthop){ .rtnh_hops = (unsigned char)(hop->weight - 1),
				  .rtnh_ifindex = hop->index };
	message->nlmsg_len += sizeof *is;
	put_gateway(message, &hop->via, family);
	is->rtnh_len = (unsigned short)((char *)mnl_nlmsg_get_payload_tail(message) - (char *)is);
}

static void put_hops(struct nlmsghdr *message, const struct net_route *r) {
	struct nlattr *nest;
	if (!r->hops_count)
		return;
	nest = mnl_attr_nest_start(message, RTA_MULTIPATH);
	for (unsigned n = 0; n < r->hops_count; n++)
		put_hop(message, &r->hops[n], r->to.family);
	mnl_attr_nest_end(message, nest);
}

/* A table beyond 255 is named by its attribute only. */
static struct rtmsg *encode_route_key(struct nlmsghdr *message, const struct net_op *op) {
	const struct net_route *r = &op->route;
	struct rtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
	header->rtm_family = r->to.family;
	header->rtm_dst_len = r->to.prefix;
	header->rtm_table = r->table < 256 ? (unsigned char)r->table : RT_TABLE_COMPAT;
	if (r->to.prefix)
		encode_ip(message, RTA_DST, &r->to);
	put_gateway(message, &r->via, r->to.family);
	encode_number(message, RTA_OIF, (uint32_t)op->index);
	encode_number(message, RTA_PRIORITY, r->metric);
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
	header->rtm_type = r->type;
	header->rtm_protocol = r->protocol;
	header->rtm_flags = r->onlink ? RTNH_F_ONLINK : 0;
	if (r->to.family == AF_INET && r->type == RTN_UNICAST && !r->via.family && !r->hops_count)
		header->rtm_scope = RT_SCOPE_LINK;
	encode_ip(message, RTA_PREFSRC, &r->src);
	put_hops(message, r);
	if (!r->mtu)
		return;
	struct nlattr *metrics = mnl_attr_nest_start(message, RTA_METRICS);
	mnl_attr_put_u32(message, RTAX_MTU, r->mtu);
	mnl_attr_nest_end(message, metrics);
}

/* In a forwarding table the entry is the device's own (NTF_SELF), and leads to no neighbour. */
static void encode_neighbour(struct nlmsghdr *message, const struct net_op *op) {
	const struct net_neighbour *n = &op->neighbour;
	struct ndmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
	header->ndm_family = n->forwarding ? AF_BRIDGE : n->ip.family;
	header->ndm_ifindex = op->index;
	header->ndm_state = n->forwarding ? NUD_NOARP | NUD_PERMANENT : NUD_PERMANENT;
	header->ndm_flags = n->forwarding ? NTF_SELF : 0;
	encode_ip(message, NDA_DST, &n->ip);
	mnl_attr_put(message, NDA_LLADDR, sizeof n->mac, n->mac);
	if (!n->forwarding)
		mnl_attr_put_u8(message, NDA_PROTOCOL, NET_PROTOCOL);
	if (net_neighbour_floods(n) && message->nlmsg_type == RTM_NEWNEIGH)
		message->nlmsg_flags ^= NLM_F_REPLACE | NLM_F_APPEND;
}

/* Cleared first: libmnl leaves the padding behind short attributes as it was. */
size_t net_encode(const struct net_op *op, uint32_t seq, void *buffer) {
	struct nlmsghdr *message = mnl_nlmsg_put_header(memset(buffer, 0, NET_MESSAGE));
	message->nlmsg_type = kinds[op->kind].type;
	message->nlmsg_flags = NLM_F_REQUEST | kinds[op->kind].flags;
	message->nlmsg_seq = seq;
	switch (op->kind) {
	case NET_LINK_CREATE:
	case NET_LINK_DELETE:
	case NET_LINK_NAME:
	case NET_LINK_MAC:
	case NET_LINK_MTU:
	case NET_LINK_TX_QUEUE:
	case NET_LINK_MASTER:
	case NET_LINK_CONF:
	case NET_LINK_DOWN:
	case NET_LINK_UP:
		encode_link(message, op);
		break;
	case NET_SYSCTL:
		encode_parameter(message, op);
		break;
	case NET_ADDRESS_DELETE:
	case NET_ADDRESS_ADD:
		encode_address(message, op);
		break;
	case NET_NEIGHBOUR_DELETE:
	case NET_NEIGHBOUR_REPLACE:
		encode_neighbour(message, op);
		break;
	case NET_ROUTE_DELETE:
	case NET_ROUTE_REPLACE:
		encode_route(message, op);
		break;
	case NET_RULE_DELETE:
	case NET_RULE_ADD:
		encode_rule(message, op);
		break;
	}
	return MNL_ALIGN(message->nlmsg_len);
}
