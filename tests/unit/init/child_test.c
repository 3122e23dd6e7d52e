/* SPDX-License-Identifier: Apache-2.0 */
/* Real children: the quick start by vfork and the patient one by fork must tell the same. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/config.h"
#include "init/child.h"
#include "init/environment.h"
#include "init/handover.h"
#include "init/rights.h"

#include <cmocka.h>

struct run {
	struct child child;
	unsigned started, ended;
	int status;
};

static unsigned orphans;

static void started(struct child *c) {
	LOOP_OWNER(c, struct run, child)->started++;
}

static void ended(struct child *c, int status) {
	struct run *r = LOOP_OWNER(c, struct run, child);

	r->ended++;
	r->status = status;
}

static void orphan(pid_t pid) {
	(void)pid;
	orphans++;
}

static char *no_environment[] = { NULL };

/* Runs it to its end, each way, and hands out what was seen. */
static struct run run(struct child_plan plan, bool quick) {
	struct run r = { .child = { .started = started, .ended = ended } };
	siginfo_t i;

	plan.quick = quick;
	plan.environment = plan.environment ? plan.environment : no_environment;
	plan.umask = CONFIG_NONE;
	assert_int_equal(loop_init(), 0);
	assert_int_equal(child_start(&r.child, &plan), 0);
	assert_true(child_is_known(r.child.pid));
	assert_int_equal(waitid(P_PID, (id_t)r.child.pid, &i, WEXITED | WNOWAIT), 0);
	assert_false(child_reap(orphan));
	assert_int_equal(r.child.pid, 0);
	assert_int_equal(r.ended, 1);
	return r;
}

#define ARGV(...)                                                                                  \
	.argv = (const char *const[]) {                                                            \
		__VA_ARGS__, NULL                                                                  \
	}

static void status_and_start_are_told(void **state) {
	(void)state;
	for (int quick = 0; quick < 2; quick++) {
		struct run r = run((struct child_plan){ ARGV("/bin/sh", "-c", "exit 42") }, quick);

		assert_int_equal(r.started, 1);
		assert_true(WIFEXITED(r.status));
		assert_int_equal(WEXITSTATUS(r.status), 42);
	}
}

