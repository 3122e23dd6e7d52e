/* SPDX-License-Identifier: Apache-2.0 */
/* Reaping whoever ends, and, once the application has, telling and awaiting what it left. */
#ifndef INIT_CLEARING_H
#define INIT_CLEARING_H

#include <stdbool.h>

#include "config/config.h"

struct clearing_events {
	void (*cleared)(
		void); /* none of its processes is left, or those that are can't be killed */
	bool (*restarts)(void); /* it is to be started again: others around it stay */
	int (*asked)(void); /* the signal that asked for the stop; 0: nobody did */
};

/* warn: of each orphan that is reaped. */
void clearing_init(const struct config_app *, bool warn, const struct clearing_events *);

/* The application is gone. Calls cleared, once, from the loop. */
void clearing_begin(void);

/* Somebody has ended. */
void clearing_reap(void);

#endif
