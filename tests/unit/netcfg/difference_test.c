/* SPDX-License-Identifier: Apache-2.0 */
/* What verifying says: what is, what is wanted, who wants it, and what would allow the change. */
#include <linux/if.h>
#include <linux/if_addr.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "netcfg/difference.h"
#include "netcfg/wanted.h"
#include "tests/unit/netcfg/given.h"

#include <cmocka.h>

enum { ETH0 = 2 };

static struct net_plan plan;
static struct error error;

static struct net_state *with_eth0(void) {
	struct net_state *state = given_kernel();
	given_link(state, "eth0", IFF_UP, 1500);
	return state;
}

/* The report on a kernel whose one route, if any, is other. */
static const char *report(const char *const settings[], struct net_state *state,
			  const struct net_route *other) {
	const struct net_mode mode = { CONFIG_MODE_VERIFY, false, "a test says so" };
	const struct config *c = given_config(settings);
	error = (struct error){ 0 };
	plan.sent = 0;
	given_wanted(state, c);
	if (other)
		net_meet_route(state, other);
	assert_int_equal(net_plan(&plan, c, state, &error), 0);
	assert_int_equal(net_report_differences(&plan, c, state, &mode, &error), -1);
	return error.text;
}

static void has(const char *text, const char *words) {
	if (!strstr(text, words))
		fail_msg("'%s' is not in '%s'", words, text);
}

static void links(void **unused) {
	static const char *const up[] = { "interface eth0.mtu=1400", NULL };
	static const char *const down[] = { "interface eth0.up=no", NULL };
	struct net_state *state = with_eth0();
	(void)unused;
	has(report(up, state, NULL), "verified since a test says so");
	has(error.text, "eth0: mtu is 1500, wanted 1400 (-o interface eth0.mtu)");
	has(report(down, state, NULL), "eth0: is up, wanted down (-o interface eth0.up)");
	state->links[1].flags = 0;
	has(report(up, state, NULL), "eth0: is down, wanted up");
}

static void addresses(void **unused) {
	static const char *const settings[] = { "interface eth0.address=10.0.0.2/24", NULL };
	static const char *const labelled[] = { "interface eth0.address=10.0.0.2/24 label eth0:1",
						NULL };
	struct net_state *state = with_eth0();
	(void)unused;
	has(report(settings, state, NULL), "eth0: address 10.0.0.2/24 is missing, it has none");
	(void)given_address(state, ETH0, "10.0.0.7/24");
	(void)given_address(state, ETH0, "10.0.0.8/24");
	has(report(settings, state, NULL), "is missing, it has 10.0.0.7/24, 10.0.0.8/24");
	(void)given_address(state, ETH0, "10.0.0.2/16");
	has(report(settings, state, NULL), "eth0: address 10.0.0.2/16 has other settings");
	state = with_eth0();
	(void)given_address(state, ETH0, "10.0.0.2/24");
	has(report(labelled, state, NULL), "eth0: address 10.0.0.2/24 has other settings");
}

static void detected_duplicates(void **unused) {
	static const char *const settings[] = { "interface eth0.address=fd00::2/64", NULL };
	struct net_state *state = with_eth0();
	struct net_address *a = given_address(state, ETH0, "fd00::2/64");
	(void)unused;
	a->flags = IFA_F_TENTATIVE;
	has(report(settings, state, NULL), "eth0: address fd00::2/64 is tentative");
	a->flags = IFA_F_TENTATIVE | IFA_F_DADFAILED;
	has(report(settings, state, NULL), "fd00::2/64 is used by another host as well");
}

static void routes(void **unused) {
	static const char *const settings[] = { "interface eth0.gateway=10.0.0.1", NULL };
	struct net_route other = given_route(ETH0, "0.0.0.0/0", "10.0.0.9", 0);
	(void)unused;
	has(report(settings, with_eth0(), NULL),
	    "route default via 10.0.0.1 dev eth0 is missing (-o interface eth0.gateway)");
	has(report(settings, with_eth0(), &other),
	    "route is default via 10.0.0.9 dev eth0, wanted default via 10.0.0.1 dev eth0");
	other.other = true;
	has(report(settings, with_eth0(), &other), "route is of another kind, wanted default");
	other = given_route(ETH0, "0.0.0.0/0", "10.0.0.1", 7);
	other.protocol = NET_PROTOCOL;
	has(report(settings, with_eth0(), &other),
	    "is to be done: route del default via 10.0.0.1 dev eth0 metric 7");
}

static void advice(void **unused) {
	static const char *const automatic[] = { "interface eth0.address=fd00::2/64", NULL };
	static const char *const applying[] = { "net.mode=apply",
						"interface eth0.address=fd00::2/64", NULL };
	struct net_state *state = with_eth0();
	(void)unused;
	(void)given_address(state, 1, "::1/128");
	has(report(automatic, state, NULL), "to allow the change: '[net] mode = apply'");
	assert_null(strstr(error.text, "--cap-add"));
	state->may_change = false;
	has(report(automatic, state, NULL),
	    "'[net] mode = apply' and docker's --cap-add NET_ADMIN");
	assert_null(strstr(error.text, "--sysctl"));
	has(report(applying, state, NULL), "change: docker's --cap-add NET_ADMIN");
	state->addresses_count = 0;
	has(report(automatic, state, NULL),
	    " and docker's --sysctl net.ipv6.conf.all.disable_ipv6=0");
}

static void not_all_are_named(void **unused) {
	static const char *const settings[] = { "interface eth0.route=10.1.0.0/16",
						"interface eth0.route=10.2.0.0/16",
						"interface eth0.route=10.3.0.0/16",
						"interface eth0.route=10.4.0.0/16",
						"interface eth0.route=10.5.0.0/16",
						"interface eth0.route=10.6.0.0/16",
						"interface eth0.route=10.7.0.0/16",
						"interface eth0.route=10.8.0.0/16",
						NULL };
	(void)unused;
	has(report(settings, with_eth0(), NULL), "10.6.0.0/16");
	has(error.text, "and 2 more");
	has(error.text, "to allow the change");
	assert_int_equal(net_differences(&plan), 8);
}

/* lo is nobody's wish, and what only a deletion would take along is so. */
static void not_counted(void **unused) {
	static const char *const settings[] = { "interface eth0.address=10.0.0.2/16",
						"interface eth0.address=10.0.0.3/24", NULL };
	struct net_state *state = with_eth0();
	(void)unused;
	state->links[0].flags = 0;
	(void)given_address(state, ETH0, "10.0.0.2/24");
	(void)given_address(state, ETH0, "10.0.0.3/24");
	(void)report(settings, state, NULL);
	assert_null(strstr(error.text, "lo:"));
	assert_null(strstr(error.text, "10.0.0.3/24 is missing"));
	assert_int_equal(plan.count, 4);
	assert_int_equal(net_differences(&plan), 2);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links),
		cmocka_unit_test(addresses),
		cmocka_unit_test(detected_duplicates),
		cmocka_unit_test(routes),
		cmocka_unit_test(advice),
		cmocka_unit_test(not_all_are_named),
		cmocka_unit_test(not_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
