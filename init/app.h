/* SPDX-License-Identifier: Apache-2.0 */
/* The application: how [app] becomes a process, gets its signals, and what its end means. */
#ifndef INIT_APP_H
#define INIT_APP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"

struct child_plan;

/* What the lifecycle is told. */
struct app_events {
	void (*started)(void); /* the program runs */
	void (*ended)(void); /* reaped */
};

/* Finds out what it may do, before anything is done, and gives it its user's HOME. Returns what
 * rights_prepare does. */
int app_find_rights(const struct config *, struct error *);

/* Finds out what can be known before the start: the command as it will be run, whether there is a
 * terminal. lookup gives what pintle computes. Fails with a line that names the key. */
int app_prepare(const struct config *, const struct app_events *, config_lookup *, struct error *);

/* The environment is another one than it was then. On failure the command stays as it was. */
int app_renew(struct error *);

/* Before pintle leaves the directory in which it was started: that of later starts without another
 * one. */
void app_keep_directory(void);

/* What it is to be, for those who are to be like it; after app_prepare. */
const struct child_plan *app_plan(void);

/* quick: nothing else runs yet that the start could hold up. -1: no process was to be had. */
int app_start(bool quick);

bool app_was_started(void); /* at least once */
int64_t app_age(void); /* ms since it was started last; 0: it never was */
bool app_runs(void);
pid_t app_pid(void); /* 0: it does not run */
const char *app_program(void);
bool app_has_terminal(void); /* it is the foreground of ours */

/* To the process, its group or all, as configured; harmless if it is gone. */
void app_signal(int signal);

/* Of the last run, and only after it ended: */
int app_exit_status(void); /* its own, 128+n, or 126 and 127 */
bool app_failed_to_start(struct error *why);
bool app_was_oom_killed(void); /* as far as the memory cgroup tells */
/* Writes "ended with status 3", "was killed by signal TERM". */
void app_describe_end(char *text, size_t size);

#endif
