/* SPDX-License-Identifier: Apache-2.0 */
/* Looks by a command whether the application is well. It runs as the application does, in a session
 * of its own, reads /dev/null, and what it prints is nobody's but for the last line. */
#ifndef INIT_PROBE_EXEC_H
#define INIT_PROBE_EXEC_H

#include <stdbool.h>

#include "init/child.h"
#include "init/probe.h"

/* The list lives for ever. base is the application's plan: its program and terminal do not count.
 * result is told how a look went, from the loop, and why, in a few words. Commands are filled in by
 * lookup at each run. */
void probe_exec_init(const struct probe_list *, const struct child_plan *base, config_lookup *,
		     void (*result)(unsigned probe, bool good, const char *why));

/* The application was started: from now on, all anew. */
void probe_exec_begin(void);
/* Not any more; what runs is killed, and has no result. */
void probe_exec_end(void);

#endif
