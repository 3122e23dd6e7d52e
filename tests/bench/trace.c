/* SPDX-License-Identifier: Apache-2.0 */
/* System calls of all processes from the init's exec to the application's, that one included. */
#include <signal.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <linux/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

enum { EVENT_SHIFT = 16, SYSCALL_STOP = SIGTRAP | 0x80 }; /* ptrace(2), PTRACE_O_TRACESYSGOOD */

/* The system call that it is about to make; -1 if it has made one. */
static long call_of(pid_t pid) {
	struct ptrace_syscall_info info;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return -1;
	return (long)info.entry.nr;
}

/* What to pass on to a process that stopped: its signal, unless it is ptrace's own. */
static int signal_of(int status) {
	int number = WSTOPSIG(status);
	return number == SIGTRAP || number == SIGSTOP || number == SYSCALL_STOP ? 0 : number;
}

/* What the init has in memory, in kB: at the end of a start the most it ever had. */
static double memory(pid_t init) {
	char path[64], line[256];
	double kilobytes = 0;
	snprintf(path, sizeof path, "/proc/%d/smaps_rollup", init);
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f) && sscanf(line, "Rss: %lf", &kilobytes) != 1)
		;
	if (f)
		fclose(f);
	return kilobytes;
}

/* Returns -1 if the application is never executed. */
static int count(pid_t init, double *rss) {
	int calls = 0, status;
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		if (pid < 0 || (pid == init && !WIFSTOPPED(status)))
			return -1;
		if (!WIFSTOPPED(status))
			continue;
		if (status >> EVENT_SHIFT == PTRACE_EVENT_EXEC)
			return calls;
		long call = WSTOPSIG(status) == SYSCALL_STOP ? call_of(pid) : -1;
		calls += call >= 0;
		if (call == SYS_execve && pid != init)
			*rss = memory(init);
		ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)signal_of(status));
	}
}

/* All that is traced has to be waited for here, else the end of the namespace waits for us. */
static void end_all(struct run *r) {
	kill(r->pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
	spawn_close(r);
}

bool trace(enum candidate_id c, int *calls, double *rss) {
	static const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK |
				    PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
				    PTRACE_O_EXITKILL;
	struct run r;

	spawn_only(c, SPAWN_MOUNTS | SPAWN_TRACED | SPAWN_IDLE, &r);
	if (waitpid(r.pid, NULL, __WALL) != r.pid ||
	    ptrace(PTRACE_SETOPTIONS, r.pid, NULL, (void *)options) < 0)
		return end_all(&r), false;
	ptrace(PTRACE_SYSCALL, r.pid, NULL, NULL);
	*rss = 0;
	*calls = count(r.pid, rss);
	end_all(&r);
	return *calls >= 0;
}

static bool has_veth(enum candidate_id c) {
	return c == PINTLE_VETH || (c >= PINTLE_ONE && c <= STEPS_MANY);
}

void trace_measure(const struct options *o) {
	(void)o;
	for (enum candidate_id c = REF0; c < CANDIDATES; c++) {
		double rss;
		int calls;
		if (!candidate_usable(c) || candidates[c].form == ALONE)
			continue;
		if (world_new_network(has_veth(c)) && registry_open() && trace(c, &calls, &rss))
			sample_add(SYSCALLS, c, calls);
		registry_close();
		(void)unlink("/run/pintle.sock");
		world_old_network();
	}
}
