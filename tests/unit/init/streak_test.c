/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "init/streak.h"

#include <cmocka.h>

/* Results as + and -; the states that follow each as U, P and F. */
static void assert_course(int64_t rise, int64_t fall, const char *results, const char *states) {
	static const char letters[STREAK_STATES] = {
		[STREAK_UNKNOWN] = 'U',
		[STREAK_PASSING] = 'P',
		[STREAK_FAILING] = 'F',
	};
	struct streak s = { 0 };
	char before = 'U';

	for (; *results; results++, states++) {
		bool changed = streak_take(&s, *results == '+', rise, fall);

		assert_int_equal(letters[s.state], *states);
		assert_int_equal(changed, before != *states);
		before = *states;
	}
	assert_int_equal(*states, '\0');
}

static void one_result_may_do(void **state) {
	(void)state;
	assert_course(1, 1, "+-+-", "PFPF");
	assert_course(1, 1, "-+", "FP");
}

static void the_default_forgives_one_failure(void **state) {
	(void)state;
	assert_course(1, 2, "+-+--+", "PPPPFP");
	assert_course(1, 2, "--+", "UFP");
	assert_course(1, 2, "-+-", "UPP");
}

static void only_results_in_a_row_count(void **state) {
	(void)state;
	assert_course(3, 3, "++-++-+++", "UUUUUUUUP");
	assert_course(3, 3, "+++--+--+---", "UUPPPPPPPPPF");
	assert_course(3, 2, "--++-+++", "UFFFFFFP");
	assert_course(2, 1, "-+-++", "FFFFP");
}

static void it_goes_on_for_long(void **state) {
	struct streak s = { 0 };

	(void)state;
	for (int i = 0; i < 100000; i++)
		assert_int_equal(streak_take(&s, true, 1000, 1000), i == 999);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(streak_take(&s, false, 1000, 1000), i == 999);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_result_may_do),
		cmocka_unit_test(the_default_forgives_one_failure),
		cmocka_unit_test(only_results_in_a_row_count),
		cmocka_unit_test(it_goes_on_for_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
