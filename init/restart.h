/* SPDX-License-Identifier: Apache-2.0 */
/* Whether, and how soon, an application that has ended is started again: [app] restart and its
 * kin. Pure. */
#ifndef INIT_RESTART_H
#define INIT_RESTART_H

#include <stdint.h>

#include "config/config.h"
#include "init/backoff.h"

enum {
	RESTART_NEVER = -1,
	RESTART_SETTLED = 60000, /* ms up, after which what was before is forgotten */
};

/* Zeroed by its owner. */
struct restart {
	struct backoff backoff;
	unsigned failures; /* in a row */
	unsigned count; /* starts again, in all */
};

/* Takes note of an end with this exit status after so many ms. Returns the ms to wait before the
 * next start, or RESTART_NEVER. */
int64_t restart_after(struct restart *, const struct config_app *, int status, int64_t lived);

#endif
