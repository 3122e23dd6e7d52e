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

static void groups_are_replaced(void **state) {
	struct config_word number = { .text = "4242" };
	struct config_word name = { .head.next = &number, .text = "root" };
	struct config_word none = { .text = "none" };
	struct config_word unknown = { .text = "no-such-group" };
	struct user u = { .groups_count = 1, .groups = { 9 } };
	struct error e = { 0 };

	(void)state;
	assert_int_equal(user_set_groups(&u, &name, &e), 0);
	assert_int_equal(u.groups_count, 2);
	assert_int_equal(u.groups[0], 0);
	assert_int_equal(u.groups[1], 4242);
	assert_int_equal(user_set_groups(&u, &none, &e), 0);
	assert_int_equal(u.groups_count, 0);
	assert_int_equal(user_set_groups(&u, &unknown, &e), -1);
	assert_non_null(strstr(e.text, "'no-such-group' is not in /etc/group"));
}

static void groups_are_bounded(void **state) {
	static struct config_word many[USER_GROUPS + 1];
	struct user u = { 0 };
	struct error e = { 0 };

	(void)state;
	for (int i = 0; i <= USER_GROUPS; i++)
		many[i] = (struct config_word){ .head.next = many + i + 1, .text = "7" };
	many[USER_GROUPS].head.next = NULL;
	assert_int_equal(user_set_groups(&u, many, &e), -1);
	assert_non_null(strstr(e.text, "more than 256 groups"));
	assert_int_equal(user_set_groups(&u, many + 1, &e), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_names_and_numbers),
		cmocka_unit_test(refuses_what_is_nobody),
		cmocka_unit_test(groups_are_replaced),
		cmocka_unit_test(groups_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
