/* SPDX-License-Identifier: Apache-2.0 */
#include "config/number.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void numbers_have_digits_and_limits(void **state) {
	static const struct {
		const char *text;
		int64_t min, max, number;
	} cases[] = {
		{ "0", 0, 9, 0 },
		{ "007", 0, 9, 7 },
		{ "9223372036854775807", 0, INT64_MAX, INT64_MAX },
		{ "9223372036854775808", 0, INT64_MAX, -1 },
		{ "99999999999999999999", 0, INT64_MAX, -1 },
		{ "4294967295", 0, UINT32_MAX, UINT32_MAX },
		{ "4294967296", 0, UINT32_MAX, -1 },
		{ "1", 2, 9, -1 },
		{ "10", 2, 9, -1 },
		{ "", 0, 9, -1 },
		{ "-1", 0, 9, -1 },
		{ "+1", 0, 9, -1 },
		{ " 1", 0, 9, -1 },
		{ "1 ", 0, 9, -1 },
		{ "0x1", 0, 99, -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error e = { 0 };
		int64_t n = -1;

		(void)number_read(cases[i].text, cases[i].min, cases[i].max, &n, &e);
		assert_int_equal(n, cases[i].number);
		assert_int_equal(e.len == 0, cases[i].number >= 0);
	}
}

static void durations_have_units(void **state) {
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {
		{ "0", 0 },
		{ "0ms", 0 },
		{ "250ms", 250 },
		{ "8s", 8000 },
		{ "2m", 120000 },
		{ "1h", 3600000 },
		{ "8760h", INT64_C(31536000000) },
		{ "8761h", -1 },
		{ "1", -1 },
		{ "s", -1 },
		{ "", -1 },
		{ "1d", -1 },
		{ "1 s", -1 },
		{ "1.5s", -1 },
		{ "-1s", -1 },
		{ "1m30s", -1 },
		{ "1S", -1 },
		{ "1sec", -1 },
		{ "00", -1 },
		{ "99999999999999999999999h", -1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error e = { 0 };
		int64_t ms = -1;

		(void)number_read_duration(cases[i].text, &ms, &e);
		assert_int_equal(ms, cases[i].ms);
		assert_int_equal(e.len == 0, cases[i].ms >= 0);
	}
}

static void durations_are_written_in_the_largest_unit(void **state) {
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "0" },      { 1, "1ms" },     { 1000, "1s" },    { 1001, "1001ms" },
		{ 60000, "1m" }, { 61000, "61s" }, { 3600000, "1h" }, { 5400000, "90m" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writer w = { .fd = -1 };

		number_write_duration(cases[i].ms, &w);
		writer_char(&w, '\0');
		assert_string_equal(w.bytes, cases[i].text);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_digits_and_limits),
		cmocka_unit_test(durations_have_units),
		cmocka_unit_test(durations_are_written_in_the_largest_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
