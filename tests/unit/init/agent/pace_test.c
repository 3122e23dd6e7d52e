/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "init/agent/pace.h"

#include <cmocka.h>

enum { DRAWS = 2000 };

static void backing_off_doubles_to_its_end(void **state) {
	static const struct {
		unsigned failures;
		int64_t most;
	} rows[] = { { 0, 250 },   { 1, 500 },    { 2, 1000 },
		     { 6, 15000 }, { 60, 15000 }, { PACE_NEVER_MIND, 15000 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (int n = 0; n < DRAWS; n++)
			assert_in_range(pace_backoff(rows[i].failures), rows[i].most / 2,
					rows[i].most);
}

static void around_is_a_tenth(void **state) {
	int64_t least = INT64_MAX, most = 0;

	(void)state;
	for (int n = 0; n < DRAWS; n++) {
		int64_t ms = pace_around(5000);

		least = ms < least ? ms : least;
		most = ms > most ? ms : most;
	}
	assert_in_range(least, 4500, 4600);
	assert_in_range(most, 5400, 5500);
	assert_int_equal(pace_around(0), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backing_off_doubles_to_its_end),
		cmocka_unit_test(around_is_a_tenth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
