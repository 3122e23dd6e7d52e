/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "init/user.h"

#include <cmocka.h>

/* Of /etc/passwd only root is taken for granted. */
static void finds_names_and_numbers(void **state) {
	static const struct {
		const char *text;
		uid_t uid;
		gid_t gid;
		const char *home;
	} rows[] = {
		{ "root", 0, 0, "/root" },        { "0", 0, 0, "/root" },
		{ "0:17", 0, 17, "/root" },       { "4242424", 4242424, 0, "/" },
		{ "4242424:9", 4242424, 9, "/" }, { "root:root", 0, 0, "/root" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct error e = { 0 };
		struct user u;

		assert_int_equal(user_find(&u, rows[i].text, &e), 0);
		assert_int_equal(u.uid, rows[i].uid);
		assert_int_equal(u.gid, rows[i].gid);
		assert_string_equal(u.home, rows[i].home);
	}
}

static void refuses_what_is_nobody(void **state) {
	static const char *const rows[] = {
		"nobody-of-that-name", "",           ":0", "0:", "-1", "4294967295",
		"0:no-such-group",     "99999999999"
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct error e = { 0 };
		struct user u;

		assert_int_equal(user_find(&u, rows[i], &e), -1);
		assert_non_null(strstr(e.text, "'"));
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_names_and_numbers),
		cmocka_unit_test(refuses_what_is_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
