/* SPDX-License-Identifier: Apache-2.0 */
/* What comes is told the same way, wherever it is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "init/agent/scanner.h"

#include <cmocka.h>

static char told[65536];
static size_t length;

/* "path=text;" for a string, "path:text;" for others, "path.;" for an end, "!" where it is cut. */
static void found(struct scanner *s, enum scanner_kind kind) {
	static const char *const between[] = { "=", ":", ":", "." };

	assert_int_equal(s->text[s->length], '\0');
	if (length < sizeof(told) - 2 * SCANNER_TEXT)
		length += (size_t)sprintf(told + length, "%s%s%s%s;", s->path, between[kind],
					  s->length < 100 ? s->text : "...", s->cut ? "!" : "");
}

static bool scan(const char *text, size_t size, size_t piece) {
	static struct scanner s = { .found = found };

	length = 0;
	told[0] = '\0';
	scanner_begin(&s);
	for (size_t at = 0; at < size; at += piece)
		if (scanner_feed(&s, text + at, size - at < piece ? size - at : piece) < 0)
			return false;
	return scanner_end(&s);
}

static void takes(const char *text, const char *tells) {
	for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
		if (!scan(text, strlen(text), piece))
			fail_msg("refused: %s (pieces of %zu)", text, piece);
		if (tells)
			assert_string_equal(told, tells);
	}
}

static void refuses(const char *text) {
	for (size_t piece = 1; piece <= strlen(text) + 1; piece++)
		if (scan(text, strlen(text), piece))
			fail_msg("taken: %s (pieces of %zu)", text, piece);
}

static void values_have_paths(void **state) {
	(void)state;
	takes("[]", ".;");
	takes(" { } ", ".;");
	takes("\"x\"", "=x;");
	takes("-12.5e+3", ":-12.5e+3;");
	takes("null", ":null;");
	takes("[1,[2,\"b\"],{}]", "[]:1;[][]:2;[][]=b;[].;[].;.;");
	takes("[{\"Service\":{\"ID\":\"a\",\"Tags\":[\"x\",\"y\"],\"Meta\":{\"k\":\"v\"}},\"N\":1}"
	      "]",
	      "[].Service.ID=a;[].Service.Tags[]=x;[].Service.Tags[]=y;[].Service.Tags.;"
	      "[].Service.Meta.k=v;[].Service.Meta.;[].Service.;[].N:1;[].;.;");
	takes("\t{\"a\" : true ,\r\n\"b\":[ ] }\n", "a:true;b.;.;");
}

static void escapes_are_decoded(void **state) {
	(void)state;
	takes("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "=\"\\/\b\f\n\r\t;");
	takes("\"\\u0041\\u00e9\\u20AC\\uD83D\\ude00\"", "=A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80;");
	/* Halves of a pair, and the NUL that would end a text. */
	takes("\"\\ud83dx\\ud83d\\n\\ude00\\ud83d\"",
	      "=\xef\xbf\xbdx\xef\xbf\xbd\n\xef\xbf\xbd\xef\xbf\xbd;");
	takes("\"\\ud83d\\ud83d\\ude00\"", "=\xef\xbf\xbd\xf0\x9f\x98\x80;");
	takes("\"a\\u0000b\"", "=a\x01"
			       "b;");
	takes("{\"\\u0061\":1}", "a:1;.;");
}

static void what_is_no_json_is_refused(void **state) {
	static const char *const wrong[] = {
		"",
		" ",
		"[",
		"{",
		"[1",
		"]",
		"}",
		"[}",
		"{]",
		"[1,]",
		"[,1]",
		"[1 2]",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{a:1}",
		"{1:1}",
		"\"a",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\\u12g4\"",
		"01",
		"-",
		"+1",
		"1.",
		".5",
		"1e",
		"1e+",
		"1.e3",
		"--1",
		"tru",
		"True",
		"nul",
		"nulll",
		"truefalse",
		"1 2",
		"[] []",
		"\"a\nb\"",
		"\"a\x01\"",
		"'a'",
		"[1]x",
		"NaN",
		"{\"a\":1 \"b\":2}",
		"{\"a\",1}",
		"{\"a\":1]",
		"[1}",
		"/**/1",
		"1-",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		refuses(wrong[i]);
	assert_false(scan("[\0]", 3, 3));
}

static void depth_is_limited(void **state) {
	char text[2 * SCANNER_DEPTH + 3];

	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		memset(text, '[', sizeof(text));
		memset(text + SCANNER_DEPTH + extra, ']', SCANNER_DEPTH + 1);
		text[2 * (SCANNER_DEPTH + extra)] = '\0';
		assert_int_equal(scan(text, strlen(text), 7), !extra);
	}
}

static void long_texts_are_cut(void **state) {
	char text[SCANNER_TEXT + 16];

	(void)state;
	for (size_t n = SCANNER_TEXT - 1; n <= SCANNER_TEXT + 2; n++) {
		memset(text, 'a', sizeof(text));
		text[0] = text[n + 1] = '"';
		assert_true(scan(text, n + 2, 10));
		assert_string_equal(told, n > SCANNER_TEXT ? "=...!;" : "=...;");
	}
	memset(text, '1', sizeof(text));
	assert_false(scan(text, sizeof(text), 10)); /* a number that long is none */
}

static size_t parts;

static void part(struct scanner *s) {
	assert_int_equal(s->length, SCANNER_TEXT);
	parts++;
}

static void long_texts_come_in_parts(void **state) {
	char text[3 * SCANNER_TEXT + 3];
	struct scanner s = { .found = found, .part = part };

	(void)state;
	for (size_t n = 1; n <= 3 * SCANNER_TEXT; n++) {
		memset(text, 'a', sizeof(text));
		text[0] = text[n + 1] = '"';
		parts = length = 0;
		scanner_begin(&s);
		assert_int_equal(scanner_feed(&s, text, n / 2), 0);
		assert_int_equal(scanner_feed(&s, text + n / 2, n + 2 - n / 2), 0);
		assert_true(scanner_end(&s));
		assert_int_equal(parts * SCANNER_TEXT + s.length, n);
		assert_null(strchr(told, '!'));
	}
}

/* A key that does not fit hides nothing, and is not taken for another one. */
static void long_paths_are_none(void **state) {
	char text[4096] = "{\"a\":{\"", key[300];

	(void)state;
	memset(key, 'k', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	strcat(strcat(text, key), "\":[1,{\"x\":2}]},\"b\":3}");
	takes(text, "a.\n[]:1;a.\n[].x:2;a.\n[].;a.\n.;a.;b:3;.;");
	for (size_t n = 150; n < SCANNER_PATH + 2; n++) {
		key[n] = '\0';
		sprintf(text, "{\"%s\":[[[{\"%s\":[1]}]]],\"b\":3}", key, key);
		assert_true(scan(text, strlen(text), 64));
		assert_non_null(strstr(told, ";b:3;.;"));
		key[n] = 'k';
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_paths),          cmocka_unit_test(escapes_are_decoded),
		cmocka_unit_test(what_is_no_json_is_refused), cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(long_texts_are_cut),         cmocka_unit_test(long_paths_are_none),
		cmocka_unit_test(long_texts_come_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
