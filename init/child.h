/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes: started through a table of named steps, reaped by one loop, told apart by pid.
 * A new thing that a child needs before it runs is a step in child.c. */
#ifndef INIT_CHILD_H
#define INIT_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/error.h"
#include "init/loop.h"

struct rights;

/* A step that failed between fork and exec, as the child reports it. */
struct child_failure {
	int step; /* 0: none failed */
	int error; /* errno */
};

/* Zeroed by its owner, who sets the callbacks. */
struct child {
	pid_t pid; /* 0: not running */
	void (*started)(
		struct child *); /* its program runs; perhaps called before child_start returns */
	void (*ended)(struct child *,
		      int wait_status); /* reaped; child_start may be called again */
	void (*stopped)(struct child *, int signal); /* NULL: never mind */
	struct child_failure
		failure; /* of the start, for child_explain; known when ended is called */
	struct loop_watch report; /* the pipe that closes when the program runs */
	struct child *next;
};

/* What a child is to be. Pointers are the caller's and must hold until started or ended. */
struct child_plan {
	const char *const *argv;
	char *const *environment;
	const char *directory; /* NULL: where pintle was started */
	const struct rights *rights; /* NULL: as we are */
	int64_t umask; /* CONFIG_NONE: as we have it */
	bool no_input; /* standard input is /dev/null */
	int output; /* a descriptor that is its standard output and error; 0: ours are */
	bool foreground; /* of our terminal, in our session; else in a session of its own */
	bool sockets; /* it gets those of handover.h */
	bool quick; /* vfork: only before the loop runs, it holds PID 1 until exec */
};

/* Starts it. -1: not even a process was to be had (errno). A step or an exec that fails ends the
 * child with 126 or 127, and failure says which. */
int child_start(struct child *, const struct child_plan *);

/* A child that runs our own code: 0 in it, its pid in the parent, -1 if none was to be had. */
pid_t child_fork(struct child *);

/* Writes why it did not start: "/bin/x: set user: Operation not permitted". */
void child_explain(const struct child *, const struct child_plan *, struct error *);

/* Reaps all that have ended, calls their ended, and orphan for those nobody knows. Returns false
 * when no child is left at all. */
bool child_reap(void (*orphan)(pid_t));

/* Of a wait status: what a shell would make of it, 128+n for signal n; and the words for it, "ended
 * with status 3" or "was killed by signal TERM". */
int child_exit_status(int wait_status);
void child_describe_end(int wait_status, char *text, size_t size);

/* Whether any that was started here is to be reaped yet. */
bool child_any(void);

/* Whether it was started here, and not merely left to us by its parent's end. */
bool child_is_known(pid_t);

#endif
