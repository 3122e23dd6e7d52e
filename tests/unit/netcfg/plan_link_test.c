/* SPDX-License-Identifier: Apache-2.0 */
/* Links that are made, found, renamed and set; and what goes with them. */
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netcfg/neighbour.h"
#include "netcfg/rule.h"
#include "netcfg/wanted.h"
#include "tests/unit/netcfg/given.h"

#include <cmocka.h>

enum { ETH0 = 2, ETH1 = 3, MAX_SETTINGS = 10 };

/* lo and two Ethernets with addresses: 10.0.0.2/24 and 10.1.0.2/24. */
static struct net_state *docker(void) {
	struct net_state *state = given_kernel();
	given_link(state, "eth0", IFF_UP, 1500);
	given_link(state, "eth1", IFF_UP, 1500);
	(void)given_address(state, ETH0, "10.0.0.2/24");
	(void)given_address(state, ETH1, "10.1.0.2/24");
	memcpy(state->links[1].mac, "\2\0\0\0\0\2", 6);
	memcpy(state->links[2].mac, "\2\0\0\0\0\3", 6);
	state->links[1].tx_queue = state->links[2].tx_queue = 1000;
	return state;
}

static const char *planned(const char *const settings[], struct net_state *state) {
	const struct config *c = given_config(settings);
	given_wanted(state, c);
	return given_plan(c, state);
}

struct expectation {
	const char *settings[MAX_SETTINGS];
	const char *plan;
};

static void expect(const struct expectation *cases, size_t count) {
	for (size_t n = 0; n < count; n++)
		assert_string_equal(planned(cases[n].settings, docker()), cases[n].plan);
}

#define EXPECT(cases) expect(cases, sizeof(cases) / sizeof *(cases))

static void created(void **unused) {
	static const struct expectation cases[] = {
		{ { "interface b.kind=bridge" },
		  "link add name b type bridge\nlink set dev b up\n" },
		{ { "interface d.kind=dummy", "interface d.up=no", "interface d.mtu=1400",
		    "interface d.mac=02:00:00:00:00:09", "interface d.tx-queue=7" },
		  "link add name d address 02:00:00:00:00:09 mtu 1400 txqueuelen 7 type dummy\n" },
		{ { "interface v.kind=veth", "interface v.up=no" }, "link add name v type veth\n" },
		/* The other end is there for its section, whichever comes first. */
		{ { "interface w.address=10.9.0.3/24", "interface v.kind=veth",
		    "interface v.peer=w" },
		  "link add name v type veth peer name w\n"
		  "address replace 10.9.0.3/24 dev w broadcast +\n"
		  "link set dev w up\n"
		  "link set dev v up\n" },
		{ { "interface v.kind=veth", "interface v.peer=w", "interface w.kind=veth",
		    "interface w.peer=v" },
		  "link add name v type veth peer name w\n"
		  "link set dev v up\n"
		  "link set dev w up\n" },
		{ { "interface e5.kind=vlan", "interface e5.parent=eth0",
		    "interface e5.vlan-id=5" },
		  "link add link eth0 name e5 type vlan id 5\nlink set dev e5 up\n" },
		{ { "interface m.kind=macvlan", "interface m.parent=eth0" },
		  "link add link eth0 name m type macvlan mode bridge\nlink set dev m up\n" },
		{ { "interface i.kind=ipvlan", "interface i.parent=eth0" },
		  "link add link eth0 name i type ipvlan mode l2\nlink set dev i up\n" },
		/* A port of what is made as well; parents before what is above them. */
		{ { "interface m.kind=macvlan", "interface m.parent=v", "interface m.master=b",
		    "interface v.kind=veth", "interface b.kind=bridge" },
		  "link add name v type veth\n"
		  "link add name b type bridge\n"
		  "link add link v name m type macvlan mode bridge\n"
		  "link set dev v up\n"
		  "link set dev b up\n"
		  "link set dev m master b\n"
		  "link set dev m up\n" },
	};
	(void)unused;
	EXPECT(cases);
}

