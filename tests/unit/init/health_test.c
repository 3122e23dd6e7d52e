/* SPDX-License-Identifier: Apache-2.0 */
/* With commands; what the agent finds comes in the same way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init/app.h"
#include "init/child.h"
#include "init/environment.h"
#include "init/health.h"
#include "init/log.h"
#include "init/loop.h"

#include <cmocka.h>

enum { PATIENCE = 30, REAP = 5, CHECKS = 2 };

static char file[64];
static struct config config;
static const char *exists[] = { "test", "-e", file, NULL }, *fine[] = { "true", NULL };
static struct config_check checks[CHECKS];
static struct service_list services;
static struct port_list ports;
static struct net_state net;
static struct loop_timer reaper, end;
static unsigned changes, stop_after;

static void orphan(pid_t pid) {
	(void)pid;
}

static void reap(struct loop_timer *t) {
	(void)child_reap(orphan);
	loop_arm(t, REAP);
}

static void over(struct loop_timer *t) {
	(void)t;
	loop_stop();
}

static void changed(void) {
	if (++changes == stop_after)
		loop_stop();
}

static void nothing(void) {
}

static const char *look_up(void *context, const char *name) {
	(void)context;
	return name[0] ? NULL : name;
}

static int prepare(void **state) {
	static const struct app_events events = { nothing, nothing };
	static const char *command[] = { "app", NULL };
	static const struct config_log quiet = { .level = CONFIG_LOG_ERROR };
	static char *environment[] = { "PATH=/usr/bin:/bin", NULL };
	struct error e = { 0 };

	(void)state;
	alarm(PATIENCE);
	log_init(&quiet);
	snprintf(file, sizeof(file), "/tmp/health-test-%d", (int)getpid());
	reaper.fire = reap;
	end.fire = over;
	loop_arm(&reaper, REAP);
	config.app.command = command;
	config.app.umask = CONFIG_NONE;
	config.checks = checks;
	for (int i = 0; i < CHECKS; i++)
		checks[i] = (struct config_check){
			.head.name = i ? "file" : "fine",
			.head.next = i ? NULL : &checks[1],
			.exec = i ? exists : fine,
			.interval = 50,
			.timeout = 5000,
			.rise = 1,
			.fall = 2,
		};
	if (environment_copy(environment, true, &e) < 0 ||
	    app_prepare(&config, &events, look_up, &e) < 0)
		return -1;
	health_prepare(&config, &services, &ports, &net, look_up);
	return 0;
}

static void run_until(unsigned more) {
	stop_after = changes + more;
	loop_run();
}

static struct health_view view(unsigned i) {
	struct health_view v;

	assert_true(health_view(i, &v));
	return v;
}

static void all_have_to_pass(void **state) {
	struct health_view v;

	(void)state;
	assert_false(health_passes());
	assert_false(health_view(CHECKS, &v));
	assert_int_equal(view(1).state, STREAK_UNKNOWN);
	assert_string_equal(view(1).result, "");
	health_begin(changed);
	run_until(2);
	assert_int_equal(view(0).state, STREAK_PASSING);
	assert_int_equal(view(1).state, STREAK_FAILING);
	assert_string_equal(view(1).name, "file");
	assert_string_equal(view(1).target, "test");
	assert_string_equal(view(1).result, "ended with status 1");
	assert_string_equal(health_word(view(1).state), "failing");
	assert_false(health_passes());
	fclose(fopen(file, "w"));
	run_until(1);
	assert_true(health_passes());
}

static void a_new_application_begins_with_nothing(void **state) {
	(void)state;
	fclose(fopen(file, "w"));
	health_begin(changed);
	assert_int_equal(view(0).state, STREAK_UNKNOWN);
	assert_string_equal(view(0).result, "");
	assert_false(health_passes());
	run_until(2);
	assert_true(health_passes());
	health_begin(changed);
	assert_false(health_passes());
	run_until(2);
	assert_true(health_passes());
}

static void after_the_end_nothing_changes(void **state) {
	unsigned before;

	(void)state;
	unlink(file);
	health_begin(changed);
	health_end();
	before = changes;
	loop_arm(&end, 300);
	loop_run();
	assert_int_equal(changes, before);
	assert_int_equal(view(0).state, STREAK_UNKNOWN);
}

static int clean_up(void **state) {
	(void)state;
	health_end();
	unlink(file);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(all_have_to_pass, clean_up),
		cmocka_unit_test_teardown(a_new_application_begins_with_nothing, clean_up),
		cmocka_unit_test_teardown(after_the_end_nothing_changes, clean_up),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
