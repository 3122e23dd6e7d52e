/* SPDX-License-Identifier: Apache-2.0 */
#include "config/stopping.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct schema_key key;

/* What the value is written as; NULL if it was refused, and then it is untouched. */
static const char *written(value_parse *parse, value_write *write, const char *text) {
	static struct writer w;
	uint64_t field[8] = { 0 }, before[8] = { 0 };
	struct error e = { 0 };
	char copy[64];

	strcpy(copy, text);
	if (parse(&key, copy, field, &e) < 0) {
		assert_memory_equal(field, before, sizeof(field));
		assert_true(e.len > 0);
		return NULL;
	}
	w = (struct writer){ .fd = -1 };
	write(&key, field, &w);
	writer_char(&w, '\0');
	return w.bytes;
}

#define SIGNALS(text) written(stopping_parse_signals, stopping_write_signals, text)
#define STEP(text) written(stopping_parse_step, stopping_write_step, text)
#define EXIT(text) written(stopping_parse_exit, stopping_write_exit, text)

static void sets_of_signals(void **state) {
	(void)state;
	assert_string_equal(SIGNALS("TERM"), "TERM");
	assert_string_equal(SIGNALS(" 15,  sigint\tRTMAX "), "INT TERM RTMIN+30");
	assert_string_equal(SIGNALS("1 32"), "HUP 32");
	assert_null(SIGNALS(""));
	assert_null(SIGNALS(" , "));
	assert_null(SIGNALS("TERM KILL"));
	assert_null(SIGNALS("STOP"));
	assert_null(SIGNALS("17")); /* CHLD */
	assert_null(SIGNALS("TERM;INT"));
}

static void sets_grow(void **state) {
	uint64_t set = 0;
	char first[] = "TERM", second[] = "HUP";
	struct error e = { 0 };

	(void)state;
	assert_int_equal(stopping_parse_signals(&key, first, &set, &e), 0);
	assert_int_equal(stopping_parse_signals(&key, second, &set, &e), 0);
	assert_int_equal(set, 1u << (SIGTERM - 1) | 1u << (SIGHUP - 1));
}

static void steps(void **state) {
	(void)state;
	assert_string_equal(STEP("QUIT"), "QUIT");
	assert_string_equal(STEP("  usr1   1500ms "), "USR1 1500ms");
	assert_string_equal(STEP("KILL 0"), "KILL 0");
	assert_null(STEP(""));
	assert_null(STEP("STOP"));
	assert_null(STEP("CONT 1s"));
	assert_null(STEP("CHLD"));
	assert_null(STEP("USR1 5"));
	assert_null(STEP("5s USR1"));
	assert_null(STEP("USR1 5s TERM"));
}

static void exits(void **state) {
	(void)state;
	assert_string_equal(EXIT("143=0"), "143=0");
	assert_string_equal(EXIT("stop:0=255"), "stop:0=255");
	assert_null(EXIT("143"));
	assert_null(EXIT("143="));
	assert_null(EXIT("=0"));
	assert_null(EXIT("256=0"));
	assert_null(EXIT("1=256"));
	assert_null(EXIT("1=2=3"));
	assert_null(EXIT("STOP:1=2"));
	assert_null(EXIT("stop: 1=2"));
	assert_null(EXIT("TERM=0"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_of_signals),
		cmocka_unit_test(sets_grow),
		cmocka_unit_test(steps),
		cmocka_unit_test(exits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
