/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of Consul's index; what follows from them, tests/system/test_watch.py shows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "init/agent/query.h"

#include <cmocka.h>

static void an_index_is_sound_or_none(void **state) {
	static const struct {
		uint64_t asked;
		const char *header;
		uint64_t next;
	} rows[] = {
		{ 0, "10", 10 },
		{ 10, "10", 10 },
		{ 10, "11", 11 },
		{ 10, "18446744073709551615", UINT64_MAX },
		/* At least 1, or each question would be answered at once. */
		{ 0, "0", 1 },
		{ 0, "", 1 },
		{ 0, NULL, 1 },
		{ 0, "x", 1 },
		{ 0, "12x", 1 },
		{ 0, "-5", 1 },
		{ 0, "18446744073709551616", 1 },
		{ 0, "99999999999999999999999", 1 },
		/* Backwards: from the beginning. */
		{ 237, "7", 0 },
		{ 237, "0", 0 },
		{ 237, NULL, 0 },
		{ 237, "x", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (query_next_index(rows[i].asked, rows[i].header) != rows[i].next)
			fail_msg("row %zu", i);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_index_is_sound_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
