/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says, and what it never would: messages are made with libmnl, then cut. */
#include <errno.h>
#include <limits.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/fib_rules.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "config/ip.h"
#include "netcfg/decode.h"
#include "netcfg/encode.h"
#include "tests/unit/netcfg/given.h"

#include <cmocka.h>

enum { SIZE = 1024 };

static _Alignas(struct nlmsghdr) char buffer[SIZE];
static struct net_hop hops[CONFIG_HOPS];

static struct nlmsghdr *message(uint16_t type, size_t header) {
	struct nlmsghdr *m = mnl_nlmsg_put_header(buffer);
	m->nlmsg_type = type;
	(void)mnl_nlmsg_put_extra_header(m, header);
	return m;
}

static struct nlmsghdr *link_message(void) {
	struct nlmsghdr *m = message(RTM_NEWLINK, sizeof(struct ifinfomsg));
	struct ifinfomsg *header = mnl_nlmsg_get_payload(m);
	header->ifi_index = 349;
	header->ifi_flags = IFF_UP;
	mnl_attr_put_strz(m, IFLA_IFNAME, "eth0");
	mnl_attr_put_u32(m, IFLA_MTU, 1450);
	mnl_attr_put(m, IFLA_ADDRESS, 6, "\2\x42\n\0\0\2");
	struct nlattr *info = mnl_attr_nest_start(m, IFLA_LINKINFO);
	mnl_attr_put_strz(m, IFLA_INFO_KIND, "veth");
	mnl_attr_nest_end(m, info);
	return m;
}

static void a_link(void **unused) {
	struct net_link link;
	(void)unused;
	assert_true(net_decode_link(link_message(), &link));
	assert_int_equal(link.index, 349);
	assert_int_equal(link.flags, IFF_UP);
	assert_int_equal(link.mtu, 1450);
	assert_string_equal(link.name, "eth0");
	assert_string_equal(link.kind, "veth");
	assert_memory_equal(link.mac, "\2\x42\n\0\0\2", 6);
}

/* A name without its NUL, or longer than any interface's, is cut and ended. */
static void unended_texts(void **unused) {
	struct nlmsghdr *m = message(RTM_NEWLINK, sizeof(struct ifinfomsg));
	struct net_link link;
	(void)unused;
	((struct ifinfomsg *)mnl_nlmsg_get_payload(m))->ifi_index = 1;
	mnl_attr_put(m, IFLA_IFNAME, 4, "ethX");
	assert_true(net_decode_link(m, &link));
	assert_string_equal(link.name, "ethX");
	mnl_attr_put(m, IFLA_IFNAME, 20, "abcdefghijklmnopqrst");
	assert_true(net_decode_link(m, &link));
	assert_string_equal(link.name, "abcdefghijklmno");
	mnl_attr_put(m, IFLA_IFNAME, 0, "");
	assert_false(net_decode_link(m, &link));
}

static struct nlmsghdr *address_message(uint8_t family, uint8_t prefix) {
	struct nlmsghdr *m = message(RTM_NEWADDR, sizeof(struct ifaddrmsg));
	struct ifaddrmsg *header = mnl_nlmsg_get_payload(m);
	header->ifa_family = family;
	header->ifa_prefixlen = prefix;
	header->ifa_index = 2;
	header->ifa_flags = IFA_F_PERMANENT;
	header->ifa_scope = RT_SCOPE_LINK;
	return m;
}