static void failures_name_step_and_reason(void **state) {
	static const struct rights nobody_there = {
		.asked = true,
		.changes_user = true,
		.changes_groups = true,
		.user = { .uid = 12345, .gid = 1 },
	};
	const struct {
		struct child_plan plan;
		int status;
		const char *says;
	} rows[] = {
		{ { ARGV("/does/not/exist") }, 127, "/does/not/exist: No such file" },
		{ { ARGV("does-not-exist") }, 127, "does-not-exist: No such file" },
		{ { ARGV("") }, 127, ": No such file" },
		{ { ARGV("/etc") }, 126, "/etc: Permission denied" },
		{ { ARGV("/etc/passwd") }, 126, "/etc/passwd: Permission denied" },
		{ { ARGV("/etc/passwd/x") }, 126, "Not a directory" },
		{ { ARGV("/bin/true"), .directory = "/does/not/exist" }, 126, "directory" },
		{ { ARGV("/bin/true"), .directory = "/root/x", .rights = &nobody_there },
		  126,
		  "directory" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (int quick = 0; quick < 2; quick++) {
			struct run r = run(rows[i].plan, quick);
			struct error e = { 0 };

			child_explain(&r.child, &rows[i].plan, &e);
			assert_int_equal(r.started, 0);
			assert_int_equal(WEXITSTATUS(r.status), rows[i].status);
			assert_non_null(strstr(e.text, rows[i].says));
		}
	}
}

/* A step of the rights is told by its name, with what the kernel wants for it. */
static void failures_of_rights_name_what_they_take(void **state) {
	static const struct rights root_to_be = { .changes_user = true, .changes_groups = true };
	static struct config_limit limits[CONFIG_LIMITS];
	static const struct rights files = { .limits = limits };
	static const struct rights fewer = { .changes_capabilities = true };
	const struct {
		struct child_plan plan;
		const char *says;
	} rows[] = {
		{ { ARGV("/bin/true"), .rights = &root_to_be },
		  "/bin/true: set groups: Operation not permitted (it takes the capability "
		  "SETGID, and a user namespace that allows it)" },
		{ { ARGV("/bin/true"), .rights = &files },
		  "/bin/true: set limits: Operation not permitted (it takes the capability "
		  "SYS_RESOURCE)" },
		{ { ARGV("/bin/true"), .rights = &fewer },
		  "/bin/true: drop capabilities: Operation not permitted (it takes the capability "
		  "SETPCAP)" },
	};

	(void)state;
	limits[RLIMIT_NOFILE] = (struct config_limit){ CONFIG_UNLIMITED, CONFIG_UNLIMITED, true };
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		pid_t pid = fork();
		int status;

		if (pid == 0) {
			struct error e = { 0 };
			struct run r;

			if (setresuid(99, 99, 99) < 0)
				_exit(1);
			r = run(rows[i].plan, false);
			child_explain(&r.child, &rows[i].plan, &e);
			_exit(WEXITSTATUS(r.status) != 126 || strcmp(e.text, rows[i].says) != 0);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

static void path_is_the_childs(void **state) {
	char *environment[] = { "PATH=/does/not/exist:/bin", NULL };
	struct run r;

	(void)state;
	r = run((struct child_plan){ ARGV("true"), .environment = environment }, true);
	assert_int_equal(WEXITSTATUS(r.status), 0);
	environment[0] = "PATH=/does/not/exist";
	r = run((struct child_plan){ ARGV("true"), .environment = environment }, true);
	assert_int_equal(WEXITSTATUS(r.status), 127);
}

/* The environment names the child, whose pid nobody knows before it is there. */
static void sockets_are_handed_over(void **state) {
	static char *inherited[] = { "PATH=/bin", NULL };
	static const char look[] = "test $LISTEN_PID = $$ -a $LISTEN_FDS = 1 -a -S /proc/$$/fd/3";
	static struct config_port port = { .head.name = "web", .handover = CONFIG_SOCKET };
	static const struct config config = { .ports = &port };
	struct error e = { 0 };
	int fd;

	(void)state;
	for (fd = 3; fd < 16; fd++)
		close(fd);
	assert_int_equal(handover_reserve(&config, &e), 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	handover_take(&fd);
	assert_int_equal(environment_copy(inherited, true, &e), 0);
	assert_int_equal(handover_export(&e), 0);
	for (int quick = 0; quick < 2; quick++)
		for (int sockets = 0; sockets < 2; sockets++) {
			struct child_plan plan = { ARGV("/bin/sh", "-c", look),
						   .environment = environment_all(),
						   .sockets = sockets };
			struct run r = run(plan, quick);

			assert_int_equal(WEXITSTATUS(r.status), !sockets);
		}
	handover_close();
}

static void a_signal_is_told(void **state) {
	struct run r;

	(void)state;
	r = run((struct child_plan){ ARGV("/bin/sh", "-c", "kill -KILL $$") }, true);
	assert_true(WIFSIGNALED(r.status));
	assert_int_equal(WTERMSIG(r.status), SIGKILL);
}

static void ends_are_described(void **state) {
	static const struct {
		const char *script, *says;
		int status;
	} rows[] = {
		{ "exit 0", "ended with status 0", 0 },
		{ "exit 255", "ended with status 255", 255 },
		{ "kill -TERM $$", "was killed by signal TERM", 143 },
		{ "kill -37 $$", "was killed by signal RTMIN+3", 165 },
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct run r =
			run((struct child_plan){ ARGV("/bin/bash", "-c", rows[i].script) }, true);

		child_describe_end(r.status, text, sizeof(text));
		assert_string_equal(text, rows[i].says);
		assert_int_equal(child_exit_status(r.status), rows[i].status);
	}
}

static void input_may_be_none(void **state) {
	struct child_plan plan = { ARGV("/bin/sh", "-c", "test /dev/null -ef /proc/self/fd/0") };
	int saved = dup(STDIN_FILENO), ends[2];

	(void)state;
	assert_int_equal(pipe(ends), 0);
	dup2(ends[0], STDIN_FILENO);
	for (int quick = 0; quick < 2; quick++) {
		plan.no_input = false;
		assert_int_equal(WEXITSTATUS(run(plan, quick).status), 1);
		plan.no_input = true;
		assert_int_equal(WEXITSTATUS(run(plan, quick).status), 0);
	}
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(ends[0]);
	close(ends[1]);
}

static void descriptors_may_keep_their_owners(void **state) {
	struct rights web = { .changes_user = true,
			      .changes_groups = true,
			      .keeps_owners = true,
			      .user = { .uid = 12345, .gid = 1 } };
	const struct child_plan plan = { ARGV("/bin/true"), .rights = &web };
	int saved = dup(STDIN_FILENO), ends[2];
	struct stat s;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(pipe(ends), 0);
	dup2(ends[0], STDIN_FILENO);
	assert_int_equal(WEXITSTATUS(run(plan, false).status), 0);
	assert_int_equal(fstat(STDIN_FILENO, &s), 0);
	assert_int_equal(s.st_uid, 0);
	web.keeps_owners = false;
	assert_int_equal(WEXITSTATUS(run(plan, false).status), 0);
	assert_int_equal(fstat(STDIN_FILENO, &s), 0);
	assert_int_equal(s.st_uid, 12345);
	dup2(saved, STDIN_FILENO);
	close(saved);
	close(ends[0]);
	close(ends[1]);
}

/* Denies chdir to the program and to nobody else: the steps before it may do it. */
static void a_filter_is_the_last_step(void **state) {
	static struct sock_filter code[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr) },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_chdir },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | 13 },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW },
	};
	static const struct sock_fprog good = { 4, code }, bad = { 3, code };
	struct rights rights = { .filter = &good, .keep = CONFIG_CAPABILITIES_ALL };
	struct child_plan plan = { ARGV("/bin/sh", "-c", "cd / 2>/dev/null || exit 7"),
				   .directory = "/tmp" };
	struct error e = { 0 };
	struct run r;

	(void)state;
	assert_int_equal(WEXITSTATUS(run(plan, false).status), 0);
	plan.rights = &rights;
	assert_int_equal(WEXITSTATUS(run(plan, false).status), 7);
	rights.filter = &bad;
	r = run(plan, false);
	assert_int_equal(r.started, 0);
	assert_int_equal(WEXITSTATUS(r.status), 126);
	child_explain(&r.child, &plan, &e);
	assert_non_null(strstr(e.text, "/bin/sh: seccomp: Function not implemented"));
}

static void unknown_children_are_orphans(void **state) {
	pid_t pid = fork();
	siginfo_t i;

	(void)state;
	if (pid == 0)
		_exit(0);
	orphans = 0;
	assert_int_equal(waitid(P_PID, (id_t)pid, &i, WEXITED | WNOWAIT), 0);
	assert_false(child_is_known(pid));
	assert_false(child_reap(orphan));
	assert_int_equal(orphans, 1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_are_handed_over), /* first: the loop has no descriptor yet
							    */
		cmocka_unit_test(status_and_start_are_told),
		cmocka_unit_test(failures_name_step_and_reason),
		cmocka_unit_test(failures_of_rights_name_what_they_take),
		cmocka_unit_test(path_is_the_childs),
		cmocka_unit_test(a_signal_is_told),
		cmocka_unit_test(ends_are_described),
		cmocka_unit_test(input_may_be_none),
		cmocka_unit_test(descriptors_may_keep_their_owners),
		cmocka_unit_test(a_filter_is_the_last_step),
		cmocka_unit_test(unknown_children_are_orphans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
