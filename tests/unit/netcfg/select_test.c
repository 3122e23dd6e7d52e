/* SPDX-License-Identifier: Apache-2.0 */
/* Which link an interface is, and why it can't be had. */
#include <linux/if.h>
#include <linux/if_addr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netcfg/check.h"
#include "netcfg/select.h"
#include "tests/unit/netcfg/given.h"

#include <cmocka.h>

enum { ETH0 = 2, MAX_SETTINGS = 6 };

static struct net_state *docker(void) {
	struct net_state *state = given_kernel();
	given_link(state, "eth0", IFF_UP, 1500);
	given_link(state, "eth1", IFF_UP, 1500);
	(void)given_address(state, ETH0, "10.0.0.2/24");
	memcpy(state->links[1].mac, "\2\0\0\0\0\2", 6);
	return state;
}

/* What is wrong with it, and whether it may come. */
static const struct {
	const char *settings[MAX_SETTINGS];
	int result;
	const char *text;
} reasons[] = {
	{ { "interface lan.match=subnet:10.9.0.0/16" },
	  NET_MISSING,
	  "interface lan (-o interface lan.match) is not present: nothing matches 10.9.0.0/16; "
	  "present: lo, eth0, eth1" },
	{ { "interface lan.match=mac:02:00:00:00:00:09" },
	  NET_MISSING,
	  "nothing matches 02:00:00:00:00:09" },
	{ { "interface lan.match=name:eth9" }, NET_MISSING, "nothing matches eth9" },
	{ { "interface m.kind=macvlan", "interface m.parent=eth9" },
	  NET_MISSING,
	  "has eth9 as its parent, which is not present" },
	{ { "interface eth0.master=br0" },
	  NET_MISSING,
	  "has br0 as its master, which is not present" },
	{ { "interface eth0.rule=iif eth9 table 7" },
	  NET_MISSING,
	  "has a rule about eth9, which is not present" },
	{ { "interface eth0.rule=oif eth9 table 7" }, NET_MISSING, "has a rule about eth9" },
	{ { "interface x.kind=vxlan", "interface x.vni=1", "interface x.local=10.0.0.9" },
	  NET_MISSING,
	  "is to send from 10.0.0.9, which is no address of this host" },
	{ { "interface x.kind=vxlan", "interface x.vni=1", "interface x.local=10.0.0.2",
	    "interface x.mtu=1451" },
	  -1,
	  "has an MTU of 1451, and only 1450 fit" },
	{ { "interface eth0.kind=bridge" },
	  -1,
	  "interface eth0 (-o interface eth0.kind) is there already, and is no bridge but a "
	  "device" },
	{ { "interface eth0.up=no", "interface eth0.route=10.9.0.0/16" }, -1, "has 'up = no'" },
	{ { "interface a.match=name:eth0", "interface b.match=subnet:10.0.0.0/8" },
	  -1,
	  "interface b (-o interface b.match) is eth0, and so is [interface a]" },
	{ { "interface eth0.rename=eth1" }, -1, "can't be called eth1: there is another one" },
	{ { "interface v.kind=veth", "interface v.peer=eth1" },
	  -1,
	  "is to have eth1 as its other end, which is there already" },
	/* What can't be had at all counts more. */
	{ { "interface eth9.up=yes", "interface eth0.rename=eth1" }, -1, "eth9" },
};

static void why_not(void **unused) {
	(void)unused;
	for (size_t n = 0; n < sizeof reasons / sizeof *reasons; n++) {
		const struct config *c = given_config(reasons[n].settings);
		struct net_state *state = docker();
		struct error e = { 0 };
		given_wanted(state, c);
		assert_int_equal(net_check(c, state, &e), reasons[n].result);
		if (!strstr(e.text, reasons[n].text))
			fail_msg("'%s' is not in '%s'", reasons[n].text, e.text);
	}
}

static struct net_link *add(struct net_state *state, const char *name, const char *kind) {
	struct net_link *link;
	given_link(state, name, 0, 1450);
	link = &state->links[state->links_count - 1];
	(void)snprintf(link->kind, sizeof link->kind, "%s", kind);
	return link;
}

