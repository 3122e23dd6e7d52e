/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "init/json.h"

#include <cmocka.h>

static bool write_all(char *text, size_t size) {
	struct json j;

	json_begin(&j, text, size);
	json_object(&j, NULL);
	json_text(&j, "a", "\"\\\n\x7f");
	json_list(&j, "b");
	json_number(&j, NULL, -1);
	json_text(&j, NULL, "");
	json_object(&j, NULL);
	json_object_end(&j);
	json_list_end(&j);
	json_flag(&j, "c", true);
	json_flag(&j, "d", false);
	json_object_end(&j);
	return json_end(&j);
}

static const char expected[] =
	"{\"a\":\"\\\"\\\\\\u000a\x7f\",\"b\":[-1,\"\",{}],\"c\":true,\"d\":false}";

static void writes_values(void **state) {
	char text[256];

	(void)state;
	assert_true(write_all(text, sizeof(text)));
	assert_string_equal(text, expected);
}

/* Whatever the size, nothing is written behind it, and what is short is told. */
static void says_when_it_does_not_fit(void **state) {
	char text[sizeof(expected) + 8];

	(void)state;
	for (size_t size = 1; size < sizeof(expected); size++) {
		memset(text, '#', sizeof(text));
		assert_false(write_all(text, size));
		assert_true(strlen(text) < size);
		assert_int_equal(text[size], '#');
	}
}

static void escape_cuts_between_characters(void **state) {
	char text[16];

	(void)state;
	assert_int_equal(json_escape("ab", text, sizeof(text)), 2);
	assert_string_equal(text, "ab");
	assert_int_equal(json_escape("\n\n\n", text, sizeof(text)), 2);
	assert_string_equal(text, "\\u000a\\u000a");
}

/* RFC 3629: too long, cut, surrogates, beyond the last; and what borders on them. */
static void what_is_no_utf8_is_replaced(void **state) {
	static const struct {
		const char *value, *text;
	} cases[] = {
		{ "\u00e9 \u20ac \U0001f600", "\u00e9 \u20ac \U0001f600" },
		{ "\xff", "\\ufffd" },
		{ "a\x80z", "a\\ufffdz" },
		{ "\xc3", "\\ufffd" },
		{ "\xc3\"", "\\ufffd\\\"" },
		{ "\xe2\x82", "\\ufffd\\ufffd" },
		{ "\xc1\xbf", "\\ufffd\\ufffd" },
		{ "\xc2\x80", "\xc2\x80" },
		{ "\xe0\x9f\xbf", "\\ufffd\\ufffd\\ufffd" },
		{ "\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80" },
		{ "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" },
		{ "\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf" },
		{ "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(json_escape(cases[i].value, text, sizeof(text)),
				 strlen(cases[i].value));
		assert_string_equal(text, cases[i].text);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_values),
		cmocka_unit_test(says_when_it_does_not_fit),
		cmocka_unit_test(escape_cuts_between_characters),
		cmocka_unit_test(what_is_no_utf8_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
