/* SPDX-License-Identifier: Apache-2.0 */
/* Looks over the network whether the application is well: GET requests and bare connections, a
 * connection for each, since a kept one can be all that a small server has. What the results come
 * to is PID 1's to say. */
#ifndef INIT_AGENT_PROBER_H
#define INIT_AGENT_PROBER_H

#include "init/message.h"
#include "init/probe.h"

/* The list has to live as long as the process. A result is told unless it is the same one that has
 * been told so often that it changes nothing. */
void prober_init(const struct probe_list *,
		 void (*result)(unsigned probe, enum message_result, unsigned detail));

/* The application was started: from now on, all anew. */
void prober_begin(void);
/* Not any more. */
void prober_end(void);

#endif
