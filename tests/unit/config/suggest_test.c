/* SPDX-License-Identifier: Apache-2.0 */
#include "config/suggest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void finds_the_nearest(void **state) {
	static const char *const cases[][2] = {
		{ "comand", "command" },
		{ "comamnd", "command" },
		{ "mut", "mtu" },
		{ "gatway", "gateway" },
		{ "STOP-ON", "stop-on" },
		{ "stop_signal", "stop-signal" },
		{ "adress", "address" },
		{ "zzz", "" },
		{ "x", "" },
		{ "frobnicate", "" },
		{ "", "" },
	};
	static const char *const candidates[] = { "command", "mtu",     "gateway",    "stop-on",
						  "up",      "address", "stop-signal" };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct suggest s = { .written = cases[i][0] };

		for (size_t j = 0; j < sizeof(candidates) / sizeof(candidates[0]); j++)
			suggest_try(&s, candidates[j]);
		assert_string_equal(s.best, cases[i][1]);
	}
}

static void hints_only_at_something(void **state) {
	struct suggest near = { .written = "mtuu" }, far = { .written = "mtuu" };

	(void)state;
	suggest_try(&near, "mtu");
	suggest_try(&far, "gateway");
	assert_string_equal(suggest_hint(&near), ", did you mean 'mtu'?");
	assert_string_equal(suggest_hint(&far), "");
}

static void does_not_compare_what_is_too_long(void **state) {
	char text[SUGGEST_TEXT * 3];
	struct suggest s = { .written = text };

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	suggest_try(&s, text + 1);
	suggest_try(&s, "mtu");
	assert_string_equal(s.best, "");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_nearest),
		cmocka_unit_test(hints_only_at_something),
		cmocka_unit_test(does_not_compare_what_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
