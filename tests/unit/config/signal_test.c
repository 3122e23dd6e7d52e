/* SPDX-License-Identifier: Apache-2.0 */
#include "config/signal.h"

#include <signal.h>
#include <stdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text;
	int signal;
} readings[] = {
	{ "TERM", SIGTERM },
	{ "SIGTERM", SIGTERM },
	{ "sigterm", SIGTERM },
	{ "15", 15 },
	{ "WINCH", SIGWINCH },
	{ "IOT", SIGABRT },
	{ "CLD", SIGCHLD },
	{ "POLL", SIGIO },
	{ "RTMIN", 34 },
	{ "SIGRTMIN+3", 37 },
	{ "RTMIN+0", 34 },
	{ "RTMIN+30", 64 },
	{ "RTMAX", 64 },
	{ "RTMAX-30", 34 },
	{ "64", 64 },
	{ "1", SIGHUP },
	{ "", -1 },
	{ "SIG", -1 },
	{ "0", -1 },
	{ "65", -1 },
	{ "-1", -1 },
	{ "+1", -1 },
	{ "TERM ", -1 },
	{ "RTMIN+31", -1 },
	{ "RTMAX+1", -1 },
	{ "RTMIN-1", -1 },
	{ "RTMIN+", -1 },
	{ "RTMIN+ 1", -1 },
	{ "15x", -1 },
	{ "SIGSIGTERM", -1 },
	{ "EXIT", -1 },
	{ "99999999999", -1 },
};

static void reads_names_and_numbers(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++)
		assert_int_equal(signal_number(readings[i].text), readings[i].signal);
}

static void reads_what_it_writes(void **state) {
	char text[SIGNAL_TEXT];

	(void)state;
	for (int i = 1; i <= SIGNAL_RTMAX; i++)
		assert_int_equal(signal_number(signal_text(i, text)), i);
	assert_string_equal(signal_text(SIGKILL, text), "KILL");
	assert_string_equal(signal_text(37, text), "RTMIN+3");
	assert_string_equal(signal_text(32, text), "32");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_names_and_numbers),
		cmocka_unit_test(reads_what_it_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
