/* SPDX-License-Identifier: Apache-2.0 */
/* on-change: what is done when something that the application depends on has changed. One after the
 * other, in the order in which they were asked for; what waits already is not done twice. */
#ifndef INIT_ACTION_H
#define INIT_ACTION_H

#include "config/config.h"

struct child_plan;

enum { ACTION_MAX = 256, ACTION_TIMEOUT = 5000 /* ms, then KILL to its group */ };

/* base is app_plan(), read at each start; commands are filled in by lookup at each run. restart is
 * called from the loop: the application is to be started anew. */
void action_prepare(const struct child_plan *base, config_lookup *, void (*restart)(void));

/* Asks for it, from wherever; it is done from the loop, once the application is ready. kind and
 * name live for ever, and are for lines of the log: "watch", "rng". */
void action_run(const struct config_change *, const char *kind, const char *name);

/* The application is started, and knows what there was to know: what waits is forgotten, what comes
 * waits until it is ready. */
void action_hold(void);
void action_release(void);

/* The application is to stop: what waits is forgotten, what runs is killed. */
void action_end(void);

#endif
