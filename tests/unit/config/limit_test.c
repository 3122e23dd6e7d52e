/* SPDX-License-Identifier: Apache-2.0 */
#include "config/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct schema_key count = { .type = SCHEMA_LIMIT };
static const struct schema_key bytes = { .type = SCHEMA_LIMIT_SIZE };

#define MAX (CONFIG_UNLIMITED - 1)

static const struct {
	const struct schema_key *key;
	const char *text;
	int64_t soft, hard; /* CONFIG_NONE: it is refused */
	const char *written; /* or what is said of it */
} rows[] = {
	{ &count, "1024", 1024, 1024, "1024" },
	{ &count, "0", 0, 0, "0" },
	{ &count, "0:5", 0, 5, "0:5" },
	{ &count, "1024:1024", 1024, 1024, "1024" },
	{ &count, "1024:4096", 1024, 4096, "1024:4096" },
	{ &count, "unlimited", CONFIG_UNLIMITED, CONFIG_UNLIMITED, "unlimited" },
	{ &count, "7:unlimited", 7, CONFIG_UNLIMITED, "7:unlimited" },
	{ &count, "9223372036854775806", MAX, MAX, "9223372036854775806" },
	{ &count, "9223372036854775807", CONFIG_NONE, 0, "1024:4096" },
	{ &count, "99999999999999999999", CONFIG_NONE, 0, "1024:4096" },
	{ &count, "unlimited:7", CONFIG_NONE, 0, "above the hard one" },
	{ &count, "8:7", CONFIG_NONE, 0, "'8:7'" },
	{ &count, "8k", CONFIG_NONE, 0, "'8k' is not a limit" },
	{ &count, "-1", CONFIG_NONE, 0, "or unlimited" },
	{ &count, "infinity", CONFIG_NONE, 0, "or unlimited" },
	{ &count, "", CONFIG_NONE, 0, "is not a limit" },
	{ &count, ":", CONFIG_NONE, 0, "is not a limit" },
	{ &count, ":8", CONFIG_NONE, 0, "is not a limit" },
	{ &count, "8:", CONFIG_NONE, 0, "is not a limit" },
	{ &count, "1:2:3", CONFIG_NONE, 0, "'1:2:3' is not a limit" },
	{ &count, "8 9", CONFIG_NONE, 0, "is not a limit" },
	{ &bytes, "64k", 65536, 65536, "64k" },
	{ &bytes, "8m:1g", 8 << 20, 1 << 30, "8m:1g" },
	{ &bytes, "1024k", 1 << 20, 1 << 20, "1m" },
	{ &bytes, "1025", 1025, 1025, "1025" },
	{ &bytes, "0", 0, 0, "0" },
	{ &bytes, "0k:1", 0, 1, "0:1" },
	{ &bytes, "8m:unlimited", 8 << 20, CONFIG_UNLIMITED, "8m:unlimited" },
	{ &bytes, "8589934591g", INT64_C(8589934591) << 30, INT64_C(8589934591) << 30,
	  "8589934591g" },
	{ &bytes, "8589934592g", CONFIG_NONE, 0, "64k" },
	{ &bytes, "k", CONFIG_NONE, 0, "64k" },
	{ &bytes, "8K", CONFIG_NONE, 0, "64k" },
	{ &bytes, "8kb", CONFIG_NONE, 0, "64k" },
	{ &bytes, "8kk", CONFIG_NONE, 0, "64k" },
	{ &bytes, "8 k", CONFIG_NONE, 0, "64k" },
	{ &bytes, "1.5m", CONFIG_NONE, 0, "64k" },
	{ &bytes, "1g:1m", CONFIG_NONE, 0, "above the hard one" },
};

static void are_read_and_written(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct config_limit limit = { .soft = 1, .hard = 2 };
		struct writer w = { .fd = -1 };
		struct error e = { 0 };
		char copy[64];
		int result;

		(void)snprintf(copy, sizeof(copy), "%s", rows[i].text);
		result = limit_parse(rows[i].key, copy, &limit, &e);
		assert_int_equal(result, rows[i].soft == CONFIG_NONE ? -1 : 0);
		if (result < 0) {
			assert_int_equal(limit.soft, 1);
			assert_int_equal(limit.hard, 2);
			assert_false(limit.given);
			if (!strstr(e.text, rows[i].written))
				fail_msg("no %s in: %s", rows[i].written, e.text);
			continue;
		}
		assert_int_equal(limit.soft, rows[i].soft);
		assert_int_equal(limit.hard, rows[i].hard);
		limit_write(rows[i].key, &limit, &w);
		writer_char(&w, '\0');
		assert_string_equal(w.bytes, rows[i].written);
	}
}

static void a_long_text_is_refused(void **state) {
	char text[256];
	struct config_limit limit = { .soft = 1, .hard = 2 };

	(void)state;
	memset(text, '0', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(limit_parse(&count, text, &limit, NULL), -1);
	assert_int_equal(limit.soft, 1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_read_and_written),
		cmocka_unit_test(a_long_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
