/* SPDX-License-Identifier: Apache-2.0 */
/* Real jobs from real files under the real loop; what they do, they write into a folder. */
#include <dirent.h>
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
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/environment.h"
#include "init/job.h"
#include "init/log.h"
#include "init/signals.h"
#include "tests/unit/config/loading.h"
#include "tests/unit/init/awaiting.h"

#include <cmocka.h>

static char folder[] = "/tmp/pintle-job-test-XXXXXX";
static char *environment[] = { "PATH=/bin:/usr/bin", "HOME=/nowhere", "X=y", NULL };
static const struct child_plan app = {
	.environment = environment,
	.directory = folder,
	.umask = CONFIG_NONE,
	.foreground = true,
	.quick = true,
};

/* What came of it. */
static unsigned dones, orphans;
static enum config_when when;
static char failure[ERROR_TEXT];

static void done(enum config_when w, const char *text) {
	dones++;
	when = w;
	snprintf(failure, sizeof(failure), "%s", text ? text : "");
}

static const struct job_events events = { .done = done };

/* ---- the loop ---- */

static void orphan(pid_t pid) {
	(void)pid;
	orphans++;
}

/* Also what the jobs have left behind. */
static void reap_all(void) {
	int64_t deadline = loop_now() + AWAITING_PATIENCE;

	while (child_reap(orphan))
		assert_true(loop_now() < deadline);
}

static const char *look_up(void *context, const char *name) {
	(void)context;
	return strcmp(name, "PORT_WEB") == 0 ? "8080" : NULL;
}

static struct error mistake;

static int prepare(const char *file) {
	const struct config *c = loading_must((struct loading){ .file = file });

	dones = orphans = 0;
	mistake = (struct error){ 0 };
	return job_prepare(c, &app, look_up, &events, &mistake);
}

static struct job_view view(unsigned i) {
	struct job_view v;

	assert_true(job_view(i, &v));
	return v;
}

/* What the jobs wrote. */
static const char *written(const char *name) {
	static char text[4096];
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
	return text;
}

static void empty_folder(void) {
	DIR *d = opendir(folder);
	char path[512];

	for (struct dirent *e; d && (e = readdir(d));) {
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		(void)(unlink(path) < 0 && rmdir(path));
	}
	if (d)
		closedir(d);
}

static bool is_done(void) {
	return dones > 0;
}

static bool is_up(void) {
	return *written("up") != '\0';
}

static bool is_made(void) {
	char path[128];

	snprintf(path, sizeof(path), "%s/up", folder);
	return access(path, F_OK) == 0;
}

static bool is_idle(void) {
	struct job_view v;

	for (unsigned i = 0; job_view(i, &v); i++)
		if (v.pid)
			return false;
	return true;
}

static bool has_run(void) {
	return view(0).runs > 0 && is_idle();
}

static bool has_run_twice(void) {
	return view(0).runs == 2 && is_idle();
}

static bool has_run_often(void) {
	return view(0).runs >= 5 && is_idle();
}

static void run(const char *file, enum config_when moment) {
	assert_int_equal(prepare(file), 0);
	job_run(moment);
	assert_int_equal(dones, 0);
	await(is_done);
	assert_int_equal(when, moment);
}

/* ---- one after the other ---- */

static void jobs_of_a_moment_run_in_order(void **state) {
	(void)state;
	run("[job b]\ncommand = sh -c 'sleep 0.1; echo b >>out'\n"
	    "[job other]\ncommand = sh -c 'echo other >>out'\nwhen = post-stop\n"
	    "[job a]\ncommand = sh -c 'echo a >>out'\n"
	    "[job c]\ncommand = sh -c 'echo c-$X-${PORT_WEB} >>out'\n[port web]\n",
	    CONFIG_PRE_START);
	assert_string_equal(failure, "");
	assert_string_equal(written("out"), "b\na\nc-y-8080\n");
	assert_string_equal(view(0).state, "done");
	assert_string_equal(view(1).state, "waiting");
	assert_int_equal(view(1).runs, 0);
	assert_int_equal(dones, 1);
	job_run(CONFIG_POST_STOP);
	dones = 0;
	await(is_done);
	assert_int_equal(when, CONFIG_POST_STOP);
	assert_string_equal(written("out"), "b\na\nc-y-8080\nother\n");
}

static void none_is_done_too(void **state) {
	(void)state;
	run("[job a]\ncommand = true\n", CONFIG_PRE_STOP);
	assert_string_equal(failure, "");
	assert_true(job_has(CONFIG_PRE_START));
	assert_false(job_has(CONFIG_PRE_STOP));
	assert_false(job_has(CONFIG_ALONGSIDE));
	run("[log]\n", CONFIG_PRE_START);
	assert_string_equal(failure, "");
	assert_false(job_has(CONFIG_PRE_START));
}

