/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "init/restart.h"

#include <cmocka.h>

static struct config_app app(enum config_restart policy) {
	return (struct config_app){
		.restart = policy,
		.restart_delay = 1000,
		.restart_delay_max = 30000,
	};
}

static void the_policy_decides(void **state) {
	static const struct {
		enum config_restart policy;
		int status;
		bool again;
	} rows[] = {
		{ CONFIG_RESTART_NEVER, 0, false },
		{ CONFIG_RESTART_NEVER, 1, false },
		{ CONFIG_RESTART_ON_FAILURE, 0, false },
		{ CONFIG_RESTART_ON_FAILURE, 1, true },
		{ CONFIG_RESTART_ON_FAILURE, 139, true },
		{ CONFIG_RESTART_ON_FAILURE, 126, false },
		{ CONFIG_RESTART_ON_FAILURE, 127, false },
		{ CONFIG_RESTART_ALWAYS, 0, true },
		{ CONFIG_RESTART_ALWAYS, 1, true },
		{ CONFIG_RESTART_ALWAYS, 126, false },
		{ CONFIG_RESTART_ALWAYS, 127, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct config_app a = app(rows[i].policy);
		struct restart r = { 0 };

		assert_int_equal(restart_after(&r, &a, rows[i].status, 0),
				 rows[i].again ? 1000 : RESTART_NEVER);
		assert_int_equal(r.count, rows[i].again);
	}
}

static void the_delay_doubles_up_to_its_limit(void **state) {
	static const int64_t expected[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000 };
	const struct config_app a = app(CONFIG_RESTART_ALWAYS);
	struct restart r = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++)
		assert_int_equal(restart_after(&r, &a, 1, 59999), expected[i]);
	assert_int_equal(restart_after(&r, &a, 1, RESTART_SETTLED), 1000);
	assert_int_equal(r.count, 8);
}

static void a_first_delay_beyond_the_limit_stays(void **state) {
	struct config_app a = app(CONFIG_RESTART_ALWAYS);
	struct restart r = { 0 };

	(void)state;
	a.restart_delay = 60000;
	for (int i = 0; i < 3; i++)
		assert_int_equal(restart_after(&r, &a, 1, 0), 60000);
}

static void so_many_failures_in_a_row_end_it(void **state) {
	struct config_app a = app(CONFIG_RESTART_ALWAYS);
	struct restart r = { 0 };

	(void)state;
	a.restart_limit = 2;
	assert_true(restart_after(&r, &a, 1, 0) > 0);
	assert_true(restart_after(&r, &a, 1, 0) > 0);
	assert_true(restart_after(&r, &a, 0, 0) > 0); /* no failure: the row begins anew */
	assert_true(restart_after(&r, &a, 1, 0) > 0);
	assert_true(restart_after(&r, &a, 1, 0) > 0);
	assert_true(restart_after(&r, &a, 1, RESTART_SETTLED) > 0); /* so does it after a minute */
	assert_true(restart_after(&r, &a, 1, 0) > 0);
	assert_int_equal(restart_after(&r, &a, 1, 0), RESTART_NEVER);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_policy_decides),
		cmocka_unit_test(the_delay_doubles_up_to_its_limit),
		cmocka_unit_test(a_first_delay_beyond_the_limit_stays),
		cmocka_unit_test(so_many_failures_in_a_row_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
