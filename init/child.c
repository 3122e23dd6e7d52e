/* SPDX-License-Identifier: Apache-2.0 */
#include "init/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "config/config.h"
#include "config/signal.h"
#include "init/handover.h"
#include "init/rights.h"
#include "init/signals.h"

enum { CANNOT_RUN = 126, NOT_FOUND = 127 };

static struct child *children;

/* The steps run in the child, after vfork in our own memory: system calls only, nothing is changed
 * that the parent still needs. */

/* TTOU is blocked, so a process in the background may take the terminal. */
static int step_group(const struct child_plan *p) {
	pid_t group;

	if (!p->foreground)
		return (int)setsid() < 0 && errno != EPERM ? -1 : 0;
	group = getpid();
	if (setpgid(0, 0) < 0)
		return -1;
	(void)ioctl(STDIN_FILENO, TIOCSPGRP, &group);
	return 0;
}

/* Not the application's terminal, nor what is piped to it. The lowest number that is free is 0. */
static int step_input(const struct child_plan *p) {
	if (!p->no_input)
		return 0;
	(void)close(STDIN_FILENO);
	return open("/dev/null", O_RDONLY) == STDIN_FILENO ? 0 : -1;
}

static int step_output(const struct child_plan *p) {
	if (!p->output)
		return 0;
	return dup2(p->output, STDOUT_FILENO) < 0 ? -1 : dup2(p->output, STDERR_FILENO);
}

static int step_umask(const struct child_plan *p) {
	if (p->umask != CONFIG_NONE)
		(void)umask((mode_t)p->umask);
	return 0;
}

static bool is_there; /* in the directory, by what root may */

/* As root first, who gets into places that the user can't; what fails here may work as the user. */
static int step_directory_early(const struct child_plan *p) {
	is_there = p->rights && p->directory && chdir(p->directory) == 0;
	return 0;
}

static int step_directory(const struct child_plan *p) {
	return is_there || !p->directory ? 0 : chdir(p->directory);
}

static int step_sockets(const struct child_plan *p) {
	return p->sockets ? handover_pass_on() : 0;
}

/* What came meanwhile is pending, and acts now as it would on any process. */
static int step_signals(const struct child_plan *p) {
	(void)p;
	return signals_restore();
}

/* A step is either the plan's, or its rights' if it has any, and then takes this capability. */
static const struct {
	const char *name;
	int (*run)(const struct child_plan *);
	int (*assume)(const struct rights *);
	const char *takes;
} steps[] = {
	{ "process group", .run = step_group },
	{ "standard input", .run = step_input },
	{ "standard output", .run = step_output },
	{ "set limits", .assume = rights_set_limits, .takes = "SYS_RESOURCE" },
	{ "umask", .run = step_umask },
	{ "give descriptors to user", .assume = rights_give_descriptors },
	{ "directory", .run = step_directory_early },
	{ "drop capabilities", .assume = rights_drop_capabilities, .takes = "SETPCAP" },
	{ "set groups", .assume = rights_set_groups,
	  .takes = "SETGID, and a user namespace that allows it" },
	{ "set group", .assume = rights_set_gid, .takes = "SETGID" },
	{ "keep capabilities", .assume = rights_keep_capabilities },
	{ "set user", .assume = rights_set_uid, .takes = "SETUID" },
	{ "set capabilities", .assume = rights_set_capabilities },
	{ "set ambient capabilities", .assume = rights_set_ambient },
	{ "no new privileges", .assume = rights_set_no_new_privs },
	{ "directory", .run = step_directory },
	{ "hand over sockets", .run = step_sockets },
	{ "signal mask", .run = step_signals },
	/* Last, so that it need not allow what the others do. */
	{ "seccomp", .assume = rights_set_filter, .takes = "SYS_ADMIN, or no-new-privileges" },
};

enum { STEPS = sizeof(steps) / sizeof(*steps), STEP_EXEC = STEPS + 1 };

