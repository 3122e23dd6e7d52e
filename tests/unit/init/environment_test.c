/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "config/memory.h"
#include "init/environment.h"

#include <cmocka.h>

static char *inherited[] = { "A=1", "PINTLE_APP_USER=web", "AB=2", "A=3", "odd", "E=", NULL };

static void keeps_what_was_inherited(void **state) {
	(void)state;
	environment_keep(inherited);
	assert_ptr_equal(environment_all(), inherited);
	assert_string_equal(environment_value("A"), "1");
	assert_string_equal(environment_value("E"), "");
	assert_null(environment_value("od"));
}

static void copies_without_our_own(void **state) {
	struct error e = { 0 };

	(void)state;
	assert_int_equal(environment_copy(inherited, false, &e), 0);
	assert_null(environment_value("PINTLE_APP_USER"));
	assert_string_equal(environment_all()[3], "odd");
	assert_null(environment_all()[5]);
}

static void copies_with_our_own(void **state) {
	struct error e = { 0 };

	(void)state;
	assert_int_equal(environment_copy(inherited, true, &e), 0);
	assert_string_equal(environment_value("PINTLE_APP_USER"), "web");
	assert_null(environment_all()[6]);
}

static void what_is_put_may_change(void **state) {
	static char variable[] = "A=old";
	struct error e = { 0 };

	(void)state;
	assert_int_equal(environment_copy(inherited, false, &e), 0);
	assert_int_equal(environment_put(variable, &e), 0);
	assert_string_equal(environment_value("A"), "old");
	strcpy(variable, "A=x");
	assert_string_equal(environment_value("A"), "x");
	assert_string_equal(environment_value("AB"), "2");
}

static void sets_replace_and_unset_all(void **state) {
	struct error e = { 0 };

	(void)state;
	assert_int_equal(environment_copy(inherited, false, &e), 0);
	assert_int_equal(environment_set("A", "x", &e), 0);
	assert_string_equal(environment_value("A"), "x");
	assert_string_equal(environment_value("AB"), "2");
	assert_int_equal(environment_set("A", NULL, &e), 0);
	assert_null(environment_value("A"));
	assert_int_equal(environment_set("NEW", "", &e), 0);
	assert_string_equal(environment_value("NEW"), "");
	assert_string_equal(inherited[0], "A=1");
}

static void with_another_it_is_a_copy(void **state) {
	static char x[] = "A=x";
	struct error e = { 0 };
	char *const *with;

	(void)state;
	memory_reset();
	environment_keep(inherited);
	with = environment_with(x, &e);
	assert_string_equal(with[0], "PINTLE_APP_USER=web");
	assert_string_equal(with[1], "AB=2");
	assert_string_equal(with[4], "A=x");
	assert_null(with[5]);
	assert_string_equal(environment_value("A"), "1");
}

static void there_may_be_many(void **state) {
	static char *many[5001];
	char name[16];
	struct error e = { 0 };

	(void)state;
	for (int i = 0; i < 5000; i++)
		many[i] = "A=1";
	assert_int_equal(environment_copy(many, false, &e), 0);
	assert_string_equal(environment_all()[4999], "A=1");
	assert_int_equal(environment_set("A", "2", &e), 0);
	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "B%d", i);
		assert_int_equal(environment_set(name, name, &e), 0);
	}
	assert_string_equal(environment_all()[0], "A=2");
	assert_string_equal(environment_value("B199"), "B199");
	assert_null(environment_all()[201]);
}

static void refuses_more_than_fits(void **state) {
	static char *many[CONFIG_MEMORY / sizeof(char *)];
	static char long_value[CONFIG_MEMORY];
	struct error e = { 0 };

	(void)state;
	memory_reset();
	for (size_t i = 0; i + 1 < sizeof(many) / sizeof(*many); i++)
		many[i] = "A=1";
	assert_int_equal(environment_copy(many, false, &e), -1);
	assert_non_null(strstr(e.text, "memory"));
	memory_reset();
	assert_int_equal(environment_copy(inherited, false, &e), 0);
	memset(long_value, 'x', sizeof(long_value) - 1);
	assert_int_equal(environment_set("L", long_value, &e), -1);
	assert_null(environment_value("L"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_what_was_inherited),
		cmocka_unit_test(copies_without_our_own),
		cmocka_unit_test(copies_with_our_own),
		cmocka_unit_test(what_is_put_may_change),
		cmocka_unit_test(sets_replace_and_unset_all),
		cmocka_unit_test(with_another_it_is_a_copy),
		cmocka_unit_test(there_may_be_many),
		cmocka_unit_test(refuses_more_than_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
