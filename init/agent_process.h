/* SPDX-License-Identifier: Apache-2.0 */
/* PID 1's side of the agent: forks it, speaks to it, starts it again when it dies. */
#ifndef INIT_AGENT_PROCESS_H
#define INIT_AGENT_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "init/message.h"
#include "init/service.h"

/* Forks it; it answers withdraw by calling withdrawn, once, from the loop. -1: no process was to be
 * had, errno; it is tried again. */
int agent_process_start(const struct config *, const struct service_list *,
			void (*withdrawn)(void));

void agent_process_announce(void);

/* Where something is announced; withdrawn is called when the registry has confirmed. */
void agent_process_withdraw(void);

/* Something is announced, and its withdrawal not confirmed. */
bool agent_process_is_announced(void);

/* Ends it for good. */
void agent_process_dismiss(void);

pid_t agent_process_pid(void); /* 0: it does not run */

/* As the agent told it last. */
enum message_state agent_process_state(unsigned service);

#endif