static void an_address(void **unused) {
	struct nlmsghdr *m = address_message(AF_INET, 24);
	struct net_address a;
	(void)unused;
	mnl_attr_put(m, IFA_ADDRESS, 4, "\n\0\0\2");
	assert_true(net_decode_address(m, &a)); /* without LOCAL, as in LX zones */
	assert_true(ip_equal(&a.ip, &(struct config_ip){ AF_INET, 24, { 10, 0, 0, 2 } }));
	mnl_attr_put(m, IFA_LOCAL, 4, "\n\0\0\2");
	mnl_attr_put_strz(m, IFA_LABEL, "eth0:1");
	mnl_attr_put_u32(m, IFA_FLAGS, IFA_F_NOPREFIXROUTE);
	mnl_attr_put_u32(m, IFA_RT_PRIORITY, 9);
	mnl_attr_put_u8(m, IFA_PROTO, NET_PROTOCOL);
	assert_true(net_decode_address(m, &a));
	assert_int_equal(a.index, 2);
	assert_int_equal(a.ip.prefix, 24);
	assert_int_equal(a.peer.family, 0);
	assert_int_equal(a.flags, IFA_F_NOPREFIXROUTE);
	assert_int_equal(a.scope, RT_SCOPE_LINK);
	assert_int_equal(a.metric, 9);
	assert_int_equal(a.protocol, NET_PROTOCOL);
	assert_string_equal(a.label, "eth0:1");
}

static void an_address_with_a_peer(void **unused) {
	struct nlmsghdr *m = address_message(AF_INET, 32);
	struct net_address a;
	struct config_ip ours = given_ip("10.0.0.2"), peer = given_ip("10.0.0.3");
	(void)unused;
	mnl_attr_put(m, IFA_ADDRESS, 4, "\n\0\0\3");
	mnl_attr_put(m, IFA_LOCAL, 4, "\n\0\0\2");
	assert_true(net_decode_address(m, &a));
	assert_true(ip_equal(&a.ip, &ours));
	assert_true(ip_equal(&a.peer, &peer));
}

static void hostile_addresses(void **unused) {
	struct net_address a;
	struct nlmsghdr *m = address_message(AF_INET, 33);
	(void)unused;
	mnl_attr_put(m, IFA_ADDRESS, 4, "\n\0\0\2");
	assert_false(net_decode_address(m, &a));
	m = address_message(AF_INET6, 129);
	assert_false(net_decode_address(m, &a));
	m = address_message(AF_UNIX, 0);
	assert_false(net_decode_address(m, &a));
	m = address_message(AF_INET6, 64);
	mnl_attr_put(m, IFA_ADDRESS, 4, "\n\0\0\2");
	assert_false(net_decode_address(m, &a));
	m = address_message(AF_INET, 24);
	assert_false(net_decode_address(m, &a));
	m->nlmsg_type = RTM_DELADDR;
	assert_false(net_decode_address(m, &a));
}

/* What we encode is what the kernel would say of it. */
static void a_route(void **unused) {
	static const char *const gateways[] = { "10.0.0.1", "fe80::1" };
	(void)unused;
	for (unsigned n = 0; n < 2; n++) {
		struct net_op op = { .kind = NET_ROUTE_REPLACE, .index = 2 };
		struct net_route r;
		op.route = given_route(2, "10.5.0.0/16", gateways[n], 7);
		op.route.src = given_ip("10.0.0.2");
		op.route.table = 1000;
		op.route.mtu = 1300;
		op.route.onlink = true;
		(void)net_encode(&op, 1, buffer);
		assert_true(net_decode_route((struct nlmsghdr *)buffer, &r, hops));
		assert_memory_equal(&r, &op.route, sizeof r);
	}
}

/* Nor does a route over several hops lose anything. */
static void a_route_over_several(void **unused) {
	struct net_hop given[2] = {
		{ .via = given_ip("10.0.0.1"), .index = 2, .weight = 2 },
		{ .via = given_ip("fe80::1"), .index = 3, .weight = 256 },
	};
	struct net_op op = { .kind = NET_ROUTE_REPLACE };
	struct nlmsghdr *m = (struct nlmsghdr *)buffer;
	struct net_route r;
	(void)unused;
	op.route = given_route(0, "10.5.0.0/16", NULL, 0);
	op.route.hops = given;
	op.route.hops_count = 2;
	(void)net_encode(&op, 1, buffer);
	assert_true(net_decode_route(m, &r, hops));
	assert_false(r.other);
	assert_int_equal(r.hops_count, 2);
	for (unsigned n = 0; n < 2; n++) {
		assert_true(ip_equal(&r.hops[n].via, &given[n].via));
		assert_int_equal(r.hops[n].index, given[n].index);
		assert_int_equal(r.hops[n].weight, given[n].weight);
	}
	/* More than there is room for: nothing that could be wanted. */
	m = message(RTM_NEWROUTE, sizeof(struct rtmsg));
	((struct rtmsg *)mnl_nlmsg_get_payload(m))->rtm_family = AF_INET;
	struct rtnexthop many[CONFIG_HOPS + 1];
	for (unsigned n = 0; n <= CONFIG_HOPS; n++)
		many[n] = (struct rtnexthop){ .rtnh_len = sizeof *many };
	mnl_attr_put(m, RTA_MULTIPATH, sizeof many, many);
	assert_true(net_decode_route(m, &r, hops));
	assert_true(r.other);
	assert_int_equal(r.hops_count, CONFIG_HOPS);
}

