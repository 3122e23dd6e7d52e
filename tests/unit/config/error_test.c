/* SPDX-License-Identifier: Apache-2.0 */
#include "config/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#undef fail /* cmocka has one too */

static void tells_errno_and_keeps_it(void **state) {
	struct error e = { 0 };

	(void)state;
	errno = EACCES;
	assert_int_equal(fail(&e, "%s: %m", "/etc/x"), -1);
	assert_int_equal(errno, EACCES);
	assert_string_equal(e.text, "/etc/x: Permission denied");
}

static void adds_to_what_is_there(void **state) {
	struct error e = { 0 };

	(void)state;
	fail(&e, "one");
	fail(&e, "%d", 2);
	assert_string_equal(e.text, "one; 2");
	assert_int_equal(e.len, strlen(e.text));
}

static void is_cut_at_the_end(void **state) {
	struct error e = { 0 };

	(void)state;
	for (int i = 0; i < 2000; i++)
		fail(&e, "%d bottles", i);
	assert_int_equal(e.len, sizeof(e.text) - 1);
	assert_int_equal(strlen(e.text), e.len);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_errno_and_keeps_it),
		cmocka_unit_test(adds_to_what_is_there),
		cmocka_unit_test(is_cut_at_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
