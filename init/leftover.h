/* SPDX-License-Identifier: Apache-2.0 */
/* Leftovers: processes that the application started and that outlive it. They become our children
 * when their parents end; whoever came in from outside (docker exec) does not. */
#ifndef INIT_LEFTOVER_H
#define INIT_LEFTOVER_H

#include <sys/types.h>

/* Forgets who was told: what comes next is another signal. */
void leftover_begin(void);

/* Sends the signal, and CONT after it, to each leftover that was not told since leftover_begin; 0
 * tells nobody anything. Call it again when some have ended: their own children are leftovers now.
 * Returns how many there are; without a /proc that nobody can say, and it is 0. */
unsigned leftover_tell(int signal);

/* It was reaped: another process may get its pid. */
void leftover_forget(pid_t);

#endif