/* Of the kinds that have something: what was encoded. */
static void kinds_of_links(void **unused) {
	static const struct config_interface tunnel = { .kind = CONFIG_VXLAN };
	static const struct config_interface tagged = { .kind = CONFIG_VLAN };
	struct net_link wanted = { .index = 7,
				   .name = "x",
				   .kind = "vxlan",
				   .id = 42,
				   .port = 4789,
				   .parent = 2,
				   .mtu = 1450,
				   .tx_queue = 9,
				   .create = &tunnel,
				   .mac = { 2, 0, 0, 0, 0, 9 } };
	struct net_op op = { .kind = NET_LINK_CREATE, .index = 7, .create = &wanted };
	struct net_link link;
	(void)unused;
	for (unsigned v6 = 0; v6 < 2; v6++) {
		wanted.local = given_ip(v6 ? "fd00::1" : "10.0.0.2");
		(void)net_encode(&op, 1, buffer);
		assert_true(net_decode_link((struct nlmsghdr *)buffer, &link));
		assert_int_equal(link.id, 42);
		assert_int_equal(link.port, 4789);
		assert_int_equal(link.parent, 2);
		assert_int_equal(link.tx_queue, 9);
		assert_true(ip_equal(&link.local, &wanted.local));
	}
	wanted = (struct net_link){
		.name = "x", .kind = "vlan", .id = 5, .parent = 2, .create = &tagged
	};
	op.parent = "eth0";
	(void)net_encode(&op, 1, buffer);
	assert_true(net_decode_link((struct nlmsghdr *)buffer, &link));
	assert_int_equal(link.id, 5);
	assert_int_equal(link.parent, 2);
	op = (struct net_op){ .kind = NET_LINK_MASTER, .index = 7, .number = 4 };
	mnl_attr_put_strz((struct nlmsghdr *)buffer, IFLA_IFNAME, "x");
	(void)net_encode(&op, 1, buffer);
	mnl_attr_put_strz((struct nlmsghdr *)buffer, IFLA_IFNAME, "x");
	assert_true(net_decode_link((struct nlmsghdr *)buffer, &link));
	assert_int_equal(link.master, 4);
}

/* An array, shorter or longer than ours; of IPv6 as well, which is nothing to us. */
static void settings_of_a_link(void **unused) {
	uint32_t numbers[NET_CONF + 5];
	struct net_link link;
	(void)unused;
	for (uint32_t n = 0; n < NET_CONF + 5; n++)
		numbers[n] = n + 1;
	for (size_t count = 3; count <= NET_CONF + 5; count += NET_CONF + 2) {
		struct nlmsghdr *m = link_message();
		struct nlattr *families = mnl_attr_nest_start(m, IFLA_AF_SPEC);
		struct nlattr *v4 = mnl_attr_nest_start(m, AF_INET);
		mnl_attr_put(m, IFLA_INET_CONF, count * sizeof *numbers, numbers);
		mnl_attr_nest_end(m, v4);
		mnl_attr_put(m, AF_INET6, 4, "abc");
		mnl_attr_nest_end(m, families);
		assert_true(net_decode_link(m, &link));
		assert_int_equal(link.conf[2], 3);
		assert_int_equal(link.conf[NET_CONF - 1], count < NET_CONF ? 0 : NET_CONF);
		assert_string_equal(link.name, "eth0");
	}
}

