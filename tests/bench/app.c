/* SPDX-License-Identifier: Apache-2.0 */
/* The application that the inits of the benchmark start. The first thing it does is to look at the
 * clock; it tells each moment of interest as nanoseconds on stdout, and takes commands of one byte
 * from stdin. It has no C library, so that its own start costs nothing. As PID 1 it leaves orphans
 * to the kernel, which reaps what a parent ignores: faster than any init can. */
#include <linux/sched.h>
#include <linux/time.h>
#include <signal.h>

#include "tests/bench/app.h"
#include "tests/bench/raw.h"

static long now(void) {
	struct timespec t;
	raw_call(__NR_clock_gettime, CLOCK_MONOTONIC, (long)&t, 0, 0);
	return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void tell(long moment) {
	raw_call(__NR_write, 1, (long)&moment, sizeof moment, 0);
}

static void handled(int number) {
	(void)number;
	tell(now());
}

static void end(int status) {
	raw_call(__NR_exit_group, status, 0, 0, 0);
}

/* A child that leaves its own child behind, which the init then has to reap. */
static void leave_orphan(void) {
	long child = raw_clone(SIGCHLD);
	if (child == 0) {
		raw_clone(SIGCHLD);
		end(0);
	}
	raw_call(__NR_wait4, child, 0, 0, 0);
}

static void obey(char command) {
	if (command == APP_EXIT) {
		tell(now());
		end(APP_STATUS);
	}
	if (command == APP_ORPHANS)
		for (int i = 0; i < APP_ORPHANS_COUNT; i++)
			leave_orphan();
	tell(now());
}

void begin(long *stack) {
	long started = now();
	static const struct raw_action action = { handled, SA_RESTART | RAW_RESTORER, raw_return,
						  0 };
	static const struct raw_action ignored = { SIG_IGN, RAW_RESTORER, raw_return, 0 };
	char command;

	(void)stack;
	raw_call(__NR_rt_sigaction, SIGTERM, (long)&action, 0, 8);
	if (raw_call(__NR_getpid, 0, 0, 0, 0) == 1)
		raw_call(__NR_rt_sigaction, SIGCHLD, (long)&ignored, 0, 8);
	tell(started);
	while (raw_call(__NR_read, 0, (long)&command, 1, 0) == 1)
		obey(command);
	end(0);
}
