/* SPDX-License-Identifier: Apache-2.0 */
/* Telling the application to end, and its leftovers after it: a signal, or an escalation of
 * several, each with CONT behind it, and KILL for whom that does not move. */
#ifndef INIT_STOP_H
#define INIT_STOP_H

#include <stdbool.h>

#include "config/config.h"

/* hopeless: even KILL did not end it: it is not ours to kill, hangs in the kernel, or can't be seen
 * from here. */
void stop_init(void (*hopeless)(void));

/* By the rules of an asked stop: [app] stop-signal (else the one that asked) and stop-timeout. */
void stop_begin(const struct config_app *, int signal);

/* Whether that is a signal and no more: nothing follows it. */
bool stop_is_one_signal(const struct config_app *);

/* The application ended: what it left gets what it was told, and the rest of its time; when it was
 * told nothing, signal by the rules of an asked stop, or, where none was asked for (0), TERM and
 * leftover-timeout. */
void stop_leftovers(const struct config_app *, int signal);

/* One more signal, to the application or what it left. */
void stop_tell(int signal);

/* Tells those who became leftovers meanwhile. Returns how many there are. */
unsigned stop_sweep(void);

/* Before the application runs again. */
void stop_reset(void);

#endif
