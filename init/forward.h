/* SPDX-License-Identifier: Apache-2.0 */
/* What a signal becomes on its way to the application: [signals], what a terminal says, and the
 * memory of who was told to end from outside. */
#ifndef INIT_FORWARD_H
#define INIT_FORWARD_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "init/signals.h"

/* config: for ever. */
void forward_init(const struct config *);

/* The signal that goes on for this one; 0: none. terminal: the application has ours. */
int forward_signal(const struct signals_event *, bool terminal);

/* The signal that ended an application with this exit status at now (loop_now), if it came from
 * outside the namespace or was the terminal's: it was stopped then, it did not crash. 0: none. */
int forward_explains(int status, int64_t now);

#endif
