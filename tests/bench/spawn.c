/* SPDX-License-Identifier: Apache-2.0 */
/* Starts a candidate with the application and talks to it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"

enum { PATIENCE = 5000 /* ms */, ARGUMENTS = 8, STACK = 65536 };

static char *environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			       "HOSTNAME=6d1a2f0c9b7e", "HOME=/root", "TERM=xterm", NULL };

static cpu_set_t candidate_cpu;

/* What the child needs; it shares the harness's memory and runs on a stack of its own. */
struct launch {
	const char *arguments[ARGUMENTS];
	int in, out, flags;
	int64_t executed;
};

int64_t spawn_now(void) {
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

void spawn_pin(bool apart) {
	int last = (int)sysconf(_SC_NPROCESSORS_ONLN) - 1;
	cpu_set_t harness;
	CPU_ZERO(&candidate_cpu);
	CPU_ZERO(&harness);
	CPU_SET(last, &candidate_cpu);
	CPU_SET(apart ? 0 : last, &harness);
	(void)sched_setaffinity(0, sizeof harness, &harness);
}

/* Only system calls and their thin wrappers are allowed here. */
static int child(void *argument) {
	struct launch *l = argument;
	struct timespec t;

	dup2(l->in, 0);
	dup2(l->out, 1);
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
	signal(SIGPIPE, SIG_DFL);
	if (l->flags & SPAWN_MOUNTS)
		mount("proc", "/proc", "proc", 0, NULL);
	sched_setaffinity(0, sizeof candidate_cpu, &candidate_cpu);
	if (l->flags & SPAWN_TRACED)
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	clock_gettime(CLOCK_MONOTONIC, &t);
	l->executed = t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
	execve(l->arguments[0], (char **)l->arguments, environment);
	_exit(127);
}

static void collect_arguments(enum candidate_id c, struct launch *l) {
	unsigned n = 0;
	for (const char *const *a = candidates[c].arguments; *a; a++)
		l->arguments[n++] = *a;
	if (candidates[c].form == ALONE)
		return;
	if (candidates[c].form == DASHES)
		l->arguments[n++] = "--";
	l->arguments[n] = candidates[NONE].arguments[0];
}

static void check(bool good, const char *what) {
	if (good)
		return;
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

void spawn_only(enum candidate_id c, int flags, struct run *r) {
	static char stack[STACK] __attribute__((aligned(16)));
	struct launch l = { .flags = flags };
	int in[2], out[2];

	collect_arguments(c, &l);
	check(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "pipe");
	l.in = in[0];
	l.out = out[1];
	r->pid = clone(child, stack + STACK,
		       CLONE_VM | CLONE_VFORK | CLONE_NEWPID | SIGCHLD |
			       (flags & SPAWN_MOUNTS ? CLONE_NEWNS : 0),
		       &l);
	check(r->pid > 0, "clone");
	close(in[0]);
	close(out[1]);
	r->commands = in[1];
	r->moments = out[0];
	r->executed = l.executed;
	if (!(flags & SPAWN_IDLE)) {
		close(r->commands);
		r->commands = -1;
	}
}

bool spawn(enum candidate_id c, int flags, struct run *r) {
	spawn_only(c, flags, r);
	r->started = spawn_moment(r);
	if (r->started >= 0)
		return true;
	candidates[c].failures++;
	spawn_end(r);
	return false;
}

int64_t spawn_moment(const struct run *r) {
	struct pollfd p = { .fd = r->moments, .events = POLLIN };
	int64_t moment;
	if (poll(&p, 1, PATIENCE) != 1 || read(r->moments, &moment, sizeof moment) != sizeof moment)
		return -1;
	return moment;
}

unsigned spawn_moments(const struct run *r) {
	struct pollfd p = { .fd = r->moments, .events = POLLIN };
	unsigned count = 0;
	int64_t moment;
	while (poll(&p, 1, 0) == 1 && read(r->moments, &moment, sizeof moment) == sizeof moment)
		count++;
	return count;
}

bool spawn_command(const struct run *r, char command) {
	return write(r->commands, &command, 1) == 1;
}

void spawn_close(struct run *r) {
	if (r->commands >= 0)
		close(r->commands);
	close(r->moments);
	r->commands = r->moments = -1;
}

static void kill_and_wait(pid_t pid) {
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
}

void spawn_end(struct run *r) {
	kill_and_wait(r->pid);
	spawn_close(r);
}

static void rung(int number) {
	(void)number;
}

int spawn_wait(const struct run *r) {
	struct sigaction action = { .sa_handler = rung };
	int status;

	sigaction(SIGALRM, &action, NULL);
	alarm(PATIENCE / 1000);
	pid_t ended = waitpid(r->pid, &status, 0);
	alarm(0);
	if (ended == r->pid)
		return status;
	kill_and_wait(r->pid);
	return -1;
}

int64_t spawn_cpu(const struct run *r) {
	struct timespec t;
	clockid_t id;
	if (clock_getcpuclockid(r->pid, &id) != 0 || clock_gettime(id, &t) < 0)
		return -1;
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}
