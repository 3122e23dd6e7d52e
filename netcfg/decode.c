/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/decode.h"

#include <errno.h>
#include <limits.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "netcfg/attribute.h"
#include "netcfg/ip.h"

/* Not mnl_nlmsg_ok, which takes lengths from 2^31 on for negative and hence for small ones. */
const struct nlmsghdr *net_next_message(const char **datagram, size_t *size) {
	const struct nlmsghdr *message = (const struct nlmsghdr *)*datagram;
	if (*size < sizeof *message || message->nlmsg_len < sizeof *message ||
	    message->nlmsg_len > *size)
		return NULL;
	size_t step = MNL_ALIGN((size_t)message->nlmsg_len);
	step = step < *size ? step : *size;
	*datagram += step;
	*size -= step;
	return message;
}

static bool has_ip_header(uint8_t family, uint8_t prefix) {
	return net_ip_size(family) != 0 && prefix <= net_ip_bits(family);
}

/* IFA_ADDRESS is the peer's where there is one, and the prefix is the peer's too; IFA_LOCAL is
 * ours, and missing where nobody needs it (if_addr.h). */
bool net_decode_address(const struct nlmsghdr *message, struct net_address *address) {
	struct attributes a;
	const struct ifaddrmsg *header = attribute_open(message, sizeof *header, &a);
	if (message->nlmsg_type != RTM_NEWADDR || !header ||
	    !has_ip_header(header->ifa_family, header->ifa_prefixlen))
		return false;
	*address = (struct net_address){ .index = (int)header->ifa_index,
					 .flags = header->ifa_flags,
					 .scope = header->ifa_scope };
	attribute_ip(a.of[IFA_ADDRESS], header->ifa_family, header->ifa_prefixlen, &address->ip);
	if (a.of[IFA_LOCAL]) {
		address->peer = address->ip;
		attribute_ip(a.of[IFA_LOCAL], header->ifa_family, header->ifa_prefixlen,
			     &address->ip);
		if (ip_equal(&address->peer, &address->ip))
			address->peer = (struct config_ip){ 0 };
	}
	attribute_number(a.of[IFA_FLAGS], &address->flags);
	attribute_number(a.of[IFA_RT_PRIORITY], &address->metric);
	attribute_text(a.of[IFA_LABEL], address->label, sizeof address->label);
	attribute_bytes(a.of[IFA_PROTO], &address->protocol, sizeof address->protocol);
	return address->ip.family != 0;
}

/* A gateway of the other family: RTA_VIA is {family, address} (rtnetlink.h, struct rtvia). */
static void take_via(const struct nlattr *attribute, struct config_ip *via) {
	uint16_t family;
	const char *payload;
	if (!attribute || mnl_attr_get_payload_len(attribute) < sizeof family)
		return;
	payload = mnl_attr_get_payload(attribute);
	memcpy(&family, payload, sizeof family);
	size_t size = net_ip_size((uint8_t)family);
	if (!size || mnl_attr_get_payload_len(attribute) != sizeof family + size)
		return;
	via->family = (uint8_t)family;
	via->prefix = net_ip_bits(via->family);
	memcpy(via->bytes, payload + sizeof family, size);
}

/* struct rtnexthop, then the attributes of its own. */
static void take_hop(const struct rtnexthop *is, uint8_t family, struct net_hop *hop) {
	struct attributes a;
	*hop = (struct net_hop){ .index = is->rtnh_ifindex,
				 .weight = (uint16_t)(is->rtnh_hops + 1) };
	attribute_collect(&a, (const char *)RTNH_DATA(is), (const char *)is + is->rtnh_len);
	attribute_ip(a.of[RTA_GATEWAY], family, net_ip_bits(family), &hop->via);
	take_via(a.of[RTA_VIA], &hop->via);
}

/* False if there are more than fit. */
static bool take_hops(const struct nlattr *attribute, struct net_route *route,
		      struct net_hop hops[static CONFIG_HOPS]) {
	const struct rtnexthop *is = mnl_attr_get_payload(attribute);
	int left = mnl_attr_get_payload_len(attribute);
	route->hops = hops;
	while (left >= (int)sizeof *is && is->rtnh_len >= sizeof *is && is->rtnh_len <= left) {
		if (route->hops_count == CONFIG_HOPS)
			return false;
		take_hop(is, route->to.family, &hops[route->hops_count++]);
		left -= NLMSG_ALIGN(is->rtnh_len);
		is = RTNH_NEXT(is);
	}
	return true;
}

