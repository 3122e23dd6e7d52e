/* SPDX-License-Identifier: Apache-2.0 */
/* The functions that the product has instead of libc's, beside these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define strstr small_strstr
#define qsort small_qsort
char *strstr(const char *, const char *);
void qsort(void *, size_t, size_t, int (*)(const void *, const void *));
#include "init/small.c"
#undef strstr
#undef qsort

#include <cmocka.h>

static void parts_are_found_as_libc_finds_them(void **state) {
	static const char *const texts[] = { "", "a", "aab", "abab", "abcabd", "://", "tcp://a" };
	enum { TEXTS = sizeof(texts) / sizeof(*texts) };

	(void)state;
	for (int i = 0; i < TEXTS * TEXTS; i++)
		assert_ptr_equal(small_strstr(texts[i / TEXTS], texts[i % TEXTS]),
				 strstr(texts[i / TEXTS], texts[i % TEXTS]));
	assert_ptr_equal(small_strstr(texts[3], "bab"), texts[3] + 1);
}

static int compare(const void *a, const void *b) {
	return memcmp(a, b, 3);
}

static void lists_are_sorted_as_libc_sorts_them(void **state) {
	unsigned char ours[48][3], theirs[48][3];

	(void)state;
	srandom(1);
	for (size_t count = 0; count <= 48; count++) {
		for (size_t i = 0; i < sizeof(ours); i++)
			ours[i / 3][i % 3] = (unsigned char)(random() % 3);
		memcpy(theirs, ours, sizeof(ours));
		small_qsort(ours, count, sizeof(*ours), compare);
		qsort(theirs, count, sizeof(*theirs), compare);
		assert_memory_equal(ours, theirs, sizeof(ours));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_found_as_libc_finds_them),
		cmocka_unit_test(lists_are_sorted_as_libc_sorts_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
