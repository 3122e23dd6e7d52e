/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/agent/base64.h"

#include <cmocka.h>

/* RFC 4648, section 10; and bytes that are no characters. Memory of exactly that size. */
static void bytes_are_encoded(void **state) {
	static const struct {
		const char *bytes, *text;
	} rows[] = {
		{ "", "" },
		{ "f", "Zg==" },
		{ "fo", "Zm8=" },
		{ "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" },
		{ "fooba", "Zm9vYmE=" },
		{ "foobar", "Zm9vYmFy" },
		{ "\xfb\xff\xbf", "+/+/" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		size_t length = strlen(rows[i].bytes);
		char *text = malloc(BASE64_SIZE(length));

		base64_encode(rows[i].bytes, length, text);
		assert_string_equal(text, rows[i].text);
		assert_int_equal(strlen(text) + 1, BASE64_SIZE(length));
		assert_int_equal(base64_decode(text, strlen(text)), length);
		assert_memory_equal(text, rows[i].bytes, length);
		free(text);
	}
}

static void what_is_none_is_refused(void **state) {
	static const char *const wrong[] = { "Z",    "Zg",   "Zg=",  "Z===",
					     "====", "Zg=v", "Zg-_", "Zm9v\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		char text[8];

		strcpy(text, wrong[i]);
		if (base64_decode(text, strlen(text)) >= 0)
			fail_msg("taken: %s", wrong[i]);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_encoded),
		cmocka_unit_test(what_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
