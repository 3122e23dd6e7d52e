/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/agent/registry.h"

#include <cmocka.h>

static void each_kind_has_its_table(void **state) {
	(void)state;
	assert_null(registry_find(CONFIG_REGISTRY_NONE));
	assert_ptr_equal(registry_find(CONFIG_REGISTRY_CONSUL), &registry_consul);
	assert_ptr_equal(registry_find(CONFIG_REGISTRY_ETCD), &registry_etcd);
	assert_ptr_equal(registry_find(CONFIG_REGISTRY_FILE), &registry_file);
}

static void all_bytes_are_encoded(void **state) {
	static const char plain[] = "ABCXYZabcxyz019-._~";
	char text[2] = "", target[8];

	(void)state;
	for (int c = 1; c < 256; c++) {
		text[0] = (char)c;
		target[0] = '\0';
		assert_int_equal(registry_encode(target, sizeof(target), text, ":"), 0);
		if (strchr(plain, c) || c == ':')
			assert_string_equal(target, text);
		else if (strlen(target) == 3)
			assert_int_equal(strtol(target + 1, NULL, 16), c);
		else
			assert_true((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
				    (c >= '0' && c <= '9'));
	}
}

/* In memory of exactly that size, so that the sanitizer sees a byte too far. */
static void it_stays_within_its_target(void **state) {
	(void)state;
	for (size_t size = 2; size < 12; size++) {
		char *target = malloc(size);

		memcpy(target, "x", 2);
		assert_int_equal(registry_encode(target, size, "a/b/c", ""), size < 11 ? -1 : 0);
		assert_true(strlen(target) < size);
		free(target);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_has_its_table),
		cmocka_unit_test(all_bytes_are_encoded),
		cmocka_unit_test(it_stays_within_its_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
