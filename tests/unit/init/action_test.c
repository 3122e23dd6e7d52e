/* SPDX-License-Identifier: Apache-2.0 */
/* Real commands and a real application under the real loop; what they do, they write into a folder.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "init/action.h"
#include "init/app.h"
#include "init/child.h"
#include "init/environment.h"
#include "init/signals.h"
#include "tests/unit/config/loading.h"
#include "tests/unit/init/awaiting.h"

#include <cmocka.h>

#define HEAD "[discovery]\nregistry = file\n"
#define WATCH(name, action) "[watch " name "]\non-change = " action "\n"

static char folder[] = "/tmp/pintle-action-test-XXXXXX";
static char *environment[] = { "PATH=/bin:/usr/bin", NULL };
static unsigned restarts, starts, ends;
static const struct config *config;

static void restart(void) {
	restarts++;
}

static void started(void) {
	starts++;
}

static void ended(void) {
	ends++;
}

static const struct app_events events = { started, ended };

/* ---- the loop ---- */

static void orphan(pid_t pid) {
	(void)pid;
}

static const char *look_up(void *context, const char *name) {
	(void)context;
	return strcmp(name, "A_HOST") == 0 ? "10.0.0.1" : NULL;
}

/* What was written to the file "out". */
static const char *written(void) {
	static char text[4096];
	int fd = open("out", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

static bool is_over(void) {
	return strstr(written(), "over") != NULL;
}

static bool nobody_is_left(void) {
	return !child_any();
}

static bool has_restarted(void) {
	return restarts > 0;
}

static bool has_started(void) {
	return starts > 0;
}

static void prepare(const char *file) {
	static const struct child_plan plan = { .environment = environment, .umask = CONFIG_NONE };
	struct error e = { 0 };

	(void)unlink("out");
	restarts = starts = ends = 0;
	config = loading_must((struct loading){ .file = file });
	environment_keep(environment);
	assert_int_equal(app_prepare(config, &events, look_up, &e), 0);
	action_prepare(&plan, look_up, restart);
	action_hold();
}

/* The n-th [watch] has changed. */
static void change(unsigned n) {
	const struct config_watch *w = config->watches;

	while (n--)
		w = w->head.next;
	action_run(&w->on_change, "watch", w->head.name);
}

/* ---- tests ---- */

static void commands_run_one_after_the_other(void **state) {
	(void)state;
	prepare(HEAD WATCH("a", "exec sh -c 'sleep 0.2; echo ${A_HOST} >>out'")
			WATCH("b", "exec sh -c 'echo b >>out'") WATCH("c", "none")
				WATCH("d", "exec sh -c 'echo over >>out'") "[app]\ncommand = x\n");
	action_release();
	for (unsigned i = 0; i < 4; i++)
		change(i);
	await(is_over);
	assert_string_equal(written(), "10.0.0.1\nb\nover\n");
	await(nobody_is_left);
}

static void what_waits_is_not_done_twice(void **state) {
	(void)state;
	prepare(HEAD WATCH("a", "exec sh -c 'echo a >>out'")
			WATCH("b", "exec sh -c 'echo over >>out'") "[app]\ncommand = x\n");
	for (unsigned i = 0; i < 5; i++)
		change(0);
	change(1);
	action_release();
	await(is_over);
	assert_string_equal(written(), "a\nover\n");
	await(nobody_is_left);
}

static void nothing_is_done_before_the_application_is_ready(void **state) {
	(void)state;
	prepare(HEAD WATCH("a", "exec sh -c 'echo a >>out'") WATCH("b", "restart")
			WATCH("c", "exec sh -c 'echo over >>out'") "[app]\ncommand = x\n");
	change(0);
	change(1);
	await(nobody_is_left);
	action_hold(); /* it was started with what there was to know */
	change(2);
	action_release();
	await(is_over);
	assert_string_equal(written(), "over\n");
	assert_int_equal(restarts, 0);
	await(nobody_is_left);
}

static void what_cannot_run_holds_nobody_up(void **state) {
	(void)state;
	prepare(HEAD WATCH("a", "exec /does/not/exist") WATCH("b", "exec false")
			WATCH("c", "exec true ${D_HOST:?which}") WATCH("d", "exec sleep 100")
				WATCH("e", "exec sh -c 'echo over >>out'") "[app]\ncommand = x\n");
	action_release();
	for (unsigned i = 0; i < 5; i++)
		change(i);
	await(is_over); /* after five seconds: sleep is killed */
	await(nobody_is_left);
}

static void at_the_end_nothing_is_done_any_more(void **state) {
	(void)state;
	prepare(HEAD WATCH("a", "exec sh -c 'echo over >>out; sleep 100'")
			WATCH("b", "exec sh -c 'echo b >>out'") "[app]\ncommand = x\n");
	action_release();
	change(0);
	change(1);
	await(is_over);
	action_end();
	change(1);
	await(nobody_is_left);
	assert_string_equal(written(), "over\n");
}

static void the_application_gets_the_signal(void **state) {
	(void)state;
	prepare("[app]\ncommand = sh -c 'trap \"echo over >>out; exit\" USR1; "
		"echo up >>out; while :; do sleep 0.05; done'\n" HEAD WATCH("a", "signal USR1"));
	assert_int_equal(app_start(false), 0);
	await(has_started);
	while (!strstr(written(), "up"))
		continue;
	action_release();
	change(0);
	await(is_over);
	await(nobody_is_left);
	assert_int_equal(ends, 1);
}

static void a_restart_is_the_lifecycles(void **state) {
	(void)state;
	prepare(HEAD WATCH("a", "restart") "[app]\ncommand = x\n");
	action_release();
	change(0);
	assert_int_equal(restarts, 0);
	await(has_restarted);
	assert_int_equal(restarts, 1);
}

/* Orphans of the commands are ours, as PID 1's would be. */
static int set_up(void **state) {
	(void)state;
	signals_hold();
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (!mkdtemp(folder) || chdir(folder) < 0 || loop_init() < 0)
		return -1;
	awaiting_children(orphan);
	return 0;
}

static int tidy_up(void **state) {
	(void)state;
	(void)unlink("out");
	return rmdir(folder);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_run_one_after_the_other),
		cmocka_unit_test(what_waits_is_not_done_twice),
		cmocka_unit_test(nothing_is_done_before_the_application_is_ready),
		cmocka_unit_test(what_cannot_run_holds_nobody_up),
		cmocka_unit_test(at_the_end_nothing_is_done_any_more),
		cmocka_unit_test(the_application_gets_the_signal),
		cmocka_unit_test(a_restart_is_the_lifecycles),
	};

	return cmocka_run_group_tests(tests, set_up, tidy_up);
}
