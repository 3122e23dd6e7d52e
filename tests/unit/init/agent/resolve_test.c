/* SPDX-License-Identifier: Apache-2.0 */
/* Names that /etc/hosts has, so that no name server is asked. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/agent/resolve.h"

#include <cmocka.h>

enum { PATIENCE = 20, PORT = 8500 };

static const char *failure;
static unsigned answers;

static void done(struct resolve *r, const char *why) {
	(void)r;
	failure = why;
	answers++;
	loop_stop();
}

static struct resolve resolve = { .done = done };

static int set_up(void **state) {
	(void)state;
	alarm(PATIENCE);
	resolve_init();
	answers = 0;
	return loop_init();
}

/* A helper that outlives its test would become a zombie of the next one. */
static int tear_down(void **state) {
	(void)state;
	(void)waitpid(-1, NULL, 0);
	return signal(SIGCHLD, SIG_DFL) == SIG_ERR;
}

static void a_name_has_its_addresses(void **state) {
	(void)state;
	assert_int_equal(resolve_start(&resolve, "localhost", PORT), 0);
	assert_int_equal(answers, 0);
	loop_run();
	assert_int_equal(answers, 1);
	assert_null(failure);
	assert_in_range(resolve.count, 1, RESOLVE_MAX);
	for (unsigned i = 0; i < resolve.count; i++) {
		const struct endpoint_address *a = &resolve.addresses[i];

		assert_int_equal(
			ntohs(a->any.sa_family == AF_INET ? a->in.sin_port : a->in6.sin6_port),
			PORT);
	}
	assert_false(resolve.busy);
}

/* One label of more than 63 bytes (RFC 1035, 2.3.4) is asked of nobody. */
static void what_is_no_name_fails(void **state) {
	char name[80];

	(void)state;
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(resolve_start(&resolve, name, PORT), 0);
	loop_run();
	assert_int_equal(answers, 1);
	assert_non_null(failure);
}

static void over(struct loop_timer *t) {
	(void)t;
	loop_stop();
}

static void cancelled_it_says_nothing(void **state) {
	struct loop_timer end = { .fire = over };

	(void)state;
	assert_int_equal(resolve_start(&resolve, "localhost", PORT), 0);
	resolve_cancel(&resolve);
	resolve_cancel(&resolve);
	loop_arm(&end, 100);
	loop_run();
	assert_int_equal(answers, 0);
	assert_int_equal(resolve.watch.fd, -1);
}

/* The kernel reaps them: there is nothing to wait for. */
static void helpers_leave_no_zombie(void **state) {
	(void)state;
	assert_int_equal(resolve_start(&resolve, "localhost", PORT), 0);
	loop_run();
	assert_int_equal(waitpid(-1, NULL, 0), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_name_has_its_addresses, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_no_name_fails, set_up, tear_down),
		cmocka_unit_test_setup_teardown(cancelled_it_says_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(helpers_leave_no_zombie, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
