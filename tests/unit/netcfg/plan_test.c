/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration and kernel in, lines of ip(8) out. */
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "netcfg/wanted.h"
#include "tests/unit/netcfg/given.h"

#include <cmocka.h>

enum { ETH0 = 2, ETH1 = 3, MAX_SETTINGS = 8 };

/* lo up, and two Ethernets that are down and have nothing. */
static struct net_state *fresh(void) {
	struct net_state *state = given_kernel();
	given_link(state, "eth0", 0, 1500);
	given_link(state, "eth1", 0, 1500);
	return state;
}

static struct net_state *all_up(void) {
	struct net_state *state = fresh();
	state->links[1].flags = state->links[2].flags = IFF_UP;
	return state;
}

static void expect(const char *const settings[], const char *plan) {
	const struct config *c = given_config(settings);
	struct net_state *state = fresh();
	given_wanted(state, c);
	assert_string_equal(given_plan(c, state), plan);
}

/* What a kernel without anything needs, one setting after the other. */
static void from_nothing(void **unused) {
	static const struct {
		const char *settings[MAX_SETTINGS];
		const char *plan;
	} cases[] = {
		{ { "interface eth0.up=yes" }, "link set dev eth0 up\n" },
		{ { "interface eth0.up=no" }, "" },
		{ { "interface eth0.mtu=1400" },
		  "link set dev eth0 mtu 1400\n"
		  "link set dev eth0 up\n" },
		{ { "interface eth0.mtu=1500", "interface eth0.up=no" }, "" },
		{ { "interface eth0.address=10.0.0.2/24" },
		  "address replace 10.0.0.2/24 dev eth0 broadcast +\n"
		  "link set dev eth0 up\n" },
		{ { "interface eth0.address=10.0.0.2/31" },
		  "address replace 10.0.0.2/31 dev eth0\n"
		  "link set dev eth0 up\n" },
		{ { "interface eth0.address=10.0.0.2/32 peer 10.0.0.3" },
		  "address replace 10.0.0.2 peer 10.0.0.3/32 dev eth0\n"
		  "link set dev eth0 up\n" },
		{ { "interface eth0.address=10.0.0.2/24 scope link label eth0:1 metric 9" },
		  "address replace 10.0.0.2/24 dev eth0 broadcast + scope 253 label eth0:1 "
		  "metric 9\n"
		  "link set dev eth0 up\n" },
		{ { "interface eth0.address=fd00::2/64" },
		  "address replace fd00::2/64 dev eth0 nodad\n"
		  "link set dev eth0 up\n" },
		{ { "interface eth0.address=fd00::2/64 dad metric 5" },
		  "address replace fd00::2/64 dev eth0 metric 5\n"
		  "link set dev eth0 up\n" },
		{ { "interface lo.address=10.9.9.9/32", "interface lo.address=127.0.0.2/8" },
		  "address replace 10.9.9.9/32 dev lo\n"
		  "address replace 127.0.0.2/8 dev lo\n" },
		{ { "interface eth0.address=10.0.0.2/24", "interface eth0.gateway=10.0.0.1" },
		  "address replace 10.0.0.2/24 dev eth0 broadcast +\n"
		  "link set dev eth0 up\n"
		  "route replace default via 10.0.0.1 dev eth0\n" },
		{ { "interface eth0.gateway=10.0.0.1 metric 5 onlink" },
		  "link set dev eth0 up\n"
		  "route replace default via 10.0.0.1 dev eth0 metric 5 onlink\n" },
		{ { "interface eth0.gateway=fd00::1" },
		  "link set dev eth0 up\n"
		  "route replace default via fd00::1 dev eth0\n" },
		{ { "interface eth0.gateway=fd00::1 metric 1024" },
		  "link set dev eth0 up\n"
		  "route replace default via fd00::1 dev eth0\n" },
		{ { "interface eth0.route=10.5.0.0/16 via 10.0.0.9 src 10.0.0.2 metric 7 table "
		    "1000 "
		    "onlink mtu 1300" },
		  "link set dev eth0 up\n"
		  "route replace 10.5.0.0/16 via 10.0.0.9 dev eth0 src 10.0.0.2 metric 7 "
		  "table 1000 mtu 1300 onlink\n" },
		{ { "interface eth0.route=::/0" },
		  "link set dev eth0 up\n"
		  "route replace ::/0 dev eth0\n" },
		{ { "interface eth0.route=fd01::/32 via fd00::9 table main" },
		  "link set dev eth0 up\n"
		  "route replace fd01::/32 via fd00::9 dev eth0\n" },
		/* On the link first: it may be what makes the gateway reachable. */
		{ { "interface eth0.gateway=192.0.2.1", "interface eth0.route=192.0.2.1/32" },
		  "link set dev eth0 up\n"
		  "route replace 192.0.2.1/32 dev eth0\n"
		  "route replace default via 192.0.2.1 dev eth0\n" },
		{ { "interface eth1.address=10.1.0.2/24", "interface eth0.address=10.0.0.2/24",
		    "interface eth1.gateway=10.1.0.1" },
		  "address replace 10.1.0.2/24 dev eth1 broadcast +\n"
		  "link set dev eth1 up\n"
		  "address replace 10.0.0.2/24 dev eth0 broadcast +\n"
		  "link set dev eth0 up\n"
		  "route replace default via 10.1.0.1 dev eth1\n" },
	};
	(void)unused;
	for (size_t n = 0; n < sizeof cases / sizeof *cases; n++)
		expect(cases[n].settings, cases[n].plan);
}

