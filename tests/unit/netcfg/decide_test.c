/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/if.h>
#include <setjmp.h>
#include <stdarg.h>

#include "tests/unit/netcfg/given.h"

#include <cmocka.h>

enum { ETH0 = 2 };

static const struct config automatic = { .net = { .mode = CONFIG_MODE_AUTO } };

static struct net_state *with_eth0(void) {
	struct net_state *state = given_kernel();
	given_link(state, "eth0", IFF_UP, 1500);
	(void)given_address(state, 1, "127.0.0.1/8");
	(void)given_address(state, 1, "::1/128");
	return state;
}

static void said_is_done(void **unused) {
	static const enum config_mode modes[] = { CONFIG_MODE_APPLY, CONFIG_MODE_VERIFY,
						  CONFIG_MODE_LEAVE };
	struct net_state *state = with_eth0();
	(void)unused;
	state->is_host = true;
	for (unsigned n = 0; n < sizeof modes / sizeof *modes; n++) {
		struct config c = { .net = { .mode = modes[n] } };
		assert_int_equal(net_decide(&c, state).mode, modes[n]);
	}
}

static void nobody_was_here(void **unused) {
	struct net_state *state = with_eth0();
	(void)unused;
	assert_int_equal(net_decide(&automatic, state).mode, CONFIG_MODE_APPLY);
	(void)given_address(state, ETH0, "fe80::1/64");
	assert_int_equal(net_decide(&automatic, state).mode, CONFIG_MODE_APPLY);
	state->may_change = false;
	assert_int_equal(net_decide(&automatic, state).mode, CONFIG_MODE_VERIFY);
	assert_string_equal(net_decide(&automatic, state).reason, "there is no CAP_NET_ADMIN");
}

static void somebody_was(void **unused) {
	(void)unused;
	for (unsigned n = 0; n < 2; n++) {
		struct net_state *state = with_eth0();
		(void)given_address(state, ETH0, n ? "fd00::2/64" : "172.17.0.2/16");
		assert_int_equal(net_decide(&automatic, state).mode, CONFIG_MODE_VERIFY);
	}
}

static void the_hosts_is_left_alone(void **unused) {
	struct net_state *state = with_eth0();
	(void)unused;
	state->is_host = true;
	assert_int_equal(net_decide(&automatic, state).mode, CONFIG_MODE_LEAVE);
	assert_string_equal(net_decide(&automatic, state).reason, "this is the host's network");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(said_is_done),
		cmocka_unit_test(nobody_was_here),
		cmocka_unit_test(somebody_was),
		cmocka_unit_test(the_hosts_is_left_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
