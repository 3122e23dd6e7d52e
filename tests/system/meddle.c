/* SPDX-License-Identifier: Apache-2.0 */
/* What others do to PID 1:
 *	meddle stop PID                attach as a debugger, stop it, detach
 *	meddle hold PID                attach, stop it, print "held", and wait
 *	meddle fault PID               attach, make its next instruction a fault, detach
 *	meddle novdso PROGRAM [ARG]... run the program without the kernel's vDSO, as itself
 *	meddle storm CODE              three children signal PID 1 for ever; exit with CODE
 */
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(long result, const char *what) {
	if (result < 0)
		err(1, "meddle: %s", what);
}

static void wait_for(pid_t pid) {
	int status;

	must(waitpid(pid, &status, __WALL), "wait");
	if (!WIFSTOPPED(status))
		errx(1, "meddle: it has ended");
}

static void attach(pid_t pid) {
	must(ptrace(PTRACE_SEIZE, pid, 0, 0), "seize");
	must(ptrace(PTRACE_INTERRUPT, pid, 0, 0), "interrupt");
	wait_for(pid);
}

static void detach(pid_t pid) {
	must(ptrace(PTRACE_DETACH, pid, 0, 0), "detach");
}

static void stop(pid_t pid) {
	attach(pid);
	detach(pid);
}

static void hold(pid_t pid) {
	attach(pid);
	puts("held");
	fflush(stdout);
	pause();
}

static void fault(pid_t pid) {
	struct user_regs_struct registers;

	attach(pid);
	must(ptrace(PTRACE_GETREGS, pid, 0, &registers), "registers");
	registers.rip = 8;
	registers.orig_rax = ~0ULL; /* no system call is to be begun again */
	must(ptrace(PTRACE_SETREGS, pid, 0, &registers), "registers");
	detach(pid);
}

static uint64_t word(pid_t pid, uint64_t address) {
	errno = 0;
	return (uint64_t)ptrace(PTRACE_PEEKDATA, pid, address, 0);
}

/* On the new stack: argc, arguments, 0, environment, 0, and then pairs, one of which is the place
 * of the vDSO. */
static void hide_vdso(pid_t pid) {
	struct user_regs_struct registers;
	uint64_t at;

	must(ptrace(PTRACE_GETREGS, pid, 0, &registers), "registers");
	at = registers.rsp + 8 * (word(pid, registers.rsp) + 2);
	while (word(pid, at))
		at += 8;
	for (at += 8; word(pid, at) != AT_NULL; at += 16)
		if (word(pid, at) == AT_SYSINFO_EHDR)
			must(ptrace(PTRACE_POKEDATA, pid, at, AT_IGNORE), "vDSO");
}

/* The program is our parent, who waits until it is watched. */
static void watch_exec(pid_t pid, int ready) {
	must(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXEC), "seize");
	close(ready);
	wait_for(pid);
	hide_vdso(pid);
	detach(pid);
	_exit(0);
}

static void run_without_vdso(char **argv) {
	int ends[2];
	char byte;

	must(pipe(ends), "pipe");
	if (fork() == 0) {
		close(ends[0]);
		watch_exec(getppid(), ends[1]);
	}
	close(ends[1]);
	(void)!read(ends[0], &byte, 1);
	close(ends[0]);
	execv(*argv, argv);
	err(1, "%s", *argv);
}

static void storm(int code) {
	uint64_t all = ~0ULL;

	must(syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, 8), "mask");
	for (int i = 0; i < 3; i++)
		if (fork() == 0)
			for (;;)
				kill(1, 40 + i);
	usleep(300000);
	puts("over");
	fflush(stdout);
	_exit(code);
}

int main(int argc, char **argv) {
	static const struct {
		const char *name;
		void (*act)(int);
	} acts[] = { { "stop", stop }, { "hold", hold }, { "fault", fault }, { "storm", storm } };

	if (argc > 2 && !strcmp(argv[1], "novdso"))
		run_without_vdso(argv + 2);
	for (unsigned i = 0; argc == 3 && i < sizeof(acts) / sizeof(*acts); i++)
		if (!strcmp(argv[1], acts[i].name)) {
			acts[i].act(atoi(argv[2]));
			return 0;
		}
	errx(2, "meddle: no such thing");
}
