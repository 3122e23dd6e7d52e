/* SPDX-License-Identifier: Apache-2.0 */
#include "config/config.h"
#include "config/memory.h"

#include <stdbool.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void is_zeroed_and_aligned(void **state) {
	char *text, *object;

	(void)state;
	memory_reset();
	memset(memory_text("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 39), 'x', 40);
	memory_reset();
	text = memory_text("abc", 2);
	assert_string_equal(text, "ab");
	object = memory_take(32);
	assert_int_equal((uintptr_t)object % sizeof(void *), 0);
	for (int i = 0; i < 32; i++)
		assert_int_equal(object[i], 0);
}

static void ends_with_null(void **state) {
	bool full = false;
	unsigned long count = 0;

	(void)state;
	memory_reset();
	for (; !full; count++)
		full = memory_take(4096) == NULL;
	assert_int_equal(count, CONFIG_MEMORY / 4096 + 1);
	assert_null(memory_take(SIZE_MAX));
	assert_null(memory_take(1));
	assert_null(memory_text("", 0));
	memory_reset();
	assert_non_null(memory_take(CONFIG_MEMORY));
}

static void gives_back_what_came_after_the_mark(void **state) {
	size_t mark, room, before;
	char *rest;

	(void)state;
	memory_reset();
	memory_text("kept", 4);
	mark = memory_mark();
	(void)memory_rest(&before);
	memory_take(100);
	memory_release(mark);
	rest = memory_rest(&room);
	assert_int_equal(room, before);
	memcpy(rest, "ab", 3);
	memory_keep(3);
	assert_int_equal(memory_mark(), mark + 3);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_zeroed_and_aligned),
		cmocka_unit_test(ends_with_null),
		cmocka_unit_test(gives_back_what_came_after_the_mark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