static void tunnels(void **unused) {
	static const struct expectation cases[] = {
		/* Of the address its MAC, of the link below its MTU. */
		{ { "interface x.kind=vxlan", "interface x.vni=42", "interface x.local=10.0.0.2",
		    "interface x.address=10.13.19.2/24",
		    "interface x.peer=10.13.19.3 02:42:0a:0d:13:03 10.0.0.3" },
		  "link add name x address 02:42:0a:0d:13:02 mtu 1450 type vxlan id 42 local "
		  "10.0.0.2 dstport 4789 nolearning\n"
		  "address replace 10.13.19.2/24 dev x broadcast +\n"
		  "# bridge fdb replace 02:42:0a:0d:13:03 dev x dst 10.0.0.3 self permanent\n"
		  "neighbour replace 10.13.19.3 lladdr 02:42:0a:0d:13:03 dev x nud permanent\n"
		  "link set dev x up\n" },
		/* The host itself may be in the lists. */
		{ { "interface x.kind=vxlan", "interface x.vni=7", "interface x.port=8472",
		    "interface x.parent=eth0", "interface x.mac=02:00:00:00:00:09",
		    "interface x.local=10.0.0.2", "interface x.flood=10.0.0.2 10.0.0.3 10.0.0.4",
		    "interface x.peer=10.9.0.2 02:00:00:00:00:09 10.0.0.2",
		    "interface x.mtu=1400" },
		  "link add name x address 02:00:00:00:00:09 mtu 1400 type vxlan id 7 local "
		  "10.0.0.2 dev eth0 dstport 8472 learning\n"
		  "# bridge fdb append 00:00:00:00:00:00 dev x dst 10.0.0.3 self permanent\n"
		  "# bridge fdb append 00:00:00:00:00:00 dev x dst 10.0.0.4 self permanent\n"
		  "link set dev x up\n" },
		/* Over an address and an MTU that are to come. */
		{ { "interface eth1.address=fd00::2/64", "interface eth1.mtu=1400",
		    "interface x.kind=vxlan", "interface x.vni=7", "interface x.local=fd00::2",
		    "interface x.neighbour=fd01::9 02:00:00:00:00:09" },
		  "link add name x mtu 1330 type vxlan id 7 local fd00::2 dstport 4789 "
		  "nolearning\n"
		  "link set dev eth1 mtu 1400\n"
		  "address replace fd00::2/64 dev eth1 nodad\n"
		  "neighbour replace fd01::9 lladdr 02:00:00:00:00:09 dev x nud permanent\n"
		  "link set dev x up\n" },
		{ { "interface x.kind=vxlan", "interface x.vni=7", "interface x.up=no" },
		  "link add name x type vxlan id 7 dstport 4789 nolearning\n" },
	};
	(void)unused;
	EXPECT(cases);
}

static void settings(void **unused) {
	static const struct expectation cases[] = {
		{ { "interface eth0.mac=02:00:00:00:00:07", "interface eth0.mtu=1400",
		    "interface eth0.tx-queue=500" },
		  "link set dev eth0 address 02:00:00:00:00:07\n"
		  "link set dev eth0 mtu 1400\n"
		  "link set dev eth0 txqueuelen 500\n" },
		{ { "interface eth0.mac=02:00:00:00:00:02", "interface eth0.tx-queue=1000" }, "" },
		{ { "interface eth0.master=eth1" }, "link set dev eth0 master eth1\n" },
		{ { "interface eth0.sysctl.ipv4.rp_filter=2", "interface eth0.sysctl.ipv4.tag=0",
		    "interface eth0.sysctl.ipv4.arp_evict_nocarrier=1" },
		  "# sysctl -w net.ipv4.conf.eth0.rp_filter=2\n"
		  "# sysctl -w net.ipv4.conf.eth0.arp_evict_nocarrier=1\n" },
		/* Not of this machine's eth0: there is none of that name in /proc/sys. */
		{ { "interface v.kind=veth", "interface v.sysctl.ipv6.accept_ra=0",
		    "interface v.sysctl.ipv4.neigh.app_solicit=1",
		    "interface v.sysctl.ipv4.forwarding=0" },
		  "link add name v type veth\n"
		  "# sysctl -w net.ipv4.conf.v.forwarding=0\n"
		  "# sysctl -w net.ipv6.conf.v.accept_ra=0\n"
		  "# sysctl -w net.ipv4.neigh.v.app_solicit=1\n"
		  "link set dev v up\n" },
	};
	struct net_state *state = docker();
	(void)unused;
	EXPECT(cases);
	state->links[1].conf[7] = 2; /* IPV4_DEVCONF_RP_FILTER is 8 */
	assert_string_equal(planned(LOADED("interface eth0.sysctl.ipv4.rp_filter=2"), state), "");
	state->links[1].master = ETH1;
	assert_string_equal(planned(LOADED("interface eth0.master=eth1"), state), "");
}