static void refused(void **unused) {
	static const struct {
		const char *settings[MAX_SETTINGS];
		const char *error;
	} cases[] = {
		{ { "interface eth7.up=yes" },
		  "error: interface eth7 (-o interface eth7.up) is not present; "
		  "present: lo, eth0, eth1" },
		{ { "interface eth0.up=no", "interface eth0.route=10.0.0.0/8" },
		  "error: interface eth0 (-o interface eth0.up) has 'up = no', and its routes "
		  "need it up" },
	};
	(void)unused;
	for (size_t n = 0; n < sizeof cases / sizeof *cases; n++)
		expect(cases[n].settings, cases[n].error);
}

static void loopback_is_brought_up(void **unused) {
	const char *const settings[] = { "interface eth0.up=no", NULL };
	const struct config *c = given_config(settings);
	struct net_state *state = fresh();
	(void)unused;
	state->links[0].flags = 0;
	given_wanted(state, c);
	assert_string_equal(given_plan(c, state), "link set dev lo up\n");
}

static void what_is_so_costs_nothing(void **unused) {
	const char *const settings[] = {
		"interface eth0.mtu=1500",           "interface eth0.address=10.0.0.2/24",
		"interface eth0.address=fd00::2/64", "interface eth0.gateway=10.0.0.1",
		"interface eth0.gateway=fd00::1",    NULL
	};
	const struct config *c = given_config(settings);
	struct net_state *state = all_up();
	struct net_route v4 = given_route(ETH0, "0.0.0.0/0", "10.0.0.1", 0);
	struct net_route v6 = given_route(ETH0, "::/0", "fd00::1", 1024);
	(void)unused;
	(void)given_address(state, ETH0, "10.0.0.2/24");
	(void)given_address(state, ETH0, "fd00::2/64");
	(void)given_address(state, ETH0, "10.0.0.77/24");
	given_wanted(state, c);
	net_meet_route(state, &v4);
	net_meet_route(state, &v6);
	assert_string_equal(given_plan(c, state), "");
}

static void down_when_it_is_to_be(void **unused) {
	const char *const settings[] = { "interface eth0.up=no", NULL };
	const struct config *c = given_config(settings);
	(void)unused;
	assert_string_equal(given_plan(c, all_up()), "link set dev eth0 down\n");
}

/* IPv4 would keep both prefixes, IPv6 the old one. What the deletion may take along is set again:
 * the other address as a secondary, the route whose gateway is out of reach. */
static void another_prefix(void **unused) {
	const char *const settings[] = { "interface eth0.address=10.0.0.2/16",
					 "interface eth0.address=10.0.0.3/24",
					 "interface eth0.gateway=10.0.0.1", NULL };
	const struct config *c = given_config(settings);
	struct net_state *state = all_up();
	struct net_route route = given_route(ETH0, "0.0.0.0/0", "10.0.0.1", 0);
	(void)unused;
	(void)given_address(state, ETH0, "10.0.0.2/24");
	(void)given_address(state, ETH0, "10.0.0.3/24");
	given_wanted(state, c);
	net_meet_route(state, &route);
	assert_string_equal(given_plan(c, state),
			    "address del 10.0.0.2/24 dev eth0\n"
			    "address replace 10.0.0.2/16 dev eth0 broadcast +\n"
			    "address replace 10.0.0.3/24 dev eth0 broadcast +\n"
			    "route replace default via 10.0.0.1 dev eth0\n");
}

static void tentative_address(void **unused) {
	const char *const settings[] = { "interface eth0.address=fd00::2/64", NULL };
	const char *const patient[] = { "interface eth0.address=fd00::2/64 dad", NULL };
	struct net_state *state = all_up();
	(void)unused;
	given_address(state, ETH0, "fd00::2/64")->flags = IFA_F_TENTATIVE;
	assert_string_equal(given_plan(given_config(settings), state),
			    "address del fd00::2/64 dev eth0\n"
			    "address replace fd00::2/64 dev eth0 nodad\n");
	assert_string_equal(given_plan(given_config(patient), state), "");
}

/* The same address on another interface is another one. */
static void on_another_interface(void **unused) {
	const char *const settings[] = { "interface eth0.address=10.0.0.2/24", NULL };
	struct net_state *state = all_up();
	(void)unused;
	(void)given_address(state, ETH1, "10.0.0.2/24");
	assert_string_equal(given_plan(given_config(settings), state),
			    "address replace 10.0.0.2/24 dev eth0 broadcast +\n");
}