static const char *find_path(char *const *environment) {
	for (; environment && *environment; environment++)
		if (strncmp(*environment, "PATH=", 5) == 0)
			return *environment + 5;
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* Tries each directory of the PATH that the child gets. A file that is there but can't be run is
 * what the user wants to hear of, rather than that the last directory did not have it. */
static void exec_by_path(const struct child_plan *p) {
	const char *name = p->argv[0], *path = find_path(p->environment);
	char file[PATH_MAX];
	int error = ENOENT;

	while (*path) {
		int len = (int)strcspn(path, ":");

		if (snprintf(file, sizeof(file), "%.*s%s%s", len, path, len ? "/" : "", name) <
		    (int)sizeof(file))
			execve(file, (char *const *)p->argv, p->environment);
		if (errno != ENOENT && errno != ENOTDIR && (errno != EACCES || error == ENOENT))
			error = errno;
		path += len;
		path += *path == ':';
	}
	errno = error;
}

static void exec_program(const struct child_plan *p) {
	if (!*p->argv[0])
		errno = ENOENT;
	else if (strchr(p->argv[0], '/'))
		execve(p->argv[0], (char *const *)p->argv, p->environment);
	else
		exec_by_path(p);
}

static int take_step(const struct child_plan *p, int step) {
	if (steps[step].run)
		return steps[step].run(p);
	return p->rights ? steps[step].assume(p->rights) : 0;
}

/* In the child: runs the steps and the program. Returns only if one of them failed. */
static struct child_failure become(const struct child_plan *p) {
	struct child_failure f = { 0 };

	for (f.step = 1; f.step <= STEPS; f.step++)
		if (take_step(p, f.step - 1) < 0)
			break;
	if (f.step == STEP_EXEC)
		exec_program(p);
	f.error = errno;
	return f;
}

static int status_of(struct child_failure f) {
	return f.step == STEP_EXEC && f.error == ENOENT ? NOT_FOUND : CANNOT_RUN;
}

/* The parent wakes up in the middle of the exec, and may be on the same CPU. What it has to do next
 * can wait until the program runs; a signal ends the wait. */
static void go_second(void) {
	static const struct timespec while_it_starts = { .tv_nsec = 300000 };

	signals_wait(&while_it_starts);
}

/* The memory is shared until exec, so the child writes its failure where the parent reads it. */
static pid_t start_quickly(struct child *c, const struct child_plan *p) {
	struct child_failure *volatile shared = &c->failure;
	pid_t pid = vfork();

	if (pid == 0) {
		struct child_failure f = become(p);

		*shared = f;
		_exit(status_of(f));
	}
	go_second();
	return pid;
}

static void close_report(struct child *c) {
	if (c->report.fd < 0)
		return;
	loop_forget(&c->report);
	close(c->report.fd);
	c->report.fd = -1;
}

static void take_report(struct child *c) {
	ssize_t n;

	if (c->report.fd < 0)
		return;
	n = read(c->report.fd, &c->failure, sizeof(c->failure));
	if (n < 0 && errno == EAGAIN)
		return;
	close_report(c);
	if (n == 0 && c->started)
		c->started(c);
}

static void report_ready(struct loop_watch *w, uint32_t events) {
	(void)events;
	take_report(LOOP_OWNER(w, struct child, report));
}

/* In a plain init nobody waits at the loop: there the report is read when the child has ended. All
 * of pintle forks by _Fork: without threads there are no locks that fork would have to see to. */
static pid_t start_patiently(struct child *c, const struct child_plan *p) {
	int ends[2], saved;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	pid = _Fork();
	if (pid == 0) {
		struct child_failure f = become(p);

		(void)!write(ends[1], &f, sizeof(f));
		_exit(status_of(f));
	}
	saved = errno;
	close(ends[1]);
	c->report = (struct loop_watch){ .fd = ends[0], .ready = report_ready };
	if (pid < 0)
		close_report(c);
	else
		(void)loop_watch(&c->report, EPOLLIN);
	errno = saved;
	return pid;
}

static void put_in(struct child *c) {
	c->next = children;
	children = c;
}

pid_t child_fork(struct child *c) {
	pid_t pid = _Fork();

	c->failure = (struct child_failure){ 0 };
	c->report.fd = -1;
	if (pid > 0) {
		c->pid = pid;
		put_in(c);
	}
	return pid;
}

int child_start(struct child *c, const struct child_plan *p) {
	c->failure = (struct child_failure){ 0 };
	c->report.fd = -1;
	c->pid = p->quick ? start_quickly(c, p) : start_patiently(c, p);
	if (c->pid < 0) {
		c->pid = 0;
		return -1;
	}
	put_in(c);
	if (p->quick && c->failure.step == 0 && c->started)
		c->started(c);
	return 0;
}

/* A program that is there but whose interpreter is not gives ENOENT as well. */
static bool lacks_interpreter(const struct child_plan *p, struct child_failure f) {
	return f.step == STEP_EXEC && f.error == ENOENT && strchr(p->argv[0], '/') &&
	       access(p->argv[0], F_OK) == 0;
}

/* EINVAL is how the kernel says that an id has no meaning in a user namespace. */
static void explain_step(const struct child_plan *p, struct child_failure f, struct error *e) {
	const char *takes = steps[f.step - 1].takes, *name = steps[f.step - 1].name;

	if (f.error == EPERM && takes)
		fail(e, "%s: %s: %m (it takes the capability %s)", p->argv[0], name, takes);
	else if (f.error == EINVAL && takes)
		fail(e, "%s: %s: %m (not mapped into this user namespace)", p->argv[0], name);
	else
		fail(e, "%s: %s: %m", p->argv[0], name);
}

void child_explain(const struct child *c, const struct child_plan *p, struct error *e) {
	struct child_failure f = c->failure;

	errno = f.error;
	if (lacks_interpreter(p, f))
		fail(e, "%s: the interpreter that its first line names is not there", p->argv[0]);
	else if (f.step == STEP_EXEC && f.error == EAGAIN)
		fail(e, "%s: %m (the limit nproc, for all processes of this user)", p->argv[0]);
	else if (f.step == STEP_EXEC)
		fail(e, "%s: %m", p->argv[0]);
	else if (steps[f.step - 1].run == step_directory)
		fail(e, "%s: directory %s: %m", p->argv[0], p->directory);
	else
		explain_step(p, f, e);
}

int child_exit_status(int status) {
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void child_describe_end(int status, char *text, size_t size) {
	char name[SIGNAL_TEXT];

	if (WIFSIGNALED(status))
		snprintf(text, size, "was killed by signal %s",
			 signal_text(WTERMSIG(status), name));
	else
		snprintf(text, size, "ended with status %d", WEXITSTATUS(status));
}

static struct child **find(pid_t pid) {
	struct child **at = &children;

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	return at;
}

bool child_any(void) {
	return children != NULL;
}

bool child_is_known(pid_t pid) {
	return *find(pid) != NULL;
}

static void end(struct child **at, int status) {
	struct child *c = *at;

	*at = c->next;
	c->pid = 0;
	take_report(c);
	close_report(c);
	c->ended(c, status);
}

bool child_reap(void (*orphan)(pid_t)) {
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		struct child **at = find(pid);

		if (WIFSTOPPED(status)) {
			if (*at && (*at)->stopped)
				(*at)->stopped(*at, WSTOPSIG(status));
		} else if (*at) {
			end(at, status);
		} else {
			orphan(pid);
		}
	}
	return pid == 0;
}