static void a_neighbour(void **unused) {
	struct net_op op = { .kind = NET_NEIGHBOUR_REPLACE, .index = 2 };
	struct nlmsghdr *m = (struct nlmsghdr *)buffer;
	struct net_neighbour n;
	(void)unused;
	for (unsigned tunnel = 0; tunnel < 2; tunnel++) {
		op.neighbour = (struct net_neighbour){ .index = 2,
						       .ip = given_ip("fd00::9"),
						       .mac = { 2, 0, 0, 0, 0, 9 },
						       .forwarding = tunnel,
						       .lasting = true };
		(void)net_encode(&op, 1, buffer);
		assert_true(net_decode_neighbour(m, &n));
		assert_memory_equal(&n, &op.neighbour, sizeof n);
	}
	m->nlmsg_type = RTM_DELNEIGH;
	assert_false(net_decode_neighbour(m, &n));
	/* Of a bridge's own ports there is no host. */
	m = message(RTM_NEWNEIGH, sizeof(struct ndmsg));
	mnl_attr_put(m, NDA_LLADDR, 6, "\2\0\0\0\0\x9");
	assert_false(net_decode_neighbour(m, &n));
	mnl_attr_put(m, NDA_DST, 5, "12345");
	assert_false(net_decode_neighbour(m, &n));
}

static void a_rule(void **unused) {
	static const char *const rules[] = {
		"interface eth0.rule=not from 10.0.0.0/8 to 10.9.0.0/16 iif eth0 oif lo fwmark "
		"1/15 table 7 priority 9",
		"interface eth0.rule=from fd00::/8 uidrange 5-6 ipproto tcp sport 1-9 dport 80 "
		"table 700 suppress_prefixlength 0 priority 9",
		"interface eth0.rule=blackhole priority 9",
	};
	struct nlmsghdr *m = (struct nlmsghdr *)buffer;
	struct config_rule_key key;
	uint32_t priority;
	uint8_t protocol;
	(void)unused;
	for (unsigned n = 0; n < sizeof rules / sizeof *rules; n++) {
		const struct config *c = given_config(LOADED(rules[n]));
		struct net_op op = { .kind = NET_RULE_ADD,
				     .priority = 9,
				     .rule = &c->interfaces->rules->key };
		(void)net_encode(&op, 1, buffer);
		assert_true(net_decode_rule(m, &key, &priority, &protocol));
		assert_memory_equal(&key, op.rule, sizeof key);
		assert_int_equal(priority, 9);
		assert_int_equal(protocol, NET_PROTOCOL);
	}
	/* With a condition that no rule of ours has. */
	mnl_attr_put_u32(m, FRA_GOTO, 7);
	assert_false(net_decode_rule(m, &key, &priority, &protocol));
	m = message(RTM_NEWRULE, sizeof(struct fib_rule_hdr));
	assert_false(net_decode_rule(m, &key, &priority, &protocol)); /* of no family */
	((struct fib_rule_hdr *)mnl_nlmsg_get_payload(m))->family = AF_INET;
	assert_true(net_decode_rule(m, &key, &priority, &protocol));
	((struct fib_rule_hdr *)mnl_nlmsg_get_payload(m))->dst_len = 33;
	assert_false(net_decode_rule(m, &key, &priority, &protocol));
	m->nlmsg_type = RTM_DELRULE;
	assert_false(net_decode_rule(m, &key, &priority, &protocol));
}

static void other_routes(void **unused) {
	struct net_op op = { .kind = NET_ROUTE_REPLACE, .index = 2 };
	struct nlmsghdr *m = (struct nlmsghdr *)buffer;
	struct rtmsg *header;
	struct net_route r;
	(void)unused;
	op.route = given_route(2, "10.5.0.0/16", NULL, 0);
	(void)net_encode(&op, 1, buffer);
	header = mnl_nlmsg_get_payload(m);
	header->rtm_type = RTN_BLACKHOLE;
	assert_true(net_decode_route(m, &r, hops) && r.type == RTN_BLACKHOLE);
	header->rtm_type = RTN_UNICAST;
	mnl_attr_put(m, RTA_MULTIPATH, 0, "");
	assert_true(net_decode_route(m, &r, hops) && r.other);
	header->rtm_tos = 8;
	assert_false(net_decode_route(m, &r, hops));
	header->rtm_tos = 0;
	header->rtm_flags = RTM_F_CLONED;
	assert_false(net_decode_route(m, &r, hops));
	header->rtm_flags = 0;
	header->rtm_dst_len = 33;
	assert_false(net_decode_route(m, &r, hops));
	m->nlmsg_type = RTM_DELROUTE;
	assert_false(net_decode_route(m, &r, hops));
}