static void take_metrics(const struct nlattr *attribute, struct net_route *route) {
	struct attributes metrics;
	attribute_nest(&metrics, attribute);
	attribute_number(metrics.of[RTAX_MTU], &route->mtu);
}

static void take_route(const struct attributes *a, uint8_t family, struct net_route *route) {
	uint32_t index = 0;
	uint8_t bits = net_ip_bits(family);
	attribute_ip(a->of[RTA_DST], family, route->to.prefix, &route->to);
	attribute_ip(a->of[RTA_GATEWAY], family, bits, &route->via);
	take_via(a->of[RTA_VIA], &route->via);
	attribute_ip(a->of[RTA_PREFSRC], family, bits, &route->src);
	attribute_number(a->of[RTA_PRIORITY], &route->metric);
	attribute_number(a->of[RTA_TABLE], &route->table);
	attribute_number(a->of[RTA_OIF], &index);
	route->index = (int)index;
	if (a->of[RTA_METRICS])
		take_metrics(a->of[RTA_METRICS], route);
}

/* A cloned route is a cache's entry; one with a type of service or a source is another key. */
bool net_decode_route(const struct nlmsghdr *message, struct net_route *route,
		      struct net_hop hops[static CONFIG_HOPS]) {
	struct attributes a;
	const struct rtmsg *header = attribute_open(message, sizeof *header, &a);
	if (message->nlmsg_type != RTM_NEWROUTE || !header ||
	    !has_ip_header(header->rtm_family, header->rtm_dst_len) ||
	    (header->rtm_flags & RTM_F_CLONED) || header->rtm_tos || header->rtm_src_len)
		return false;
	*route = (struct net_route){
		.to = { .family = header->rtm_family, .prefix = header->rtm_dst_len },
		.table = header->rtm_table,
		.protocol = header->rtm_protocol,
		.type = header->rtm_type,
		.onlink = (header->rtm_flags & RTNH_F_ONLINK) != 0,
		.other = a.of[RTA_NH_ID] || a.of[RTA_ENCAP],
	};
	take_route(&a, header->rtm_family, route);
	if (a.of[RTA_MULTIPATH])
		route->other |= !take_hops(a.of[RTA_MULTIPATH], route, hops) || !route->hops_count;
	return true;
}

/* A neighbour of IPv4 or IPv6; of a forwarding table, only what has a host behind a tunnel. */
bool net_decode_neighbour(const struct nlmsghdr *message, struct net_neighbour *neighbour) {
	struct attributes a;
	const struct ndmsg *header = attribute_open(message, sizeof *header, &a);
	if (message->nlmsg_type != RTM_NEWNEIGH || !header || !a.of[NDA_DST])
		return false;
	bool v6 = mnl_attr_get_payload_len(a.of[NDA_DST]) == net_ip_size(AF_INET6);
	uint8_t family = v6 ? AF_INET6 : AF_INET;
	*neighbour = (struct net_neighbour){
		.index = header->ndm_ifindex,
		.forwarding = header->ndm_family == AF_BRIDGE,
		.lasting = header->ndm_state & NUD_PERMANENT,
	};
	attribute_ip(a.of[NDA_DST], family, net_ip_bits(family), &neighbour->ip);
	attribute_bytes(a.of[NDA_LLADDR], neighbour->mac, sizeof neighbour->mac);
	return neighbour->ip.family != 0;
}

static void take_network(const struct nlattr *attribute, uint8_t family, uint8_t prefix,
			 struct config_ip *ip) {
	if (prefix)
		attribute_ip(attribute, family, prefix, ip);
}

static void take_users(const struct nlattr *attribute, struct config_rule_key *key) {
	struct fib_rule_uid_range users = { .end = UINT32_MAX };
	attribute_bytes(attribute, &users, sizeof users);
	key->user = users.start;
	key->users_end = users.end + 1;
}

/* The attributes that a rule with a condition or an action of which we know nothing has. */
static bool is_strange(const struct fib_rule_hdr *header, const struct attributes *a) {
	return header->tos || a->of[FRA_GOTO] || a->of[FRA_FLOW] || a->of[FRA_TUN_ID] ||
	       a->of[FRA_L3MDEV] || a->of[FRA_SUPPRESS_IFGROUP];
}

