/* SPDX-License-Identifier: Apache-2.0 */
#include "config/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static void all_arrives_however_much_it_is(void **state) {
	struct writer w = { .fd = memfd_create("writer", 0) };
	static char text[100000];

	(void)state;
	for (int i = 0; i < 10000; i++)
		writer_texts(&w, "0123", "", "45678", NULL);
	writer_char(&w, '!');
	writer_number(&w, INT64_MIN);
	writer_flush(&w);
	assert_int_equal(pread(w.fd, text, sizeof(text), 0), 90000 + 1 + 20);
	assert_memory_equal(text + 89991, "012345678!-9223372036854775808", 30);
	close(w.fd);
}

static void a_closed_descriptor_is_no_trap(void **state) {
	struct writer w = { .fd = -1 };

	(void)state;
	for (int i = 0; i < 10000; i++)
		writer_text(&w, "0123456789");
	writer_flush(&w);
	assert_int_equal(w.len, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_arrives_however_much_it_is),
		cmocka_unit_test(a_closed_descriptor_is_no_trap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
