/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "init/forward.h"
#include "init/loop.h"

#include <cmocka.h>

static struct config_pair pairs[] = {
	{ .head.next = &pairs[1], .key = "HUP", .value = "USR1" },
	{ .head.next = &pairs[2], .key = "WINCH", .value = "ignore" },
	{ .head.next = &pairs[3], .key = "TSTP", .value = "SIGUSR2" },
	{ .key = "34", .value = "RTMIN+3" },
};
static const struct config config = { .signals = pairs };

static int from_inside(int signal) {
	return forward_signal(&(struct signals_event){ .signal = signal, .inside = true }, true);
}

static int from_outside(int signal) {
	return forward_signal(&(struct signals_event){ .signal = signal }, false);
}

static int from_terminal(int signal) {
	return forward_signal(&(struct signals_event){ .signal = signal, .terminal = true }, true);
}

static void signals_are_rewritten(void **state) {
	(void)state;
	assert_int_equal(from_inside(SIGHUP), SIGUSR1);
	assert_int_equal(from_inside(SIGWINCH), 0);
	assert_int_equal(from_inside(SIGTSTP), SIGUSR2);
	assert_int_equal(from_inside(34), 37);
	assert_int_equal(from_inside(SIGUSR1), SIGUSR1);
	assert_int_equal(from_inside(64), 64);
}

static void what_a_terminal_stops_goes_no_further(void **state) {
	(void)state;
	assert_int_equal(from_inside(SIGTTIN), 0);
	assert_int_equal(from_terminal(SIGTTOU), 0);
	assert_int_equal(from_outside(SIGTTOU), SIGTTOU);
	assert_int_equal(from_outside(SIGCHLD), 0);
	assert_int_equal(from_terminal(SIGQUIT), SIGQUIT);
}

static void only_outside_explains_an_end(void **state) {
	int64_t now = loop_now();

	(void)state;
	(void)from_outside(SIGCONT);
	(void)from_inside(SIGTERM);
	(void)from_terminal(SIGHUP);
	assert_int_equal(forward_explains(143, now), 0);
	(void)from_outside(SIGHUP); /* rewritten: it was told USR1 */
	assert_int_equal(forward_explains(1, now), SIGUSR1);
	assert_int_equal(forward_explains(1, now + 60000), 0);
	assert_int_equal(forward_explains(128 + SIGUSR1, now + 60000), SIGUSR1);
	(void)from_terminal(SIGQUIT);
	assert_int_equal(forward_explains(0, now + 600000), SIGQUIT);
}

static int set_up(void **state) {
	(void)state;
	forward_init(&config);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_outside_explains_an_end),
		cmocka_unit_test(signals_are_rewritten),
		cmocka_unit_test(what_a_terminal_stops_goes_no_further),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
