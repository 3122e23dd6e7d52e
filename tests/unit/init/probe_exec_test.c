/* SPDX-License-Identifier: Apache-2.0 */
/* Real commands, reaped every few milliseconds. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init/probe_exec.h"

#include <cmocka.h>

enum { PATIENCE = 30, REAP = 5, TEXT = 512 };

static struct config_check check;
static struct probe_list probes;
static struct child_plan base;
static char *environment[] = { "PATH=/usr/bin:/bin", "A=b", NULL };
static struct loop_timer reaper, end;

static unsigned count, stop_after;
static bool last_good;
static char last_why[TEXT];

static void tell(unsigned probe, bool good, const char *why) {
	assert_int_equal(probe, 0);
	last_good = good;
	snprintf(last_why, sizeof(last_why), "%s", why);
	if (++count == stop_after)
		loop_stop();
}

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

static const char *look_up(void *context, const char *name) {
	(void)context;
	return strcmp(name, "PORT_WEB") == 0 ? "8080" : NULL;
}

static int set_up(void **state) {
	(void)state;
	alarm(PATIENCE);
	count = 0;
	check = (struct config_check){ .interval = 100, .timeout = 10000, .rise = 1, .fall = 1 };
	base = (struct child_plan){ .environment = environment, .umask = CONFIG_NONE };
	reaper.fire = reap;
	end.fire = over;
	return 0;
}

static void begin(const char *const *argv) {
	check.exec = argv;
	probes.count = 1;
	probes.items[0] = (struct probe){ .config = &check };
	probe_exec_init(&probes, &base, look_up, tell);
	loop_arm(&reaper, REAP);
	probe_exec_begin();
}

static void run_until(unsigned results) {
	stop_after = results;
	if (count < results)
		loop_run();
}

static void run_for(int64_t ms) {
	stop_after = 0;
	loop_arm(&end, ms);
	loop_run();
}

/* Until all it started are gone. */
static int tear_down(void **state) {
	(void)state;
	probe_exec_end();
	while (child_reap(orphan))
		usleep(1000);
	loop_disarm(&reaper);
	return 0;
}

#define COMMAND(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define SHELL(text) COMMAND("sh", "-c", text)

static void assert_result(const char *const *argv, bool good, const char *why) {
	begin(argv);
	run_until(1);
	assert_int_equal(last_good, good);
	assert_string_equal(last_why, why);
}

static void the_status_decides(void **state) {
	(void)state;
	assert_result(COMMAND("true"), true, "ended with status 0");
}

static void a_failure_says_why(void **state) {
	(void)state;
	assert_result(SHELL("exit 7"), false, "ended with status 7");
}

static void a_signal_is_named(void **state) {
	(void)state;
	assert_result(SHELL("kill -KILL $$"), false, "was killed by signal KILL");
}

static void a_missing_program_is_named(void **state) {
	(void)state;
	assert_result(COMMAND("/no/such/program"), false,
		      "/no/such/program: No such file or directory");
}

static void the_last_line_is_kept(void **state) {
	(void)state;
	assert_result(SHELL("echo one; echo two >&2; printf '\\n\\r\\n'; exit 1"), false,
		      "ended with status 1: two");
}

static void an_unfinished_line_counts(void **state) {
	(void)state;
	assert_result(SHELL("echo one; printf 'tw\\033o\\303\\244'"), true,
		      "ended with status 0: tw?o??");
}

static void a_long_line_is_cut(void **state) {
	(void)state;
	begin(SHELL("printf %1000s x | tr ' ' y; exit 1"));
	run_until(1);
	assert_string_equal(last_why + strspn(last_why, "ended with status 1: "),
			    strchr(last_why, 'y'));
	assert_in_range(strlen(last_why), 100, 200);
}

static void words_are_filled_in_and_input_is_empty(void **state) {
	(void)state;
	assert_result(COMMAND("sh", "-c", "cat; echo \"$1 $A\"", "sh", "port \1PORT_WEB\2"), true,
		      "ended with status 0: port 8080 b");
}

static void the_time_is_limited_for_the_whole_group(void **state) {
	int64_t before = loop_now();

	(void)state;
	check.timeout = 100;
	assert_result(SHELL("echo here; sleep 100 | sleep 100"), false, "took too long: here");
	assert_in_range(loop_now() - before, 100, 10000);
	probe_exec_end();
	for (int i = 0; i < 1000 && child_reap(orphan); i++)
		usleep(10000);
	assert_false(child_reap(orphan)); /* or a sleep of 100 s would still be ours */
}

static void who_keeps_the_pipe_open_is_not_waited_for(void **state) {
	int64_t before = loop_now();

	(void)state;
	assert_result(SHELL("echo left; setsid sleep 2 & exit 3"), false,
		      "ended with status 3: left");
	assert_in_range(loop_now() - before, 0, 1900);
}

static void it_is_repeated(void **state) {
	int64_t before = loop_now();

	(void)state;
	begin(COMMAND("true"));
	run_until(4);
	assert_in_range(loop_now() - before, 300, 10000);
}

static void after_the_end_there_is_no_result(void **state) {
	(void)state;
	begin(SHELL("sleep 0.1; exit 1"));
	run_for(20);
	probe_exec_end();
	run_for(300);
	assert_int_equal(count, 0);
	probe_exec_begin();
	run_until(1);
	assert_string_equal(last_why, "ended with status 1");
}

/* What is being killed still has no result; the next look waits for it. */
static void it_begins_anew_at_once(void **state) {
	(void)state;
	begin(SHELL("sleep 0.2"));
	run_for(20);
	probe_exec_begin();
	probe_exec_begin();
	run_until(1);
	assert_true(last_good);
	assert_string_equal(last_why, "ended with status 0");
}

static unsigned open_descriptors(void) {
	DIR *directory = opendir("/proc/self/fd");
	unsigned n = 0;

	while (readdir(directory))
		n++;
	closedir(directory);
	return n;
}

static void no_descriptor_is_left(void **state) {
	unsigned before;

	(void)state;
	check.interval = 10;
	begin(SHELL("echo x; false"));
	run_until(2);
	before = open_descriptors();
	run_until(20);
	assert_in_range(open_descriptors(), before - 2, before + 2);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_status_decides, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_failure_says_why, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_signal_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_missing_program_is_named, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_last_line_is_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_unfinished_line_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_long_line_is_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(words_are_filled_in_and_input_is_empty, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_time_is_limited_for_the_whole_group, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(who_keeps_the_pipe_open_is_not_waited_for, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(it_is_repeated, set_up, tear_down),
		cmocka_unit_test_setup_teardown(after_the_end_there_is_no_result, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(it_begins_anew_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_descriptor_is_left, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
