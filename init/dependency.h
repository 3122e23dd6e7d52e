/* SPDX-License-Identifier: Apache-2.0 */
/* [watch NAME] as PID 1 sees it: what the agent tells of the instances becomes the application's
 * environment, opens the gate before its start, and sets off on-change. */
#ifndef INIT_DEPENDENCY_H
#define INIT_DEPENDENCY_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "init/message.h"

struct dependency_events {
	/* The environment is another one: what was made from it is to be made anew. */
	void (*changed)(void);
	/* What the start has to wait for is there, or has been waited for long enough. Else what is
	 * missing, not logged yet. From the loop. */
	void (*met)(const char *failure);
	/* The instances of a watch are these now. NULL: nobody wants to know. */
	void (*listed)(const struct config *, const struct config_watch *,
		       const struct message_instance *, unsigned count);
};

/* Before the agent is started; both live for ever. Only after environment_copy. */
void dependency_prepare(const struct config *, const struct dependency_events *);

/* Whether there is anything that a start waits for. */
bool dependency_waits(void);

/* Waits, then calls met, once; or no more. */
void dependency_begin(void);
void dependency_cut(void);

/* For --status. */
struct dependency_view {
	const char *name;
	const char *state; /* "unknown": no answer yet; "current"; "stale": no answer now */
	unsigned instances;
	const char *addresses; /* "10.0.0.1:80,10.0.0.2:80"; "" */
};

/* The i-th of the file; false: there are no more. */
bool dependency_view(unsigned i, struct dependency_view *);

#endif