static void other_settings_of_an_address(void **unused) {
	const char *const settings[] = { "interface eth0.address=10.0.0.2/24 label eth0:1",
					 "interface eth0.address=10.0.0.3/24 metric 5", NULL };
	struct net_state *state = all_up();
	(void)unused;
	strcpy(given_address(state, ETH0, "10.0.0.2/24")->label, "eth0");
	given_address(state, ETH0, "10.0.0.3/24")->metric = 4;
	assert_string_equal(given_plan(given_config(settings), state),
			    "address del 10.0.0.2/24 dev eth0\n"
			    "address replace 10.0.0.2/24 dev eth0 broadcast + label eth0:1\n"
			    "address replace 10.0.0.3/24 dev eth0 broadcast + metric 5\n");
}

static const char *plan_beside(const char *const settings[], struct net_route route) {
	const struct config *c = given_config(settings);
	struct net_state *state = all_up();
	given_wanted(state, c);
	net_meet_route(state, &route);
	return given_plan(c, state);
}

static void other_routes(void **unused) {
	const char *const settings[] = { "interface eth0.gateway=10.0.0.1 metric 5", NULL };
	const char *replaced = "route replace default via 10.0.0.1 dev eth0 metric 5\n";
	struct net_route other;
	(void)unused;

	other = given_route(ETH0, "0.0.0.0/0", "10.0.0.9", 5);
	assert_string_equal(plan_beside(settings, other), replaced);
	other = given_route(ETH1, "0.0.0.0/0", "10.0.0.1", 5);
	assert_string_equal(plan_beside(settings, other), replaced);
	other = given_route(ETH0, "0.0.0.0/0", "10.0.0.1", 5);
	other.other = true;
	assert_string_equal(plan_beside(settings, other), replaced);
	other.other = false;
	assert_string_equal(plan_beside(settings, other), "");
	other.table = 7;
	assert_string_equal(plan_beside(settings, other), replaced);
	/* Another metric is another route: somebody else's stays, ours from before goes. */
	other = given_route(ETH0, "0.0.0.0/0", "10.0.0.1", 6);
	assert_string_equal(plan_beside(settings, other), replaced);
	other.protocol = NET_PROTOCOL;
	assert_string_equal(plan_beside(settings, other),
			    "route del default via 10.0.0.1 dev eth0 metric 6\n"
			    "route replace default via 10.0.0.1 dev eth0 metric 5\n");
}

/* What was not said may be as it is; what was said must be so. */
static void details_of_routes(void **unused) {
	const char *const plain[] = { "interface eth0.route=10.5.0.0/16 via 10.0.0.1", NULL };
	const char *const exact[] = {
		"interface eth0.route=10.5.0.0/16 via 10.0.0.1 src 10.0.0.2 mtu 1300", NULL
	};
	struct net_route is = given_route(ETH0, "10.5.0.0/16", "10.0.0.1", 0);
	(void)unused;
	assert_int_not_equal(strlen(plan_beside(exact, is)), 0);
	is.src = given_ip("10.0.0.2");
	assert_int_not_equal(strlen(plan_beside(exact, is)), 0);
	is.mtu = 1300;
	assert_string_equal(plan_beside(exact, is), "");
	assert_string_equal(plan_beside(plain, is), "");
}

static void more_than_fits(void **unused) {
	const char *const settings[] = { "interface eth0.up=yes", NULL };
	const struct config *c = given_config(settings);
	struct net_state *state = all_up();
	(void)unused;
	state->cut = true;
	assert_non_null(strstr(given_plan(c, state), "more than"));
}

static void text_that_does_not_fit(void **unused) {
	struct net_op op = { .kind = NET_LINK_UP, .link = "eth0" };
	char text[NET_OP_TEXT];
	(void)unused;
	assert_int_equal(net_op_text(&op, text, sizeof "link set dev eth0 up"), 0);
	assert_int_equal(net_op_text(&op, text, sizeof "link set dev eth0 up" - 1), -1);
	assert_int_equal(net_op_text(&op, text, 1), -1);
	assert_int_equal(net_op_text(&op, text, 0), -1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(from_nothing),
		cmocka_unit_test(refused),
		cmocka_unit_test(loopback_is_brought_up),
		cmocka_unit_test(what_is_so_costs_nothing),
		cmocka_unit_test(down_when_it_is_to_be),
		cmocka_unit_test(another_prefix),
		cmocka_unit_test(tentative_address),
		cmocka_unit_test(on_another_interface),
		cmocka_unit_test(other_settings_of_an_address),
		cmocka_unit_test(other_routes),
		cmocka_unit_test(details_of_routes),
		cmocka_unit_test(more_than_fits),
		cmocka_unit_test(text_that_does_not_fit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
