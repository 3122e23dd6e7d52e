/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema.h"
#include "config/value.h"
#include "tests/unit/config/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool is_sentence(const char *text) {
	size_t len = strlen(text);

	return len > 1 && text[len - 1] == '.';
}

static void rows_are_sound(void **state) {
	char help[SCHEMA_HELP];

	(void)state;
	for (SCHEMA_EACH_SECTION(s)) {
		assert_true(is_sentence(schema_help(s->help, help)));
		assert_true(s->count > 0);
		assert_int_equal(s->size > 0, s->limit > 0);
		for (SCHEMA_EACH_KEY(s, k)) {
			assert_true(is_sentence(schema_help(k->help, help)));
			assert_true(strlen(schema_text(k->name)) > 0);
			assert_true(k->type < SCHEMA_TYPES);
			assert_int_equal(k->type == SCHEMA_CHOICE || k->type == SCHEMA_PROFILE,
					 k->choices != 0);
			assert_true(k->min <= k->max || k->max == 0);
		}
	}
}

static void names_are_unique(void **state) {
	(void)state;
	for (SCHEMA_EACH_SECTION(s)) {
		assert_ptr_equal(schema_section(schema_text(s->kind)), s);
		for (SCHEMA_EACH_KEY(s, k))
			assert_ptr_equal(schema_key(s, schema_text(k->name)), k);
	}
}

/* A field that two rows share would be set by both. */
static void fields_are_unique(void **state) {
	(void)state;
	for (SCHEMA_EACH_SECTION(s))
		for (SCHEMA_EACH_KEY(s, a))
			for (const struct schema_key *b = a + 1; b < schema_first_key(s) + s->count;
			     b++)
				assert_true(a->offset + value_type(a)->size <= b->offset ||
					    b->offset + value_type(b)->size <= a->offset);
}

static void defaults_parse_and_are_written_the_same(void **state) {
	char text[64];

	(void)state;
	for (SCHEMA_EACH_SECTION(s)) {
		for (SCHEMA_EACH_KEY(s, k)) {
			uint64_t field[8] = { 0 };
			struct error e = { 0 };

			if (!k->preset)
				continue;
			(void)snprintf(text, sizeof(text), "%s", schema_text(k->preset));
			assert_int_equal(value_type(k)->parse(k, text, field, &e), 0);
			assert_true(value_is_set(k, field));
		}
	}
}

static void open_keys_match_what_is_the_users_own(void **state) {
	const struct schema_section *service = schema_section("service");
	const struct schema_key *meta = schema_key(service, "meta.a.b");

	(void)state;
	assert_non_null(meta);
	assert_string_equal(schema_own_part(meta, "meta.a.b"), "a.b");
	assert_null(schema_key(service, "meta."));
	assert_null(schema_key(service, "meta"));
	assert_null(schema_key(service, "metaphor"));
	assert_null(schema_key(schema_section("env"), ""));
	assert_string_equal(schema_own_part(schema_first_key(schema_section("env")), "A"), "A");
	assert_null(schema_section("nothing"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sound),
		cmocka_unit_test(names_are_unique),
		cmocka_unit_test(fields_are_unique),
		cmocka_unit_test(defaults_parse_and_are_written_the_same),
		cmocka_unit_test(open_keys_match_what_is_the_users_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