/* What is there already is as it was made: nobody can change that. */
static void made_otherwise(void **unused) {
	static const char *const vxlan[] = { "interface x.kind=vxlan", "interface x.vni=42",
					     "interface x.local=10.0.0.2",
					     "interface x.parent=eth0", NULL };
	static const char *const vlan[] = { "interface x.kind=vlan", "interface x.vlan-id=5",
					    "interface x.parent=eth0", NULL };
	static const char *const texts[] = {
		"is no vxlan but gre",       "with the number 41 and not 42",
		"on port 8472 and not 4789", "another local address",
		"above another interface",   ""
	};
	struct net_link *link;
	struct error e;
	(void)unused;
	for (size_t n = 0; n < sizeof texts / sizeof *texts; n++) {
		struct net_state *state = docker();
		const struct config *c = given_config(vxlan);
		link = add(state, "x", n == 0 ? "gre" : "vxlan");
		link->id = n == 1 ? 41 : 42;
		link->port = n == 2 ? 8472 : 4789;
		link->local = given_ip(n == 3 ? "10.0.0.3" : "10.0.0.2");
		link->parent = n == 4 ? 1 : ETH0;
		given_wanted(state, c);
		e = (struct error){ 0 };
		assert_int_equal(net_check(c, state, &e), *texts[n] ? -1 : 0);
		assert_non_null(strstr(e.text, texts[n]));
	}
	struct net_state *state = docker();
	link = add(state, "x", "vlan");
	link->id = 6;
	link->parent = ETH0;
	e = (struct error){ 0 };
	assert_int_equal(net_check(given_config(vlan), state, &e), -1);
	assert_non_null(strstr(e.text, "with the number 6 and not 5"));
}

static void indices_that_nobody_has(void **unused) {
	const struct config *c = given_config(
		LOADED("interface a.kind=bridge", "interface v.kind=veth", "interface v.peer=w"));
	struct net_state *state = docker();
	(void)unused;
	add(state, "old", "bridge")->index = NET_FIRST_INDEX + 1;
	given_wanted(state, c);
	assert_int_equal(net_link_named(state, "a")->index, NET_FIRST_INDEX);
	assert_int_equal(net_link_named(state, "v")->index, NET_FIRST_INDEX + 2);
	assert_int_equal(net_link_named(state, "w")->index, NET_FIRST_INDEX + 3);
	assert_int_equal(net_link_named(state, "v")->parent, NET_FIRST_INDEX + 3);
	net_forget_wanted_links(state);
	assert_null(net_link_named(state, "a"));
	assert_non_null(net_link_named(state, "old"));
}

/* A vlan has the MAC of the link below. */
static void the_first_with_a_mac(void **unused) {
	const struct config *c = given_config(LOADED("interface a.match=mac:02:00:00:00:00:02"));
	struct net_state *state = docker();
	(void)unused;
	memcpy(add(state, "eth0.5", "vlan")->mac, "\2\0\0\0\0\2", 6);
	assert_string_equal(net_link_of(state, c->interfaces)->name, "eth0");
}

static void settled(void **unused) {
	const struct config *c = given_config(LOADED("interface eth0.address=fd00::2/64 dad"));
	struct net_state *state = docker();
	struct net_address *a = given_address(state, ETH0, "fd00::2/64");
	struct error e = { 0 };
	(void)unused;
	assert_int_equal(net_check_settled(c, state, &e), 0);
	a->flags = IFA_F_TENTATIVE;
	assert_int_equal(net_check_settled(c, state, &e), NET_MISSING);
	assert_non_null(strstr(e.text, "fd00::2/64, which is still tentative"));
	a->flags |= IFA_F_DADFAILED;
	assert_int_equal(net_check_settled(c, state, &e), -1);
	assert_non_null(strstr(e.text, "fd00::2/64, which another host has as well"));
	/* Without a carrier nothing is detected, and that is what is missing. */
	a->flags = IFA_F_TENTATIVE;
	state->links[1].flags = IFF_UP;
	e = (struct error){ 0 };
	assert_int_equal(net_check_settled(c, state, &e), NET_MISSING);
	assert_string_equal(e.text, "interface eth0 (-o interface eth0.address) has no carrier");
	c = given_config(LOADED("net.wait=0", "interface eth0.address=fd00::2/64 dad"));
	assert_int_equal(net_check_settled(c, state, &e), 0);
	/* A bridge that we make has none before it has ports. */
	c = given_config(LOADED("interface eth0.kind=bridge"));
	assert_int_equal(net_check_settled(c, state, &e), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(why_not),
		cmocka_unit_test(made_otherwise),
		cmocka_unit_test(indices_that_nobody_has),
		cmocka_unit_test(the_first_with_a_mac),
		cmocka_unit_test(settled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