/* Every message, cut at every length, on memory that ends there. */
static void cut_messages(void **unused) {
	struct net_link link;
	struct net_address address;
	struct net_route route;
	struct net_refusal refusal;
	struct net_neighbour neighbour;
	struct config_rule_key key;
	uint32_t priority;
	uint8_t protocol;
	uint32_t whole = link_message()->nlmsg_len;
	(void)unused;
	for (uint32_t length = sizeof(struct nlmsghdr); length <= whole; length++) {
		struct nlmsghdr *cut = malloc(length);
		assert_non_null(cut);
		memcpy(cut, buffer, length);
		cut->nlmsg_len = length;
		(void)net_decode_link(cut, &link);
		cut->nlmsg_type = RTM_NEWADDR;
		(void)net_decode_address(cut, &address);
		cut->nlmsg_type = RTM_NEWROUTE;
		(void)net_decode_route(cut, &route, hops);
		cut->nlmsg_type = RTM_NEWNEIGH;
		(void)net_decode_neighbour(cut, &neighbour);
		cut->nlmsg_type = RTM_NEWRULE;
		(void)net_decode_rule(cut, &key, &priority, &protocol);
		for (unsigned flags = 0; flags < 4; flags++) {
			cut->nlmsg_flags = (uint16_t)((flags & 1 ? NLM_F_ACK_TLVS : 0) |
						      (flags & 2 ? NLM_F_CAPPED : 0));
			cut->nlmsg_type = NLMSG_ERROR;
			(void)net_decode_refusal(cut, &refusal);
			cut->nlmsg_type = NLMSG_DONE;
			(void)net_decode_refusal(cut, &refusal);
		}
		free(cut);
	}
	assert_true(net_decode_link(link_message(), &link));
}

/* An attribute that is longer than what is left ends the message. */
static void overlong_attribute(void **unused) {
	struct nlmsghdr *m = message(RTM_NEWLINK, sizeof(struct ifinfomsg));
	struct net_link link;
	(void)unused;
	((struct ifinfomsg *)mnl_nlmsg_get_payload(m))->ifi_index = 1;
	mnl_attr_put_strz(m, IFLA_IFNAME, "eth0");
	struct nlattr *last = mnl_nlmsg_get_payload_tail(m);
	mnl_attr_put_u32(m, IFLA_MTU, 1400);
	last->nla_len = 60000;
	assert_true(net_decode_link(m, &link));
	assert_int_equal(link.mtu, 0);
}

static void datagrams(void **unused) {
	static const uint32_t nonsense[] = { 0, 15, 33, 0x7fffffff, 0x80000000, UINT_MAX };
	struct nlmsghdr *m = message(RTM_NEWLINK, sizeof(struct ifinfomsg));
	const char *at = buffer;
	size_t left = 2 * m->nlmsg_len;
	(void)unused;
	memcpy(buffer + m->nlmsg_len, buffer, m->nlmsg_len);
	assert_ptr_equal(net_next_message(&at, &left), buffer);
	assert_ptr_equal(net_next_message(&at, &left), buffer + m->nlmsg_len);
	assert_null(net_next_message(&at, &left));
	for (unsigned n = 0; n < sizeof nonsense / sizeof *nonsense; n++) {
		at = buffer;
		left = 32;
		m->nlmsg_len = nonsense[n];
		assert_null(net_next_message(&at, &left));
	}
}

