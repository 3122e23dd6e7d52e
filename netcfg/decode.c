/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/decode.h"

#include <errno.h>
#include <limits.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "netcfg/ip.h"

enum { LAST_ATTRIBUTE = 63 };

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

/* The attributes of one message or nest, by type; the last of a kind counts, as in the kernel. */
struct attributes {
	const struct nlattr *of[LAST_ATTRIBUTE + 1];
};

static void collect_from(struct attributes *a, const char *at, const char *end) {
	memset(a, 0, sizeof *a);
	while (end > at && mnl_attr_ok((const struct nlattr *)at, (int)(end - at))) {
		const struct nlattr *attribute = (const struct nlattr *)at;
		if (mnl_attr_get_type(attribute) <= LAST_ATTRIBUTE)
			a->of[mnl_attr_get_type(attribute)] = attribute;
		at = (const char *)mnl_attr_next(attribute);
	}
}

/* Where a message ends: libmnl's tail is rounded up, beyond the buffer of a message that was cut.
 */
static const char *end_of(const struct nlmsghdr *message) {
	return (const char *)message + message->nlmsg_len;
}

/* The fixed header of a message, and the attributes behind it; NULL if it is too short. */
static const void *open_message(const struct nlmsghdr *message, size_t header,
				struct attributes *a) {
	if (mnl_nlmsg_get_payload_len(message) < header)
		return NULL;
	collect_from(a, mnl_nlmsg_get_payload_offset(message, header), end_of(message));
	return mnl_nlmsg_get_payload(message);
}

static void collect_nest(struct attributes *a, const struct nlattr *nest) {
	const char *payload = mnl_attr_get_payload(nest);
	collect_from(a, payload, payload + mnl_attr_get_payload_len(nest));
}

/* Leaves the number alone if there is no such attribute. */
static void take_number(const struct nlattr *attribute, uint32_t *number) {
	if (attribute && mnl_attr_get_payload_len(attribute) >= sizeof *number)
		memcpy(number, mnl_attr_get_payload(attribute), sizeof *number);
}

