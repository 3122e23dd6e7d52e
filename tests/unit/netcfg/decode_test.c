/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel says, and what it never would: messages are made with libmnl, then cut. */
#include <errno.h>
#include <limits.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
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
		assert_true(net_decode_route((struct nlmsghdr *)buffer, &r));
		assert_memory_equal(&r, &op.route, sizeof r);
	}
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
	assert_true(net_decode_route(m, &r) && r.other);
	header->rtm_type = RTN_UNICAST;
	mnl_attr_put(m, RTA_MULTIPATH, 0, "");
	assert_true(net_decode_route(m, &r) && r.other);
	header->rtm_tos = 8;
	assert_false(net_decode_route(m, &r));
	header->rtm_tos = 0;
	header->rtm_flags = RTM_F_CLONED;
	assert_false(net_decode_route(m, &r));
	header->rtm_flags = 0;
	header->rtm_dst_len = 33;
	assert_false(net_decode_route(m, &r));
	m->nlmsg_type = RTM_DELROUTE;
	assert_false(net_decode_route(m, &r));
}

/* Every message, cut at every length, on memory that ends there. */
static void cut_messages(void **unused) {
	struct net_link link;
	struct net_address address;
	struct net_route route;
	struct net_refusal refusal;
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
		(void)net_decode_route(cut, &route);
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
