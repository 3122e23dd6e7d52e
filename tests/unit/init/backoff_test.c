/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "init/backoff.h"

#include <cmocka.h>

static void doubles_up_to_the_last(void **state) {
	static const int64_t pauses[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000 };
	struct backoff b = { .first = 1000, .last = 30000, .settled = 60000 };

	(void)state;
	for (size_t i = 0; i < sizeof(pauses) / sizeof(*pauses); i++)
		assert_int_equal(backoff_next(&b, 59999), pauses[i]);
}

static void begins_anew_after_it_has_held(void **state) {
	struct backoff b = { .first = 50, .last = 1000, .settled = 1000 };

	(void)state;
	for (int i = 0; i < 10; i++)
		(void)backoff_next(&b, 0);
	assert_int_equal(backoff_next(&b, 1000), 50);
	assert_int_equal(backoff_next(&b, 0), 100);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubles_up_to_the_last),
		cmocka_unit_test(begins_anew_after_it_has_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