static void take_text(const struct nlattr *attribute, char *text, size_t size) {
	if (!attribute)
		return;
	size_t length =
		strnlen(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
	if (length >= size)
		length = size - 1;
	memcpy(text, mnl_attr_get_payload(attribute), length);
	text[length] = '\0';
}

static void take_ip(const struct nlattr *attribute, uint8_t family, uint8_t prefix,
		    struct config_ip *ip) {
	if (!attribute || mnl_attr_get_payload_len(attribute) != net_ip_size(family))
		return;
	ip->family = family;
	ip->prefix = prefix;
	memcpy(ip->bytes, mnl_attr_get_payload(attribute), net_ip_size(family));
}

static bool has_ip_header(uint8_t family, uint8_t prefix) {
	return net_ip_size(family) != 0 && prefix <= net_ip_bits(family);
}

bool net_decode_link(const struct nlmsghdr *message, struct net_link *link) {
	struct attributes a, info;
	const struct ifinfomsg *header = open_message(message, sizeof *header, &a);
	if (message->nlmsg_type != RTM_NEWLINK || !header || header->ifi_index <= 0)
		return false;
	*link = (struct net_link){ .index = header->ifi_index, .flags = header->ifi_flags };
	take_text(a.of[IFLA_IFNAME], link->name, sizeof link->name);
	take_number(a.of[IFLA_MTU], &link->mtu);
	if (a.of[IFLA_ADDRESS] && mnl_attr_get_payload_len(a.of[IFLA_ADDRESS]) == sizeof link->mac)
		memcpy(link->mac, mnl_attr_get_payload(a.of[IFLA_ADDRESS]), sizeof link->mac);
	if (a.of[IFLA_LINKINFO]) {
		collect_nest(&info, a.of[IFLA_LINKINFO]);
		take_text(info.of[IFLA_INFO_KIND], link->kind, sizeof link->kind);
	}
	return *link->name != '\0';
}

/* IFA_ADDRESS is the peer's where there is one, and the prefix is the peer's too; IFA_LOCAL is
 * ours, and missing where nobody needs it (if_addr.h). */
bool net_decode_address(const struct nlmsghdr *message, struct net_address *address) {
	struct attributes a;
	const struct ifaddrmsg *header = open_message(message, sizeof *header, &a);
	if (message->nlmsg_type != RTM_NEWADDR || !header ||
	    !has_ip_header(header->ifa_family, header->ifa_prefixlen))
		return false;
	*address = (struct net_address){ .index = (int)header->ifa_index,
					 .flags = header->ifa_flags,
					 .scope = header->ifa_scope };
	take_ip(a.of[IFA_ADDRESS], header->ifa_family, header->ifa_prefixlen, &address->ip);
	if (a.of[IFA_LOCAL]) {
		address->peer = address->ip;
		take_ip(a.of[IFA_LOCAL], header->ifa_family, header->ifa_prefixlen, &address->ip);
		if (ip_equal(&address->peer, &address->ip))
			address->peer = (struct config_ip){ 0 };
	}
	take_number(a.of[IFA_FLAGS], &address->flags);
	take_number(a.of[IFA_RT_PRIORITY], &address->metric);
	take_text(a.of[IFA_LABEL], address->label, sizeof address->label);
	if (a.of[IFA_PROTO] && mnl_attr_get_payload_len(a.of[IFA_PROTO]) == 1)
		address->protocol = mnl_attr_get_u8(a.of[IFA_PROTO]);
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

static void take_route(const struct attributes *a, uint8_t family, struct net_route *route) {
	struct attributes metrics;
	uint32_t index = 0;
	uint8_t bits = net_ip_bits(family);
	take_ip(a->of[RTA_DST], family, route->to.prefix, &route->to);
	take_ip(a->of[RTA_GATEWAY], family, bits, &route->via);
	take_via(a->of[RTA_VIA], &route->via);
	take_ip(a->of[RTA_PREFSRC], family, bits, &route->src);
	take_number(a->of[RTA_PRIORITY], &route->metric);
	take_number(a->of[RTA_TABLE], &route->table);
	take_number(a->of[RTA_OIF], &index);
	route->index = (int)index;
	if (a->of[RTA_METRICS]) {
		collect_nest(&metrics, a->of[RTA_METRICS]);
		take_number(metrics.of[RTAX_MTU], &route->mtu);
	}
}

/* A cloned route is a cache's entry; one with a type of service or a source is another key. */
bool net_decode_route(const struct nlmsghdr *message, struct net_route *route) {
	struct attributes a;
	const struct rtmsg *header = open_message(message, sizeof *header, &a);
	if (message->nlmsg_type != RTM_NEWROUTE || !header ||
	    !has_ip_header(header->rtm_family, header->rtm_dst_len) ||
	    (header->rtm_flags & RTM_F_CLONED) || header->rtm_tos || header->rtm_src_len)
		return false;
	*route = (struct net_route){
		.to = { .family = header->rtm_family, .prefix = header->rtm_dst_len },
		.table = header->rtm_table,
		.protocol = header->rtm_protocol,
		.onlink = (header->rtm_flags & RTNH_F_ONLINK) != 0,
		.other = header->rtm_type != RTN_UNICAST || a.of[RTA_MULTIPATH] ||
			 a.of[RTA_NH_ID] || a.of[RTA_ENCAP],
	};
	take_route(&a, header->rtm_family, route);
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
	collect_from(&a, (const char *)error + skip, end_of(message));
	take_text(a.of[NLMSGERR_ATTR_MSG], refusal->sentence, sizeof refusal->sentence);
}

/* The end of a dump is {int errno, attributes}, in LX zones nothing at all. */
static void take_dump_sentence(const struct nlmsghdr *message, struct net_refusal *refusal) {
	struct attributes a;
	collect_from(&a, mnl_nlmsg_get_payload_offset(message, sizeof(int)), end_of(message));
	take_text(a.of[NLMSGERR_ATTR_MSG], refusal->sentence, sizeof refusal->sentence);
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
