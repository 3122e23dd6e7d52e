/* SPDX-License-Identifier: Apache-2.0 */
/* The process that talks to registries: forked from PID 1, unprivileged, filtered, restartable.
 * PID 1 speaks to it in struct message only (init/message.h). */
#ifndef INIT_AGENT_AGENT_H
#define INIT_AGENT_AGENT_H

#include <stdbool.h>

#include "init/service.h"

/* Whether there is anything for an agent to do. */
bool agent_wanted(const struct config *);

/* Runs the agent in the process just forked, on its end of the socket pair; returns its exit
 * status. It inherits a loop that it opens anew, blocked signals, and descriptors 0-2; it owns fd.
 * announce: the services were announced before it was restarted, so they are to be announced at
 * once. */
int agent_run(const struct config *, const struct service_list *, int fd, bool announce);

/* What PID 1 does as root before the first fork: it proves that the agent will find its user, its
 * registry's address and its token, and makes the directory of the file registry, usable by the
 * agent's user. Nothing to do is no failure. */
int agent_prepare(const struct config *, struct error *);

#endif