static void found(void **unused) {
	static const struct expectation cases[] = {
		{ { "interface lan.match=subnet:10.1.0.0/16", "interface lan.mtu=1400" },
		  "link set dev eth1 mtu 1400\n" },
		{ { "interface lan.match=mac:02:00:00:00:00:03", "interface lan.mtu=1400" },
		  "link set dev eth1 mtu 1400\n" },
		{ { "interface lan.match=name:eth1", "interface lan.mtu=1400",
		    "interface lan.route=10.7.0.0/16" },
		  "link set dev eth1 mtu 1400\n"
		  "route replace 10.7.0.0/16 dev eth1\n" },
		/* All else is about the new name. */
		{ { "interface lan.match=subnet:10.1.0.0/16", "interface lan.rename=lan0",
		    "interface lan.mtu=1400", "interface m.kind=macvlan", "interface m.parent=lan0",
		    "interface lan.gateway=10.1.0.1" },
		  "link set dev eth1 name lan0\n"
		  "link add link lan0 name m type macvlan mode bridge\n"
		  "link set dev lan0 mtu 1400\n"
		  "link set dev m up\n"
		  "route replace default via 10.1.0.1 dev lan0\n" },
		{ { "interface lan.match=name:eth1", "interface lan.rename=eth1" }, "" },
		/* It has its name already. */
		{ { "interface lan.match=name:old", "interface lan.rename=eth1",
		    "interface lan.mtu=1400" },
		  "link set dev eth1 mtu 1400\n" },
		/* Names that change places. */
		{ { "interface a.match=subnet:10.0.0.0/16", "interface a.rename=eth1",
		    "interface b.match=mac:02:00:00:00:00:03", "interface b.rename=eth0" },
		  "link set dev eth0 name pintle-2\n"
		  "link set dev eth1 name pintle-3\n"
		  "link set dev pintle-2 name eth1\n"
		  "link set dev pintle-3 name eth0\n" },
	};
	(void)unused;
	EXPECT(cases);
}

/* Linux before 6.2: down, and then up again with all that is wanted. */
static void renamed_dead(void **unused) {
	struct net_state *state = docker();
	(void)unused;
	state->renames_live = false;
	assert_string_equal(
		planned(LOADED("interface eth0.rename=lan0", "interface eth0.address=10.0.0.2/24",
			       "interface eth0.gateway=10.0.0.1"),
			state),
		"link set dev eth0 down\n"
		"link set dev eth0 name lan0\n"
		"address replace 10.0.0.2/24 dev lan0 broadcast +\n"
		"link set dev lan0 up\n"
		"route replace default via 10.0.0.1 dev lan0\n");
}

static void of_rules(void **unused) {
	static const struct expectation cases[] = {
		/* In the order of the file, right before the main table. */
		{ { "interface eth0.rule=from 10.0.0.2 table 100",
		    "interface eth0.rule=to 10.7.0.0/16 iif eth1 oif eth0 prohibit priority 9",
		    "interface eth1.rule=not from fd00::/8 fwmark 5 table 700 "
		    "suppress_prefixlength 0" },
		  "rule add from 10.0.0.2 priority 32764 table 100\n"
		  "rule add from all to 10.7.0.0/16 iif eth1 oif eth0 priority 9 prohibit\n"
		  "# ip -6 rule add not from fd00::/8 fwmark 5/4294967295 priority 32765 table 700 "
		  "suppress_prefixlength 0\n" },
		{ { "interface eth0.rule=uidrange 5-6 ipproto tcp sport 1-9 dport 80 blackhole" },
		  "rule add from all uidrange 5-6 ipproto 6 sport 1-9 dport 80 priority 32765 "
		  "blackhole\n" },
	};
	static const char *const one[] = { "interface eth0.rule=from 10.0.0.2 table 100", NULL };
	static const char *const other[] = {
		"interface eth0.rule=from 10.0.0.2 table 100 priority 7", NULL
	};
	struct net_state *state = docker();
	(void)unused;
	EXPECT(cases);
	const struct config *c = given_config(one);
	given_wanted(state, c);
	net_meet_rule(state, &c->interfaces->rules->key, 5, 0);
	assert_string_equal(given_plan(c, state), "");
	/* Ours of before goes, somebody else's stays. */
	c = given_config(other);
	given_wanted(state, c);
	net_meet_rule(state, &c->interfaces->rules->key, 5, 0);
	assert_string_equal(given_plan(c, state), "rule add from 10.0.0.2 priority 7 table 100\n");
	net_meet_rule(state, &c->interfaces->rules->key, 6, NET_PROTOCOL);
	assert_string_equal(given_plan(c, state), "rule add from 10.0.0.2 priority 7 table 100\n"
						  "rule del from 10.0.0.2 priority 6 table 100\n");
}

