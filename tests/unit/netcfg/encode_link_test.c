/* SPDX-License-Identifier: Apache-2.0 */
/* Links, neighbours, rules and routes over several hops, byte for byte, as a little-endian kernel
 * reads them. */
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netcfg/encode.h"
#include "netcfg/neighbour.h"
#include "netcfg/sysctl.h"
#include "netcfg/wanted.h"
#include "tests/unit/netcfg/given.h"

#include <cmocka.h>

enum { SEQ = 7, ETH0 = 2, MAX_SETTINGS = 8 };

static struct net_plan plan;

/* The operation of the plan for these settings, beside an eth0. */
static const struct net_op *planned(const char *const settings[], unsigned number) {
	const struct config *c = given_config(settings);
	struct net_state *state = given_kernel();
	struct error e = { 0 };
	given_link(state, "eth0", 1, 1500);
	(void)given_address(state, ETH0, "10.0.0.2/24");
	given_wanted(state, c);
	plan.sent = 0;
	if (net_plan(&plan, c, state, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(number < plan.count);
	return &plan.ops[number];
}

static void expect(const struct net_op *op, const char *hex) {
	_Alignas(struct nlmsghdr) unsigned char message[NET_MESSAGE];
	char text[2 * NET_MESSAGE + 1], wanted[2 * NET_MESSAGE + 1];
	size_t length = 0, size;
	memset(message, 0xa5, sizeof message);
	size = net_encode(op, SEQ, message);
	for (size_t n = 0; n < size; n++)
		(void)snprintf(text + 2 * n, 3, "%02x", message[n]);
	for (; *hex; hex++)
		if (*hex != ' ')
			wanted[length++] = *hex;
	wanted[length] = '\0';
	assert_string_equal(text, wanted);
}

/* nlmsghdr: length, type, flags, seq, pid; ifinfomsg: family, type, index, flags, change; IFNAME 3,
 * ADDRESS 1, MTU 4, LINK 5, TXQLEN 13, LINKINFO 18 {KIND 1, DATA 2}. 1000000 is 0xf4240. */
static void links_are_made(void **unused) {
	(void)unused;
	expect(planned(LOADED("interface b.kind=bridge"), 0),
	       "3c000000 1000 0106 07000000 00000000  0000 0000 40420f00 00000000 00000000"
	       "0600 0300 62000000  1400 1280 0a00 0100 6272696467650000  0400 0280");
	expect(planned(LOADED("interface d.kind=dummy", "interface d.mac=02:00:00:00:00:09",
			      "interface d.mtu=1400", "interface d.tx-queue=7"),
		       0),
	       "58000000 1000 0106 07000000 00000000  0000 0000 40420f00 00000000 00000000"
	       "0600 0300 64000000  0a00 0100 020000000009 0000  0800 0400 78050000"
	       "0800 0d00 07000000  1400 1280 0900 0100 64756d6d79000000  0400 0280");
	/* The other end: VETH_INFO_PEER 1 {ifinfomsg, IFNAME}. */
	expect(planned(LOADED("interface v.kind=veth", "interface v.peer=w"), 0),
	       "54000000 1000 0106 07000000 00000000  0000 0000 40420f00 00000000 00000000"
	       "0600 0300 76000000  2c00 1280 0800 0100 76657468  2000 0280 1c00 0180"
	       "0000 0000 41420f00 00000000 00000000  0600 0300 77000000");
}

/* VLAN_ID 1, MACVLAN_MODE 1 (bridge: 4), IPVLAN_MODE 1 (layer 2: 0). */
static void links_above_others(void **unused) {
	(void)unused;
	expect(planned(LOADED("interface e5.kind=vlan", "interface e5.parent=eth0",
			      "interface e5.vlan-id=5"),
		       0),
	       "48000000 1000 0106 07000000 00000000  0000 0000 40420f00 00000000 00000000"
	       "0700 0300 65350000  0800 0500 02000000"
	       "1800 1280 0800 0100 766c616e  0c00 0280 0600 0100 05000000");
	expect(planned(LOADED("interface m.kind=macvlan", "interface m.parent=eth0"), 0),
	       "4c000000 1000 0106 07000000 00000000  0000 0000 40420f00 00000000 00000000"
	       "0600 0300 6d000000  0800 0500 02000000"
	       "1c00 1280 0b00 0100 6d6163766c616e00  0c00 0280 0800 0100 04000000");
	expect(planned(LOADED("interface m.kind=ipvlan", "interface m.parent=eth0"), 0),
	       "4c000000 1000 0106 07000000 00000000  0000 0000 40420f00 00000000 00000000"
	       "0600 0300 6d000000  0800 0500 02000000"
	       "1c00 1280 0a00 0100 6970766c616e0000  0c00 0280 0600 0100 00000000");
}

/* VXLAN: ID 1, LINK 3, LOCAL 4, LEARNING 7, PORT 15 in network order. In the forwarding table,
 * family 7 with the states PERMANENT and NOARP and the flag SELF: DST 1, LLADDR 2; PROTOCOL 12. */
static void tunnels(void **unused) {
	static const char *const flooding[] = {
		"interface x.kind=vxlan", "interface x.vni=42", "interface x.flood=10.0.0.3",
		"interface x.peer=10.9.0.3 02:00:00:00:00:03 10.0.0.3", NULL
	};
	(void)unused;
	expect(planned(LOADED("interface x.kind=vxlan", "interface x.vni=42",
			      "interface x.local=10.0.0.2", "interface x.parent=eth0"),
		       0),
	       "6c000000 1000 0106 07000000 00000000  0000 0000 40420f00 00000000 00000000"
	       "0600 0300 78000000  0800 0400 aa050000"
	       "3c00 1280 0900 0100 76786c616e000000  2c00 0280 0800 0100 2a000000"
	       "0800 0300 02000000  0800 0400 0a000002  0500 0700 00000000  0600 0f00 12b50000");
	expect(planned(flooding, 0),
	       "54000000 1000 0106 07000000 00000000  0000 0000 40420f00 00000000 00000000"
	       "0600 0300 78000000"
	       "2c00 1280 0900 0100 76786c616e000000  1c00 0280 0800 0100 2a000000"
	       "0500 0700 01000000  0600 0f00 12b50000");
	expect(planned(flooding, 1),
	       "30000000 1c00 010c 07000000 00000000  07000000 40420f00 c000 02 00"
	       "0800 0100 0a000003  0a00 0200 000000000000 0000");
	expect(planned(flooding, 2),
	       "30000000 1c00 0105 07000000 00000000  07000000 40420f00 c000 02 00"
	       "0800 0100 0a000003  0a00 0200 020000000003 0000");
	expect(planned(flooding, 3),
	       "38000000 1c00 0105 07000000 00000000  02000000 40420f00 8000 00 00"
	       "0800 0100 0a090003  0a00 0200 020000000003 0000  0500 0c00 c8000000");
}

/* MASTER 10; AF_SPEC 26 {AF_INET 2 {INET_CONF 1 {rp_filter 8}}}. */
static void links_are_set(void **unused) {
	(void)unused;
	expect(planned(LOADED("interface eth0.rename=lan0"), 0),
	       "2c000000 1000 0100 07000000 00000000  0000 0000 02000000 00000000 00000000"
	       "0900 0300 6c616e3000000000");
	expect(planned(LOADED("interface eth0.mac=02:00:00:00:00:09"), 0),
	       "2c000000 1000 0100 07000000 00000000  0000 0000 02000000 00000000 00000000"
	       "0a00 0100 020000000009 0000");
	expect(planned(LOADED("interface eth0.tx-queue=7"), 0),
	       "28000000 1000 0100 07000000 00000000  0000 0000 02000000 00000000 00000000"
	       "0800 0d00 07000000");
	expect(planned(LOADED("interface eth0.master=lo"), 0),
	       "28000000 1000 0100 07000000 00000000  0000 0000 02000000 00000000 00000000"
	       "0800 0a00 01000000");
	expect(planned(LOADED("interface eth0.sysctl.ipv4.rp_filter=2"), 0),
	       "34000000 1000 0100 07000000 00000000  0000 0000 02000000 00000000 00000000"
	       "1400 1a80 1000 0280 0c00 0180 0800 0800 02000000");
}

/* ndtmsg: family; NAME 1, PARMS 6 {IFINDEX 1, APP_PROBES 9}. ndmsg: family, index, state, flags. */
static void of_neighbours(void **unused) {
	(void)unused;
	expect(planned(LOADED("interface eth0.sysctl.ipv6.neigh.app_solicit=3"), 0),
	       "38000000 4300 0100 07000000 00000000  0a000000"
	       "1000 0100 6e646973635f636163686500"
	       "1400 0680 0800 0100 02000000  0800 0900 03000000");
	expect(planned(LOADED("interface eth0.neighbour=fd00::9 02:00:00:00:00:09"), 0),
	       "44000000 1c00 0105 07000000 00000000  0a000000 02000000 8000 00 00"
	       "1400 0100 fd000000 00000000 00000000 00000009"
	       "0a00 0200 020000000009 0000  0500 0c00 c8000000");
}

/* fib_rule_hdr: family, dst, src, tos, table, 0, 0, action, flags (INVERT 2); DST 1, SRC 2, IIFNAME
 * 3, PRIORITY 6, FWMARK 10, SUPPRESS_PREFIXLEN 14, TABLE 15, FWMASK 16, OIFNAME 17, UID_RANGE 20,
 * PROTOCOL 21, IP_PROTO 22, SPORT_RANGE 23, DPORT_RANGE 24. */
static void rules(void **unused) {
	(void)unused;
	expect(planned(LOADED("interface eth0.rule=not from 10.0.0.0/8 to 10.9.0.0/16 iif eth0 oif "
			      "lo fwmark 1/15 table 7 priority 9"),
		       0),
	       "60000000 2000 0106 07000000 00000000  02 10 08 00 07 00 00 01 02000000"
	       "0800 0100 0a090000  0800 0200 0a000000  0900 0300 6574683000000000"
	       "0700 1100 6c6f0000  0800 0a00 01000000  0800 1000 0f000000  0800 0600 09000000"
	       "0500 1500 c8000000");
	expect(planned(LOADED("interface eth0.rule=from fd00::/8 uidrange 5-6 ipproto tcp sport "
			      "1-9 dport 80 table 700 suppress_prefixlength 0"),
		       0),
	       "74000000 2000 0106 07000000 00000000  0a 00 08 00 fc 00 00 01 00000000"
	       "1400 0200 fd000000 00000000 00000000 00000000"
	       "0c00 1400 05000000 06000000  0500 1600 06000000  0800 1700 0100 0900"
	       "0800 1800 5000 5000  0800 0600 fd7f0000  0800 0f00 bc020000  0800 0e00 00000000"
	       "0500 1500 c8000000");
	expect(planned(LOADED("interface eth0.rule=prohibit"), 0),
	       "2c000000 2000 0106 07000000 00000000  02 00 00 00 00 00 00 08 00000000"
	       "0800 0600 fd7f0000  0500 1500 c8000000");
}

/* RTN_BLACKHOLE is 6; MULTIPATH 9 {rtnexthop: length, flags, weight less 1, index; GATEWAY 5}. */
static void routes(void **unused) {
	struct net_op deletion;
	(void)unused;
	expect(planned(LOADED("interface eth0.route=blackhole 10.9.0.0/16"), 0),
	       "24000000 1800 0105 07000000 00000000  02 10 00 00 fe c8 00 06 00000000"
	       "0800 0100 0a090000");
	expect(planned(LOADED("interface eth0.route=10.9.0.0/16 nexthop via 10.0.0.1 weight 2 "
			      "nexthop via 10.0.0.9"),
		       0),
	       "48000000 1800 0105 07000000 00000000  02 10 00 00 fe c8 00 01 00000000"
	       "0800 0100 0a090000"
	       "2400 0980 1000 00 01 02000000 0800 0500 0a000001"
	       "1000 00 00 02000000 0800 0500 0a000009");
	assert_true(net_inverse(&plan.ops[0], &deletion));
	expect(&deletion, "24000000 1900 0100 07000000 00000000  02 10 00 00 fe 00 ff 00 00000000"
			  "0800 0100 0a090000");
}

/* The biggest route there can be. */
static void it_fits(void **unused) {
	_Alignas(struct nlmsghdr) unsigned char message[2 * NET_MESSAGE];
	struct net_hop hops[CONFIG_HOPS];
	struct net_op op = { .kind = NET_ROUTE_REPLACE };
	char text[NET_OP_TEXT];
	(void)unused;
	for (unsigned n = 0; n < CONFIG_HOPS; n++)
		hops[n] = (struct net_hop){
			.via = given_ip("2001:1db8:2222:3333:4444:5555:6666:7777"),
			.index = NET_FIRST_INDEX,
			.weight = 256,
			.link = "a23456789012345",
		};
	op.route = given_route(0, "2001:1db8:2222:3333:4444:5555:6666:7777", NULL, UINT32_MAX);
	op.route.src = hops[0].via;
	op.route.table = op.route.mtu = UINT32_MAX;
	op.route.hops = hops;
	op.route.hops_count = CONFIG_HOPS;
	assert_in_range(net_encode(&op, SEQ, message), 1, NET_MESSAGE);
	assert_int_equal(net_op_text(&op, text, sizeof text), 0);
}

static const struct net_op *inverse_of(const struct net_op *op) {
	static struct net_op inverse;
	assert_true(net_inverse(op, &inverse));
	return &inverse;
}

static void inverses(void **unused) {
	static struct net_sysctl sysctl = { .before = "1" };
	struct net_op op = { .kind = NET_LINK_CREATE }, inverse;
	(void)unused;
	assert_int_equal(inverse_of(&op)->kind, NET_LINK_DELETE);
	op = (struct net_op){ .kind = NET_LINK_NAME, .new_name = "b", .old_name = "a" };
	assert_string_equal(inverse_of(&op)->new_name, "a");
	op = (struct net_op){ .kind = NET_LINK_MAC, .mac_before = { 2 } };
	assert_int_equal(inverse_of(&op)->mac[0], 2);
	op = (struct net_op){ .kind = NET_LINK_CONF, .number = 2, .before = 1 };
	assert_int_equal(inverse_of(&op)->number, 1);
	op = (struct net_op){ .kind = NET_NEIGHBOUR_REPLACE };
	assert_int_equal(inverse_of(&op)->kind, NET_NEIGHBOUR_DELETE);
	op.neighbour_before = (struct net_neighbour){ .index = ETH0, .mac = { 4 } };
	assert_int_equal(inverse_of(&op)->kind, NET_NEIGHBOUR_REPLACE);
	assert_int_equal(inverse_of(&op)->neighbour.mac[0], 4);
	op = (struct net_op){ .kind = NET_RULE_ADD };
	assert_int_equal(inverse_of(&op)->kind, NET_RULE_DELETE);
	op = (struct net_op){ .kind = NET_SYSCTL, .sysctl = &sysctl };
	assert_true(inverse_of(&op)->back);
	sysctl.before[0] = '\0'; /* not known */
	assert_false(net_inverse(&op, &inverse));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links_are_made), cmocka_unit_test(links_above_others),
		cmocka_unit_test(tunnels),        cmocka_unit_test(links_are_set),
		cmocka_unit_test(of_neighbours),  cmocka_unit_test(rules),
		cmocka_unit_test(routes),         cmocka_unit_test(it_fits),
		cmocka_unit_test(inverses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