static void failures_end_it(void **state) {
	static const struct {
		const char *job, *says;
		int status;
	} rows[] = {
		{ "command = sh -c 'exit 3'", "job a: ended with status 3", 3 },
		{ "command = sh -c 'kill -KILL $$$$'", "job a: was killed by signal KILL", 137 },
		{ "command = /does/not/exist", "job a: /does/not/exist: No such file", 127 },
		{ "command = /etc", "job a: /etc: Permission denied", 126 },
		{ "command = true\ndirectory = /nowhere", "true: directory /nowhere: No such",
		  126 },
		{ "command = sleep 100\ntimeout = 150ms", "job a: killed after 150ms", 137 },
		{ "command = true ${PORT_WEB}${PORT_X:?which}\n[port x]\n", "job a: PORT_X: which",
		  CONFIG_NONE },
	};
	char file[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(file, sizeof(file),
			 "[job a]\n%s\n[job b]\ncommand = sh -c 'echo >out'\n[port web]\n",
			 rows[i].job);
		run(file, CONFIG_PRE_START);
		if (!strstr(failure, rows[i].says))
			fail_msg("'%s' does not say '%s'", failure, rows[i].says);
		assert_string_equal(view(0).state, "failed");
		assert_int_equal(view(0).status, rows[i].status);
		assert_int_equal(view(1).runs, 0);
		assert_string_equal(written("out"), "");
	}
}

static void failures_may_be_ignored(void **state) {
	(void)state;
	run("[job a]\ncommand = false\non-failure = ignore\n"
	    "[job b]\ncommand = /does/not/exist\non-failure = ignore\n"
	    "[job c]\ncommand = sh -c 'echo c >out'\n",
	    CONFIG_PRE_START);
	assert_string_equal(failure, "");
	assert_string_equal(view(1).state, "failed");
	assert_string_equal(written("out"), "c\n");
}

/* There is no descriptor left for the pipe behind a start. */
static void no_process_is_a_failure(void **state) {
	struct rlimit limit, none;
	int next;

	(void)state;
	assert_int_equal(prepare("[job a]\ncommand = true\n"), 0);
	next = dup(STDIN_FILENO);
	close(next);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = (struct rlimit){ .rlim_cur = (rlim_t)next, .rlim_max = limit.rlim_max };
	setrlimit(RLIMIT_NOFILE, &none);
	job_run(CONFIG_PRE_START);
	await(is_done);
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_string_equal(failure, "job a: starting it: Too many open files");
	assert_int_equal(view(0).status, CONFIG_NONE);
}

/* A shell may take its time until it has started them. */
static void a_timeout_is_the_groups(void **state) {
	static const char *const timeouts[] = { "200ms", "2s", "20s" };
	char file[256];

	(void)state;
	orphans = 0;
	for (size_t i = 0; orphans < 2 && i < sizeof(timeouts) / sizeof(*timeouts); i++) {
		snprintf(file, sizeof(file),
			 "[job a]\ntimeout = %s\non-failure = ignore\n"
			 "command = sh -c 'sleep 100 & sleep 100 & wait'\n",
			 timeouts[i]);
		run(file, CONFIG_PRE_START);
		reap_all();
	}
	assert_int_equal(orphans, 2);
}

/* Nor is anybody else when its time would have been over. */
static void a_job_in_time_is_not_killed(void **state) {
	(void)state;
	run("[job a]\ntimeout = 300ms\non-failure = ignore\ncommand = true\n"
	    "[job b]\ntimeout = 20s\ncommand = sh -c 'sleep 0.5; echo b >>out'\n",
	    CONFIG_PRE_START);
	assert_string_equal(failure, "");
	assert_string_equal(written("out"), "b\n");
}

static void what_is_cut_is_not_done(void **state) {
	(void)state;
	prepare("[job a]\nwhen = pre-stop\ncommand = sh -c 'echo >up; sleep 100 & wait'\n"
		"[job b]\nwhen = pre-stop\ncommand = sh -c 'echo >out'\n");
	job_run(CONFIG_PRE_STOP);
	await(is_up);
	assert_string_equal(view(0).state, "running");
	job_cut();
	job_cut();
	assert_string_equal(view(0).state, "ending");
	await(is_idle);
	assert_int_equal(dones, 0);
	assert_string_equal(view(0).state, "failed");
	assert_int_equal(view(1).runs, 0);
	reap_all();
	assert_int_equal(orphans, 1);
}