static void of_routes(void **unused) {
	static const struct expectation cases[] = {
		{ { "interface eth0.route=blackhole 10.7.0.0/16",
		    "interface eth0.route=unreachable fd07::/16 metric 5 table 7",
		    "interface eth0.route=prohibit default table 9" },
		  "route replace blackhole 10.7.0.0/16\n"
		  "route replace unreachable fd07::/16 metric 5 table 7\n"
		  "route replace prohibit default table 9\n" },
		/* The hop behind another interface's network is reached through that. Last of
		 * all: they may need the other routes. */
		{ { "interface eth0.route=10.7.0.0/16 metric 3 nexthop via 10.0.0.1 weight 2 "
		    "nexthop via 10.1.0.1 nexthop via 10.2.0.1",
		    "interface eth0.gateway=10.0.0.1" },
		  "route replace default via 10.0.0.1 dev eth0\n"
		  "route replace 10.7.0.0/16 metric 3 nexthop via 10.0.0.1 dev eth0 weight 2 "
		  "nexthop via 10.1.0.1 dev eth1 weight 1 nexthop via 10.2.0.1 dev eth0 weight "
		  "1\n" },
	};
	(void)unused;
	EXPECT(cases);
}

static void several_hops(void **unused) {
	struct net_hop hops[2] = {
		{ .via = given_ip("10.1.0.1"), .index = ETH1, .weight = 1 },
		{ .via = given_ip("10.0.0.1"), .index = ETH0, .weight = 2 },
	};
	struct net_route is = given_route(0, "10.7.0.0/16", NULL, 0);
	const struct config *c = given_config(
		LOADED("interface eth0.route=10.7.0.0/16 nexthop via 10.0.0.1 weight 2 nexthop "
		       "via 10.1.0.1"));
	struct net_state *state = docker();
	(void)unused;
	is.hops = hops;
	is.hops_count = 2;
	given_wanted(state, c);
	net_meet_route(state, &is);
	assert_string_equal(given_plan(c, state), "");
	hops[1].weight = 3;
	given_wanted(state, c);
	net_meet_route(state, &is);
	assert_int_not_equal(strlen(given_plan(c, state)), 0);
	assert_int_equal(state->found[0].route.hops[1].weight, 3); /* kept, to be set again */
	assert_ptr_not_equal(state->found[0].route.hops, hops);
	is.type = RTN_BLACKHOLE;
	is.hops_count = 0;
	given_wanted(state, c);
	net_meet_route(state, &is);
	assert_int_not_equal(strlen(given_plan(c, state)), 0);
}

static void meet(struct net_state *state, const char *ip, const char *mac, bool forwarding) {
	struct net_neighbour is = {
		.index = 4, .ip = given_ip(ip), .forwarding = forwarding, .lasting = true
	};
	memcpy(is.mac, mac, sizeof is.mac);
	net_meet_neighbour(state, &is);
}

