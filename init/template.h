/* SPDX-License-Identifier: Apache-2.0 */
/* [template NAME]: what the agent has rendered becomes a file. One after the other, a short-lived
 * process of our own makes the new file, the check command looks at it as the application's user,
 * another such process puts it in its place, and then comes on-change. Nothing of what is written
 * is read here. */
#ifndef INIT_TEMPLATE_H
#define INIT_TEMPLATE_H

#include <stdbool.h>

#include "config/config.h"

struct child_plan;
struct job_events;

enum {
	TEMPLATE_TIMEOUT = 5000, /* ms for each step, then KILL */
	TEMPLATE_PATIENCE = 30000, /* ms for the agent from one to the next, before the start */
};

/* What is known of a template. */
struct template_view {
	const char *name;
	unsigned written, failed; /* how often */
};

/* base is app_plan(), read at each start; check commands are filled in by lookup at each run. */
void template_prepare(const struct config *, const struct child_plan *base, config_lookup *);

/* Whether there are any. */
bool template_any(void);

/* Has the agent render. They are told as the last pre-start job's end, once all
 * have been dealt with: failure NULL, or why one of them is not even there ("template haproxy:
 * ...", not logged yet). What comes later is dealt with as it comes. */
void template_begin(const struct job_events *);

/* No more: what waits is forgotten, and a check is killed. */
void template_end(void);

/* The i-th of the file; false: there are no more. */
bool template_view(unsigned i, struct template_view *);

#endif