/* 0xffffffff is no prefix length that is suppressed. */
bool net_decode_rule(const struct nlmsghdr *message, struct config_rule_key *key,
		     uint32_t *priority, uint8_t *protocol) {
	struct attributes a;
	const struct fib_rule_hdr *header = attribute_open(message, sizeof *header, &a);
	if (message->nlmsg_type != RTM_NEWRULE || !header ||
	    !has_ip_header(header->family, header->src_len) ||
	    header->dst_len > net_ip_bits(header->family) || is_strange(header, &a))
		return false;
	memset(key, 0, sizeof *key);
	key->family = header->family;
	key->action = header->action;
	key->invert = header->flags & FIB_RULE_INVERT;
	key->table = header->table;
	key->suppress = UINT32_MAX;
	*priority = *protocol = 0;
	take_network(a.of[FRA_SRC], header->family, header->src_len, &key->from);
	take_network(a.of[FRA_DST], header->family, header->dst_len, &key->to);
	attribute_number(a.of[FRA_TABLE], &key->table);
	attribute_number(a.of[FRA_FWMARK], &key->mark);
	attribute_number(a.of[FRA_FWMASK], &key->mask);
	attribute_number(a.of[FRA_PRIORITY], priority);
	attribute_number(a.of[FRA_SUPPRESS_PREFIXLEN], &key->suppress);
	key->suppress++;
	take_users(a.of[FRA_UID_RANGE], key);
	attribute_bytes(a.of[FRA_SPORT_RANGE], key->sport, sizeof key->sport);
	attribute_bytes(a.of[FRA_DPORT_RANGE], key->dport, sizeof key->dport);
	attribute_bytes(a.of[FRA_IP_PROTO], &key->protocol, sizeof key->protocol);
	attribute_bytes(a.of[FRA_PROTOCOL], protocol, sizeof *protocol);
	attribute_text(a.of[FRA_IIFNAME], key->iif, sizeof key->iif);
	attribute_text(a.of[FRA_OIFNAME], key->oif, sizeof key->oif);
	return true;
}

/* The sentence stands behind the echoed message, which is there unless the reply is capped. */
static void take_sentence(const struct nlmsghdr *message, const struct nlmsgerr *error,
			  struct net_refusal *refusal) {
	struct attributes a;
	size_t payload = mnl_nlmsg_get_payload_len(message), skip = sizeof *error;
	if (!(message->nlmsg_flags & NLM_F_CAPPED)) {
		if (error->msg.nlmsg_len < sizeof error->msg || error->msg.nlmsg_len > payload)
			return;
		skip += MNL_ALIGN(error->msg.nlmsg_len) - sizeof error->msg;
	}
	if (skip >= payload)
		return;
	attribute_collect(&a, (const char *)error + skip,
			  (const char *)message + message->nlmsg_len);
	attribute_text(a.of[NLMSGERR_ATTR_MSG], refusal->sentence, sizeof refusal->sentence);
}

/* The end of a dump is {int errno, attributes}, in LX zones nothing at all. */
static void take_dump_sentence(const struct nlmsghdr *message, struct net_refusal *refusal) {
	struct attributes a;
	attribute_collect(&a, mnl_nlmsg_get_payload_offset(message, sizeof(int)),
			  (const char *)message + message->nlmsg_len);
	attribute_text(a.of[NLMSGERR_ATTR_MSG], refusal->sentence, sizeof refusal->sentence);
}

bool net_decode_refusal(const struct nlmsghdr *message, struct net_refusal *refusal) {
	int number = 0;
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
	size_t payload = mnl_nlmsg_get_payload_len(message);

	*refusal = (struct net_refusal){ 0 };
	if (message->nlmsg_type == NLMSG_ERROR && payload < sizeof *error)
		number = EPROTO;
	else if (payload >= sizeof number)
		memcpy(&number, error, sizeof number);
	if (number == 0)
		return false;
	/* Linux sends -errno, illumos' LX zones send it positive. INT_MIN has no positive. */
	refusal->number = number == INT_MIN ? EPROTO : abs(number);
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return true;
	if (message->nlmsg_type == NLMSG_ERROR && payload >= sizeof *error)
		take_sentence(message, error, refusal);
	else if (message->nlmsg_type == NLMSG_DONE)
		take_dump_sentence(message, refusal);
	return true;
}