/* The same job again, while the one that was cut is still to be reaped. */
static void a_run_cuts_the_one_before(void **state) {
	(void)state;
	prepare("[job a]\nwhen = post-start\n"
		"command = sh -c 'mkdir up 2>/dev/null || exit 0; sleep 100'\n"
		"[job b]\nwhen = post-start\ncommand = sh -c 'echo b >>out'\n");
	job_run(CONFIG_POST_START);
	await(is_made);
	job_run(CONFIG_POST_START);
	await(is_done);
	assert_int_equal(dones, 1);
	assert_string_equal(failure, "");
	assert_string_equal(written("out"), "b\n");
}

/* ---- lasting ones ---- */

static void alongside_is_restarted_when_it_fails(void **state) {
	int64_t begin = loop_now();

	(void)state;
	prepare("[job a]\nwhen = alongside\ncommand = sh -c 'mkdir up 2>/dev/null && exit 3'\n"
		"[job b]\nwhen = alongside\ncommand = sh -c 'mkdir up2 2>/dev/null || exit 0'\n");
	job_begin_lasting();
	assert_int_equal(view(0).pid, 0);
	await(has_run_twice);
	assert_true(loop_now() - begin >= 1000);
	assert_string_equal(view(0).state, "waiting");
	assert_int_equal(view(0).status, 1);
	assert_string_equal(view(1).state, "done");
	assert_int_equal(view(1).runs, 1);
	job_end_lasting();
	assert_int_equal(dones, 0);
}

static void alongside_may_fail_for_good(void **state) {
	(void)state;
	prepare("[job a]\nwhen = alongside\non-failure = ignore\ncommand = false\n");
	job_begin_lasting();
	await(has_run);
	assert_string_equal(view(0).state, "failed");
	prepare("[job a]\nwhen = alongside\non-failure = fail\ncommand = sh -c 'exit 4'\n");
	job_begin_lasting();
	await(is_done);
	assert_int_equal(when, CONFIG_ALONGSIDE);
	assert_string_equal(failure, "job a: ended with status 4");
}

static void every_is_never_two_at_once(void **state) {
	int64_t begin = loop_now();

	(void)state;
	prepare("[job a]\nwhen = every 40ms\n"
		"command = sh -c 'mkdir lock || echo >out; echo >up; sleep 0.1; rmdir lock'\n");
	job_begin_lasting();
	await(is_up);
	assert_true(loop_now() - begin >= 40);
	await(has_run_often);
	assert_string_equal(written("out"), "");
	assert_true(loop_now() - begin >= 5 * 100);
	(void)job_end_lasting();
}

static void every_goes_on_after_failures(void **state) {
	(void)state;
	prepare("[job a]\nwhen = every 30ms\ntimeout = 20ms\ncommand = sleep 100\n");
	job_begin_lasting();
	await(has_run_often);
	assert_int_equal(dones, 0);
	assert_int_equal(view(0).status, 137);
	(void)job_end_lasting();
}

static void lasting_ones_end_when_told(void **state) {
	static const struct {
		const char *command, *limit;
		int status;
	} rows[] = {
		{ "trap \"exit 0\" TERM; echo >up; while :; do sleep 0.01; done", "30s", 0 },
		{ "echo >up; kill -STOP $$$$; echo >out", "30s", 143 },
		{ "sleep 100 & echo >up; wait", "30s", 143 },
		{ "trap \"\" TERM; echo >up; sleep 100", "100ms", 137 },
	};
	char file[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		empty_folder();
		snprintf(file, sizeof(file),
			 "[app]\nleftover-timeout = %s\n"
			 "[job a]\nwhen = alongside\ncommand = sh -c '%s'\n",
			 rows[i].limit, rows[i].command);
		prepare(file);
		job_begin_lasting();
		await(is_up);
		job_end_lasting();
		job_end_lasting();
		assert_string_equal(view(0).state, "ending");
		await(is_idle);
		assert_int_equal(view(0).pid, 0);
		assert_string_equal(view(0).state, "done");
		assert_int_equal(view(0).status, rows[i].status);
		assert_int_equal(view(0).runs, 1);
		reap_all();
	}
}

static void lasting_ones_are_not_cut(void **state) {
	(void)state;
	prepare("[job a]\nwhen = alongside\ncommand = sh -c 'echo >up; sleep 100'\n"
		"[job b]\nwhen = every 1h\ncommand = true\n"
		"[job c]\nwhen = post-start\ncommand = true\n");
	job_begin_lasting();
	await(is_up);
	job_run(CONFIG_POST_START);
	await(is_done);
	job_cut();
	assert_string_equal(view(0).state, "running");
	job_end_lasting();
	await(is_idle);
	assert_int_equal(view(1).runs, 0);
}

