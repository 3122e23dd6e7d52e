/* SPDX-License-Identifier: Apache-2.0 */
/* The life of the container, from the application's start to the exit status. One state machine:
 * events choose the next phase by the table in phase.c, all that happens on entering one happens in
 * enter(). */
#ifndef INIT_LIFECYCLE_H
#define INIT_LIFECYCLE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "init/app.h"
#include "init/job.h"
#include "init/service.h"

/* What [app] and the command line make of it, decided before the loop runs. */
struct lifecycle_plan {
	const struct config *config;
	const struct service_list *services; /* empty: there is nothing to announce */
	void (*started)(void); /* the application runs, and nothing else does yet */
	bool plain; /* an init without settings: says nothing at start and at stop, and has nothing
		       around the application */
	bool warn_orphans; /* -w */
	const bool *exit_zero; /* -e: these of 256 exit statuses become 0 */
};

/* The events that [app] has to tell, for app_prepare. */
extern const struct app_events lifecycle_app_events;
extern const struct job_events lifecycle_job_events;

/* Starts the application; what comes of it, the loop will tell. */
void lifecycle_start(const struct lifecycle_plan *);

/* What the start waited for is there; or why there is no going on. */
void lifecycle_met(const char *failure);

/* Starts the application anew, once what it serves has been drained; nothing, where it is not ready
 * or is to stop anyway. */
void lifecycle_restart(void);

/* Takes the signals that have come and whoever has ended. */
void lifecycle_wake(void);

/* The status to exit with, once the loop has stopped. */
int lifecycle_exit_status(void);

/* --drain and --resume: out of discovery while the application goes on, and back. False where
 * there is nothing announced, or it is stopping anyway. */
bool lifecycle_maintain(bool out);

/* For --health and --status: "starting", "running", "draining" ... */
const char *lifecycle_state(void);
bool lifecycle_is_ready(void); /* it runs, and is neither in maintenance nor stopping */
bool lifecycle_is_over(void); /* the application has ended, perhaps to be started again */

#endif
