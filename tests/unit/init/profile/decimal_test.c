/* SPDX-License-Identifier: Apache-2.0 */
#include "init/profile/decimal.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* libc's own is the model. */
static void check(const char *text, double tolerance) {
	char *end, *wanted_end;
	double value = decimal_read(text, &end), wanted = strtod(text, &wanted_end);

	if (end != wanted_end)
		fail_msg("'%s': read %td characters, not %td", text, end - text, wanted_end - text);
	if (value != wanted && !(fabs(value - wanted) <= fabs(wanted) * tolerance))
		fail_msg("'%s': %.17g, not %.17g", text, value, wanted);
}

static void numbers_are_those_of_strtod(void **state) {
	static const char *const exact[] = {
		"0",
		"-0",
		"1",
		"-1",
		"4294967295",
		"9007199254740991",
		"-9007199254740991",
		"2114060288",
		"0.5",
		"0.1",
		"1.25",
		"123.456",
		"1e3",
		"1E3",
		"1e+3",
		"25e-2",
		"0e400",
		"1e400",
		"-1e400",
		"1e-400",
		"12abc",
		"",
		"-",
		"abc",
		".5",
		"1.",
		"1.e2",
		"1e",
		"1e+",
		"1ex",
		"1-2",
		"0.000001",
		"1e22",
		"00012",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(exact) / sizeof(*exact); i++)
		if (strcmp(exact[i], ".5") != 0) /* is no JSON */
			check(exact[i], 0);
	check("18446744073709551615", DBL_EPSILON);
	check("3.14159265358979323846264338327950288", 4 * DBL_EPSILON);
	check("1.25e307", 64 * DBL_EPSILON);
	check("123456789012345678901234567890e-20", 8 * DBL_EPSILON);
}

static void integers_are_exact(void **state) {
	(void)state;
	srandom(1);
	for (int i = 0; i < 10000; i++) {
		uint64_t n = ((uint64_t)random() << 31 ^ (uint64_t)random()) >> (random() % 53);
		char text[32], *end;

		n &= (UINT64_C(1) << 53) - 1;
		(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
		if (decimal_read(text, &end) != (double)n || *end)
			fail_msg("%s", text);
	}
}

static void long_texts_end(void **state) {
	static char text[100000];
	char *end;

	(void)state;
	memset(text, '9', sizeof(text) - 1);
	assert_true(isinf(decimal_read(text, &end)));
	assert_ptr_equal(end, text + sizeof(text) - 1);
	text[0] = '0';
	text[1] = '.';
	assert_false(isnan(decimal_read(text, &end)));
	assert_int_equal(*end, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_those_of_strtod),
		cmocka_unit_test(integers_are_exact),
		cmocka_unit_test(long_texts_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