/* ---- what a job is ---- */

static void has_what_the_application_has(void **state) {
	char expected[256];
	mode_t mask = umask(022);

	(void)state;
	run("[job a]\ncommand = sh -c '{ pwd; umask; id -u; echo $HOME $X; test /dev/null -ef "
	    "/proc/self/fd/0 && echo null; ps -o sid= -o pgid= -p $$$$ | "
	    "{ read s g; test $s = $g -a $s = $$$$ && echo session; }; } >out'\n",
	    CONFIG_PRE_START);
	assert_string_equal(failure, "");
	snprintf(expected, sizeof(expected), "%s\n0022\n%d\n/nowhere y\nnull\nsession\n", folder,
		 (int)getuid());
	assert_string_equal(written("out"), expected);
	umask(mask);
}

static void has_what_it_says(void **state) {
	char file[256];

	(void)state;
	if (geteuid() != 0)
		skip();
	snprintf(file, sizeof(file),
		 "[job a]\nuser = 12345:54321\numask = 077\ndirectory = /usr\n"
		 "command = sh -c '{ pwd; umask; id -u; id -g; echo $HOME $X; } >%s/out'\n",
		 folder);
	run(file, CONFIG_PRE_START);
	assert_string_equal(failure, "");
	assert_string_equal(written("out"), "/usr\n0077\n12345\n54321\n/ y\n");
	assert_string_equal(environment_value("HOME"), "/nowhere");
}

static void home_is_what_env_says(void **state) {
	(void)state;
	if (geteuid() != 0)
		skip();
	run("[env]\nHOME = /set\n[job a]\nuser = 0\ncommand = sh -c 'echo $HOME >out'\n",
	    CONFIG_PRE_START);
	assert_string_equal(written("out"), "/nowhere\n");
}

static void mistakes_name_the_job(void **state) {
	(void)state;
	assert_int_equal(prepare("[job a]\ncommand = true\nuser = nobody-there\n"), -1);
	assert_string_equal(mistake.text, "job a: user 'nobody-there' is not in /etc/passwd");
}

static void views_tell_it_all(void **state) {
	struct job_view v;

	(void)state;
	prepare("[job a]\ncommand = true\n[job b]\ncommand = true\nwhen = every 90s\n");
	assert_string_equal(view(0).name, "a");
	assert_string_equal(view(0).when, "pre-start");
	assert_string_equal(view(0).state, "waiting");
	assert_int_equal(view(0).status, CONFIG_NONE);
	assert_string_equal(view(1).when, "every 90s");
	assert_false(job_view(2, &v));
}

static int set_up(void **state) {
	(void)state;
	empty_folder();
	if (loop_init() < 0)
		return -1;
	awaiting_children(orphan);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(jobs_of_a_moment_run_in_order, set_up),
		cmocka_unit_test_setup(none_is_done_too, set_up),
		cmocka_unit_test_setup(failures_end_it, set_up),
		cmocka_unit_test_setup(failures_may_be_ignored, set_up),
		cmocka_unit_test_setup(no_process_is_a_failure, set_up),
		cmocka_unit_test_setup(a_timeout_is_the_groups, set_up),
		cmocka_unit_test_setup(a_job_in_time_is_not_killed, set_up),
		cmocka_unit_test_setup(what_is_cut_is_not_done, set_up),
		cmocka_unit_test_setup(a_run_cuts_the_one_before, set_up),
		cmocka_unit_test_setup(alongside_is_restarted_when_it_fails, set_up),
		cmocka_unit_test_setup(alongside_may_fail_for_good, set_up),
		cmocka_unit_test_setup(every_is_never_two_at_once, set_up),
		cmocka_unit_test_setup(every_goes_on_after_failures, set_up),
		cmocka_unit_test_setup(lasting_ones_end_when_told, set_up),
		cmocka_unit_test_setup(lasting_ones_are_not_cut, set_up),
		cmocka_unit_test_setup(has_what_the_application_has, set_up),
		cmocka_unit_test_setup(has_what_it_says, set_up),
		cmocka_unit_test_setup(home_is_what_env_says, set_up),
		cmocka_unit_test_setup(mistakes_name_the_job, set_up),
		cmocka_unit_test_setup(views_tell_it_all, set_up),
	};
	const struct config_log only_errors = { .level = CONFIG_LOG_ERROR };
	int result;

	signals_hold();
	environment_keep(environment);
	log_init(&only_errors);
	if (!mkdtemp(folder) || chmod(folder, 0777) < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		return 1;
	result = cmocka_run_group_tests(tests, NULL, NULL);
	empty_folder();
	(void)rmdir(folder);
	return result;
}
