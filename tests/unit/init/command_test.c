/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "init/command.h"
#include "tests/unit/config/loading.h"

#include <cmocka.h>

static struct command command;

static const char *look_up(void *context, const char *name) {
	(void)context;
	return strcmp(name, "PORT_WEB") == 0 ? "80 80" : NULL;
}

static const char *const *setting(const char *file) {
	return loading_must((struct loading){ .file = file })->jobs->command;
}

static void is_itself_where_nothing_is_to_be_filled_in(void **state) {
	const char *const *words = setting("[job x]\ncommand = a $HOME 'b c'\n");

	(void)state;
	assert_ptr_equal(command_expand(&command, words, look_up, NULL), words);
}

static void is_filled_in_word_by_word(void **state) {
	const char *const *words =
		setting("[job x]\ncommand = a -p${PORT_WEB} '' ${PORT_ADMIN:-none} ${PORT_ADMIN}\n"
			"[port web]\n[port admin]\n");

	(void)state;
	words = command_expand(&command, words, look_up, NULL);
	assert_non_null(words);
	assert_string_equal(words[0], "a");
	assert_string_equal(words[1], "-p80 80");
	assert_string_equal(words[2], "");
	assert_string_equal(words[3], "none");
	assert_string_equal(words[4], "");
	assert_null(words[5]);
}

static void what_is_missing_is_told(void **state) {
	struct error e = { 0 };

	(void)state;
	assert_null(command_expand(
		&command, setting("[job x]\ncommand = a ${PORT_ADMIN:?which one}\n[port admin]\n"),
		look_up, &e));
	assert_non_null(strstr(e.text, "PORT_ADMIN: which one"));
}

static void limits_are_told(void **state) {
	static const char *words[COMMAND_WORDS + 2];
	static char long_word[COMMAND_TEXT + 1];
	const char *late = setting("[job x]\ncommand = a${PORT_WEB}\n[port web]\n")[0];
	struct error e = { 0 };

	(void)state;
	for (int i = 0; i <= COMMAND_WORDS; i++)
		words[i] = late;
	assert_null(command_expand(&command, words, look_up, &e));
	assert_non_null(strstr(e.text, "more than 1024 words"));
	words[COMMAND_WORDS] = NULL;
	assert_non_null(command_expand(&command, words, look_up, NULL));
	memset(long_word, 'x', sizeof(long_word) - 1);
	words[1] = long_word;
	e = (struct error){ 0 };
	assert_null(command_expand(&command, words, look_up, &e));
	assert_non_null(strstr(e.text, "is longer than"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_itself_where_nothing_is_to_be_filled_in),
		cmocka_unit_test(is_filled_in_word_by_word),
		cmocka_unit_test(what_is_missing_is_told),
		cmocka_unit_test(limits_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