static struct nlmsghdr *error_message(int number, uint16_t flags, uint32_t echoed) {
	struct nlmsghdr *m = message(NLMSG_ERROR, sizeof(struct nlmsgerr));
	struct nlmsgerr *error = mnl_nlmsg_get_payload(m);
	m->nlmsg_flags = flags;
	error->error = number;
	error->msg.nlmsg_len = echoed;
	return m;
}

static void refusals(void **unused) {
	struct net_refusal r;
	struct nlmsghdr *m = error_message(0, 0, 0);
	(void)unused;
	assert_false(net_decode_refusal(m, &r));
	assert_true(net_decode_refusal(error_message(-EPERM, 0, 0), &r));
	assert_int_equal(r.number, EPERM);
	assert_string_equal(r.sentence, "");
	/* LX zones have the other sign. */
	assert_true(net_decode_refusal(error_message(EPERM, 0, 0), &r));
	assert_int_equal(r.number, EPERM);
	assert_true(net_decode_refusal(error_message(INT_MIN, 0, 0), &r));
	assert_int_equal(r.number, EPROTO);
}

/* The sentence is behind the echoed message, if that is not capped. */
static void sentences(void **unused) {
	struct net_refusal r;
	struct nlmsghdr *m =
		error_message(-EINVAL, NLM_F_ACK_TLVS | NLM_F_CAPPED, sizeof(struct nlmsghdr));
	(void)unused;
	mnl_attr_put_strz(m, NLMSGERR_ATTR_MSG, "mtu greater than device maximum");
	assert_true(net_decode_refusal(m, &r));
	assert_string_equal(r.sentence, "mtu greater than device maximum");

	m = error_message(-EINVAL, NLM_F_ACK_TLVS, sizeof(struct nlmsghdr) + 12);
	(void)mnl_nlmsg_put_extra_header(m, 12);
	mnl_attr_put_strz(m, NLMSGERR_ATTR_MSG, "Nexthop has invalid gateway");
	assert_true(net_decode_refusal(m, &r));
	assert_string_equal(r.sentence, "Nexthop has invalid gateway");
	/* An echo that is longer than the answer, or shorter than a message. */
	((struct nlmsgerr *)mnl_nlmsg_get_payload(m))->msg.nlmsg_len = UINT_MAX;
	assert_true(net_decode_refusal(m, &r));
	assert_string_equal(r.sentence, "");
	((struct nlmsgerr *)mnl_nlmsg_get_payload(m))->msg.nlmsg_len = 3;
	assert_true(net_decode_refusal(m, &r));
	assert_string_equal(r.sentence, "");
}

static void ends_of_dumps(void **unused) {
	struct net_refusal r;
	struct nlmsghdr *m = message(NLMSG_DONE, 0);
	(void)unused;
	assert_false(net_decode_refusal(m, &r)); /* LX zones send nothing */
	m = message(NLMSG_DONE, sizeof(int));
	assert_false(net_decode_refusal(m, &r));
	*(int *)mnl_nlmsg_get_payload(m) = -ENOENT;
	m->nlmsg_flags = NLM_F_ACK_TLVS;
	mnl_attr_put_strz(m, NLMSGERR_ATTR_MSG, "ipv4: FIB table does not exist");
	assert_true(net_decode_refusal(m, &r));
	assert_int_equal(r.number, ENOENT);
	assert_string_equal(r.sentence, "ipv4: FIB table does not exist");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link),
		cmocka_unit_test(unended_texts),
		cmocka_unit_test(an_address),
		cmocka_unit_test(an_address_with_a_peer),
		cmocka_unit_test(hostile_addresses),
		cmocka_unit_test(a_route),
		cmocka_unit_test(a_route_over_several),
		cmocka_unit_test(kinds_of_links),
		cmocka_unit_test(settings_of_a_link),
		cmocka_unit_test(a_neighbour),
		cmocka_unit_test(a_rule),
		cmocka_unit_test(other_routes),
		cmocka_unit_test(cut_messages),
		cmocka_unit_test(overlong_attribute),
		cmocka_unit_test(datagrams),
		cmocka_unit_test(refusals),
		cmocka_unit_test(sentences),
		cmocka_unit_test(ends_of_dumps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
