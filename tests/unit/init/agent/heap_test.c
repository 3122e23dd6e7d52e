/* SPDX-License-Identifier: Apache-2.0 */
/* The heap that the product has, beside the one of the sanitizers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define malloc heap_malloc
#define calloc heap_calloc
#define realloc heap_realloc
#define free heap_free
void *malloc(size_t);
void *calloc(size_t, size_t);
void *realloc(void *, size_t);
void free(void *);
#include "init/agent/heap.c"
#undef malloc
#undef calloc
#undef realloc
#undef free

#include <cmocka.h>

static void blocks_are_apart_and_aligned(void **state) {
	unsigned char *blocks[200];

	(void)state;
	for (size_t i = 0; i < 200; i++) {
		blocks[i] = heap_malloc(i);
		assert_non_null(blocks[i]);
		assert_int_equal((uintptr_t)blocks[i] % alignof(max_align_t), 0);
		memset(blocks[i], (int)i, i);
	}
	for (size_t i = 0; i < 200; i++) {
		for (size_t n = 0; n < i; n++)
			assert_int_equal(blocks[i][n], i);
		heap_free(blocks[i]);
	}
	heap_free(NULL);
}

static void what_is_given_back_is_used_again(void **state) {
	size_t before;

	(void)state;
	heap_free(heap_malloc(1000));
	before = used;
	for (int i = 0; i < 100000; i++)
		heap_free(heap_malloc(600 + (size_t)i % 300));
	assert_int_equal(used, before);
}

static void growing_in_steps_is_bounded(void **state) {
	size_t before = used;
	unsigned char *text = NULL;

	(void)state;
	for (size_t size = 1; size <= 32768; size++) {
		text = heap_realloc(text, size);
		assert_non_null(text);
		text[size - 1] = (unsigned char)size;
	}
	for (size_t size = 1; size <= 32768; size++)
		assert_int_equal(text[size - 1], (unsigned char)size);
	heap_free(text);
	assert_true(used - before <= 4 * 32768);
}

static void memory_is_zeroed_where_it_was_asked_for(void **state) {
	unsigned char *a = heap_malloc(100), *b;

	(void)state;
	memset(a, 0xff, 100);
	heap_free(a);
	b = heap_calloc(10, 10);
	assert_ptr_equal(a, b);
	for (int i = 0; i < 100; i++)
		assert_int_equal(b[i], 0);
	heap_free(b);
}

/* What is fresh has never been written to, and is not written to now. */
static void fresh_memory_is_zeroed_as_well(void **state) {
	size_t before = used;
	unsigned char *a = heap_calloc(3, 50000), *b;

	(void)state;
	assert_true(used > before);
	for (int i = 0; i < 150000; i++)
		assert_int_equal(a[i], 0);
	memset(a, 0xff, 150000);
	heap_free(a);
	b = heap_calloc(1, 140000);
	assert_ptr_equal(a, b);
	for (int i = 0; i < 140000; i++)
		assert_int_equal(b[i], 0);
	heap_free(b);
}

static void too_much_is_refused(void **state) {
	(void)state;
	errno = 0;
	assert_null(heap_malloc(HEAP));
	assert_int_equal(errno, ENOMEM);
	assert_null(heap_malloc(SIZE_MAX));
	assert_null(heap_calloc(SIZE_MAX / 2, 3));
	while (heap_malloc(HEAP / 64))
		continue;
	assert_true(used <= sizeof(heap));
	assert_int_equal(errno, ENOMEM);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_are_apart_and_aligned),
		cmocka_unit_test(what_is_given_back_is_used_again),
		cmocka_unit_test(growing_in_steps_is_bounded),
		cmocka_unit_test(memory_is_zeroed_where_it_was_asked_for),
		cmocka_unit_test(fresh_memory_is_zeroed_as_well),
		cmocka_unit_test(too_much_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
