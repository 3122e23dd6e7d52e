/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "init/agent/families.h"
#include "init/streak.h"

#include <cmocka.h>

static struct config config;
static struct config_check checks[2];
static struct board posted;
static const enum message_state services[1];
static char text[FAMILIES_TEXT];

static int set_up(void **state) {
	const struct families_source source = { .config = &config,
						.board = &posted,
						.services = services };

	(void)state;
	posted = (struct board){ .phase = PHASE_RUNNING, .restarts = 7, .started = 5 };
	checks[0] = (struct config_check){ .head = { .name = "a\"b\\c", .next = &checks[1] } };
	checks[1] = (struct config_check){ .head.name = "d" };
	config.checks = NULL;
	families_init(&source);
	return 0;
}

static const char *written(void) {
	int length = families_write(text, sizeof(text));

	assert_true(length > 0);
	assert_int_equal(strlen(text), length);
	return text;
}

static void what_was_posted_is_told(void **state) {
	(void)state;
	assert_non_null(strstr(written(), "# HELP pintle_up Whether pintle runs.\n"
					  "# TYPE pintle_up gauge\npintle_up 1\n"));
	assert_non_null(strstr(text, "\npintle_phase{phase=\"running\"} 1\n"));
	assert_non_null(strstr(text, "\npintle_phase{phase=\"starting\"} 0\n"));
	assert_non_null(strstr(text, "# TYPE pintle_application_restarts_total counter\n"
				     "pintle_application_restarts_total 7\n"));
	assert_non_null(strstr(text, "\npintle_application_start_time_seconds 5\n"));
}

static void what_there_is_none_of_is_not(void **state) {
	(void)state;
	posted.started = 0;
	assert_null(strstr(written(), "start_time"));
	assert_null(strstr(text, "check"));
	assert_null(strstr(text, "registry"));
}

static void names_are_escaped(void **state) {
	(void)state;
	config.checks = checks;
	posted.checks[0] = STREAK_FAILING;
	posted.checks[1] = STREAK_PASSING;
	assert_non_null(strstr(written(), "\npintle_check_passing{check=\"a\\\"b\\\\c\"} 0\n"
					  "pintle_check_passing{check=\"d\"} 1\n"));
}

/* The memory behind is watched by the sanitizers. */
static void what_does_not_fit_is_refused(void **state) {
	int length;

	(void)state;
	config.checks = checks;
	length = families_write(text, sizeof(text));
	for (int size = 1; size <= length + 1; size++) {
		char *small = test_malloc((size_t)size);

		if (size <= length)
			assert_int_equal(families_write(small, (size_t)size), -1);
		else
			(void)families_write(small, (size_t)size); /* room for one it leaves out */
		test_free(small);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_was_posted_is_told, set_up),
		cmocka_unit_test_setup(what_there_is_none_of_is_not, set_up),
		cmocka_unit_test_setup(names_are_escaped, set_up),
		cmocka_unit_test_setup(what_does_not_fit_is_refused, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