/* Of a service: who is there, who has moved, who has gone. */
static void of_members(void **unused) {
	const struct config *c = given_config(
		LOADED("discovery.registry=file", "interface x.kind=vxlan", "interface x.vni=1",
		       "interface x.local=10.0.0.2", "interface x.address=10.9.0.2/24",
		       "interface x.peers=service:n", "interface x.flood=10.0.0.3"));
	struct net_state *state = docker();
	struct config_members *m = c->watches->members;
	(void)unused;
	given_link(state, "x", IFF_UP, 1450);
	strcpy(state->links[3].kind, "vxlan");
	state->links[3].id = 1;
	state->links[3].port = 4789;
	state->links[3].local = given_ip("10.0.0.2");
	given_address(state, 4, "10.9.0.2/24");
	for (unsigned known = 0; known < 2; known++) {
		m->known = known;
		m->count = known ? 4 : 0;
		for (uint8_t i = 0; i < m->count; i++)
			m->items[i] = (struct config_neighbour){
				.ip = given_ip("10.9.0.2"),
				.vtep = given_ip("10.0.0.2"),
				.mac.bytes = { 2, 0, 0, 0, 0, i },
			};
		m->items[1].ip = given_ip("10.9.0.3");
		m->items[1].vtep = given_ip("10.0.0.3");
		m->items[2].ip = given_ip("10.9.0.4"); /* of another family */
		m->items[2].vtep = given_ip("fd00::4");
		m->items[3] = m->items[1]; /* at another place as well: the first one counts */
		m->items[3].vtep = given_ip("10.0.0.9");
		given_wanted(state, c);
		meet(state, "10.0.0.3", "\0\0\0\0\0\0", true);
		meet(state, "10.0.0.8", "\0\0\0\0\0\0", true);
		meet(state, "10.0.0.8", "\2\0\0\0\0\1", true);
		meet(state, "10.0.0.7", "\2\0\0\0\0\7", true);
		meet(state, "10.9.0.7", "\2\0\0\0\0\7", false);
		meet(state, "10.9.0.7", "\2\0\0\0\0\7", false);
		assert_string_equal(
			given_plan(c, state),
			known ? "# bridge fdb replace 02:00:00:00:00:01 dev x dst 10.0.0.3 self "
				"permanent\n"
				"neighbour replace 10.9.0.3 lladdr 02:00:00:00:00:01 dev x nud "
				"permanent\n"
				"# bridge fdb del 02:00:00:00:00:07 dev x dst 10.0.0.7 self "
				"permanent\n"
				"neighbour del 10.9.0.7 lladdr 02:00:00:00:00:07 dev x nud "
				"permanent\n"
			      : "");
	}
}

static void of_neighbours(void **unused) {
	const struct config *c = given_config(LOADED(
		"interface eth0.neighbour=10.0.0.9 02:00:00:00:00:09", "interface x.kind=vxlan",
		"interface x.vni=1", "interface x.local=10.0.0.2", "interface x.flood=10.0.0.3",
		"interface x.peer=10.9.0.3 02:00:00:00:00:03 10.0.0.3"));
	struct net_state *state = docker();
	struct net_neighbour is = { .index = ETH0, .ip = given_ip("10.0.0.9"), .lasting = true };
	(void)unused;
	given_link(state, "x", IFF_UP, 1450);
	strcpy(state->links[3].kind, "vxlan");
	state->links[3].id = 1;
	state->links[3].port = 4789;
	state->links[3].local = given_ip("10.0.0.2");
	given_wanted(state, c);
	assert_int_equal(state->neighbours_count, 4);
	memcpy(is.mac, "\2\0\0\0\0\x8", 6);
	net_meet_neighbour(state, &is);
	assert_false(state->neighbours[0].present);
	assert_int_equal(state->neighbours[0].before.mac[5], 8);
	is.mac[5] = 9;
	is.lasting = false;
	net_meet_neighbour(state, &is);
	assert_false(state->neighbours[0].present);
	is.lasting = true;
	net_meet_neighbour(state, &is);
	assert_true(state->neighbours[0].present);
	/* In the tunnel: by MAC, and whoever is not known by the host. */
	is = (struct net_neighbour){
		.index = 4, .ip = given_ip("10.0.0.3"), .forwarding = true, .lasting = true
	};
	net_meet_neighbour(state, &is);
	assert_true(state->neighbours[1].present);
	assert_false(state->neighbours[2].present);
	is.mac[0] = 2;
	is.mac[5] = 3;
	is.ip = given_ip("10.0.0.7");
	net_meet_neighbour(state, &is);
	assert_int_equal(state->neighbours[2].before.ip.bytes[3], 7);
	is.ip = given_ip("10.0.0.3");
	net_meet_neighbour(state, &is);
	assert_true(state->neighbours[2].present);
	assert_string_equal(given_plan(c, state),
			    "neighbour replace 10.9.0.3 lladdr 02:00:00:00:00:03 dev x nud "
			    "permanent\n");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(created),      cmocka_unit_test(tunnels),
		cmocka_unit_test(settings),     cmocka_unit_test(found),
		cmocka_unit_test(renamed_dead), cmocka_unit_test(of_rules),
		cmocka_unit_test(of_routes),    cmocka_unit_test(several_hops),
		cmocka_unit_test(of_members),   cmocka_unit_test(of_neighbours),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
