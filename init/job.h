/* SPDX-License-Identifier: Apache-2.0 */
/* [job NAME]: what else is run around the application. Jobs of a moment (pre-start, post-start,
 * pre-stop, post-stop) run one after the other in the order of the file; lasting ones (alongside,
 * every) run on their own. Each has a session and process group of its own and reads /dev/null. */
#ifndef INIT_JOB_H
#define INIT_JOB_H

#include <stdbool.h>
#include <sys/types.h>

#include "config/config.h"
#include "init/child.h"

/* What the lifecycle is told, always from the loop and never from within a function below. */
struct job_events {
	/* failure NULL: the last job of the moment has ended. Else one with on-failure = fail has
	 * failed ("job migrate: ended with status 3", not logged yet), and the jobs of its moment
	 * behind it are not run; it may be a lasting one. */
	void (*done)(enum config_when, const char *failure);
};

/* Finds out what can be known before the start; nothing is allocated later. base is app_plan(),
 * read at each start: its program, terminal and haste do not count, its directory and rights do.
 * Commands are filled in by lookup at each run. Fails with a line that names the job. */
int job_prepare(const struct config *, const struct child_plan *base, config_lookup *,
		const struct job_events *, struct error *);

/* Whether there is any of this moment. */
bool job_has(enum config_when);

/* Runs all of this moment, then calls done, also where there is none. What another moment still
 * runs is cut. */
void job_run(enum config_when);
/* KILLs what job_run has running, with its process group; its done is not called any more. */
void job_cut(void);

/* Starts those that run alongside, and the clocks of the others. Once. */
void job_begin_lasting(void);
/* Starts them no more; TERM and CONT to the groups of those that run, KILL after leftover-timeout.
 */
void job_end_lasting(void);

/* For --status. */
struct job_view {
	const char *name;
	char when[32]; /* "every 30s" */
	const char *state; /* waiting, running, ending, done, failed */
	pid_t pid; /* 0: it does not run */
	unsigned runs; /* begun */
	int status; /* that the last one exited with, or 128+n; CONFIG_NONE: none has ended */
};

/* The i-th of the file; false: there are no more. */
bool job_view(unsigned i, struct job_view *);

#endif
