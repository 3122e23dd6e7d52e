/* SPDX-License-Identifier: Apache-2.0 */
/* What the end of the application means: the status that pintle exits with for it, and whether it
 * is started again. */
#ifndef INIT_VERDICT_H
#define INIT_VERDICT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* Both for ever; exit_zero: these of 256 statuses become 0. */
void verdict_init(const struct config_app *, const bool *exit_zero);

/* The status that its own, once it has ended, becomes by [app] exit-map and -e. asked: for a stop.
 */
int verdict_status(bool asked);

/* ms to wait before it is started again, of which a warning tells; RESTART_NEVER. status: of
 * verdict_status; lived: ms. */
int64_t verdict_restart(int status, int64_t lived);

/* The line at its end; a plain init's has none, unless something was wrong. */
void verdict_tell(int status, int64_t lived, bool quiet);

/* How often it was started again. */
unsigned verdict_restarts(void);

#endif
