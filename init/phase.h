/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a container as a table: which phase follows which, on what event, under what
 * circumstances. Pure; what happens in a phase is lifecycle.c's.
 * A new phase is a value here, its name and its row in phase.c, and its effects in lifecycle.c. */
#ifndef INIT_PHASE_H
#define INIT_PHASE_H

#include <stdbool.h>

enum phase {
	PHASE_PRE_START, /* jobs run before the application */
	PHASE_WAITING, /* for what the application depends on */
	PHASE_RENDERING, /* files are made from templates */
	PHASE_STARTING, /* the application was started, and is not ready yet */
	PHASE_RUNNING, /* it is ready, and announced */
	PHASE_PRE_STOP, /* a stop was asked for: jobs run, the application serves on */
	PHASE_DRAINING, /* withdrawn from discovery, the application serves on */
	PHASE_STOPPING, /* the application was told to stop */
	PHASE_WITHDRAWING, /* the application has ended, discovery does not know yet */
	PHASE_CLEARING, /* waiting for the processes that it left */
	PHASE_PAUSING, /* it is going to be started again */
	PHASE_POST_STOP, /* jobs run after the application */
	PHASE_OVER,
	PHASES,
};

enum phase_event {
	EVENT_READY, /* the application is */
	EVENT_STOP, /* was asked for, and is not merely to be passed on */
	EVENT_WITHDRAWN, /* the registry has confirmed */
	EVENT_TIME, /* of the phase is over */
	EVENT_ENDED, /* the application has, or was not to be had */
	EVENT_CLEARED, /* none of its processes is left */
	EVENT_DONE, /* the phase's jobs are, or its wait, or its files */
	EVENT_FAILED, /* a job without which there is no going on, or the wait was in vain */
	EVENT_RESTART, /* the application is to be started anew, and may end in peace */
	EVENTS,
};

/* What decides between two ways. */
struct phase_facts {
	bool waits; /* there is something that the start waits for */
	bool runs; /* the application does */
	bool templates; /* there are files to be made before it */
	bool pre_stop, post_stop; /* there are such jobs to run */
	bool announced; /* the registry knows of us */
	bool drains; /* time has to pass between the request and the stop signal */
	bool restarts; /* the application is to be started again */
};

/* The phase that follows; the same one where the event changes nothing. */
enum phase phase_next(enum phase, enum phase_event, const struct phase_facts *);

/* "starting", "running", "draining" ... */
const char *phase_name(enum phase);

#endif
