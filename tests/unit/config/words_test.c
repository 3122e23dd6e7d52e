/* SPDX-License-Identifier: Apache-2.0 */
#include "config/words.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

/* The words, each in <>; or the error. */
static const char *split(const char *text, const char *separators) {
	static char result[1024];
	char copy[512], *word;
	struct words w = { .rest = copy, .separators = separators };
	struct error e = { 0 };
	int more;

	result[0] = '\0';
	strcpy(copy, text);
	while ((more = words_next(&w, &word, &e)) > 0) {
		strcat(result, "<");
		strcat(result, word);
		strcat(result, ">");
	}
	return more < 0 ? strcpy(result, e.text) : result;
}

#define F "\003"
#define E "\004"

static const char *const cases[][2] = {
	{ "", "" },
	{ "  \t ", "" },
	{ "a  b", "<a><b>" },
	{ "'a b' \"c d\"", "<a b><c d>" },
	{ "a'b c'\"d\"e", "<ab cde>" },
	{ "'' \"\" x", "<><><x>" },
	{ "a\\\\ b", "<a\\><b>" },
	{ "a\\ b", "<a b>" },
	{ "\\'x", "<'x>" },
	{ "\"\\\"\\a\\$\"", "<\"\\a$>" },
	{ "'\\a'", "<\\a>" },
	{ "a\\", "ends with a lone backslash" },
	{ "'a", "a ' is missing at the end" },
	{ "\"a", "a \" is missing at the end" },
	{ "\"a\\", "ends with a lone backslash" },
	{ "# not a comment", "<#><not><a><comment>" },
	/* What came from a variable: quotes are nothing special, blanks only outside of quotes. */
	{ F "it's" E, "<it's>" },
	{ F "a b" E "c", "<a><bc>" },
	{ "\"" F "a b\"" E "\"", "<a b\">" },
	{ "'x" F "'" E "'", "<x'>" },
	{ F E, "" },
	{ "a " F E " b", "<a><b>" },
	{ "\"" F E "\"", "<>" },
	{ F " a\\ " E, "<a\\>" },
	/* What is known later: in one piece, whatever its default holds. */
	{ "x\001PORT:-it's a\002y z", "<x\001PORT:-it's a\002y><z>" },
	{ "'\001PORT\002 b'", "<\001PORT\002 b>" },
};

static void splits_as_a_shell(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(split(cases[i][0], " \t\n"), cases[i][1]);
}

static void splits_lists_at_commas(void **state) {
	(void)state;
	assert_string_equal(split("a, b,c  'd,e'", " ,"), "<a><b><c><d,e>");
	assert_string_equal(split(",,", " ,"), "");
}

/* What words_write makes of one word. */
static const char *written(const char *word) {
	static char text[512];
	struct writer w = { .fd = memfd_create("words", 0) };
	ssize_t n;

	words_write(&w, word);
	writer_flush(&w);
	n = pread(w.fd, text, sizeof(text) - 1, 0);
	assert_true(n >= 0);
	text[n] = '\0';
	close(w.fd);
	return text;
}

static void quotes_what_needs_it(void **state) {
	(void)state;
	assert_string_equal(written("plain-1.x/y=z"), "plain-1.x/y=z");
	assert_string_equal(written(""), "''");
	assert_string_equal(written("a b"), "'a b'");
	assert_string_equal(written("it's"), "'it'\\''s'");
	assert_string_equal(written("$HOME"), "$HOME");
	assert_string_equal(written("${x}$$"), "$${x}$$$");
	assert_string_equal(written("p\001PORT:-it's\002"), "'p${PORT:-it's}'");
	assert_string_equal(written("p\001PORT\002"), "p${PORT}");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splits_as_a_shell),
		cmocka_unit_test(splits_lists_at_commas),
		cmocka_unit_test(quotes_what_needs_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
