/* SPDX-License-Identifier: Apache-2.0 */
/* The process that talks to registries: forked from PID 1, unprivileged, filtered, restartable.
 * PID 1 speaks to it in struct message only (init/message.h). */
#ifndef INIT_AGENT_AGENT_H
#define INIT_AGENT_AGENT_H

#include <stdbool.h>

#include "init/board.h"
#include "init/message.h"
#include "init/probe.h"
#include "init/service.h"

/* What it is forked with. All of it lives as long as the process. */
struct agent_work {
	const struct service_list *services;
	const struct probe_list *probes;
	const bool *critical; /* each service, so far */
	const struct message_belief *beliefs; /* each [watch] */
	bool announce; /* they were announced before it was restarted: at once again */
	bool check; /* the application runs and is to be checked at once */
	bool render; /* the templates, at once */
	char *const *environment; /* the application's */
	const struct board *board; /* for metrics */
};

/* Whether there is anything for an agent to do: services to be announced or watched, checks over
 * the network, templates, or metrics. */
bool agent_wanted(const struct config *);
/* Whether there are services and a registry. */
bool agent_announces(const struct config *);

/* Runs the agent in the process just forked, on its end of the socket pair; returns its exit
 * status. It inherits a loop that it opens anew, blocked signals, and descriptors 0-2; it owns fd.
 */
int agent_run(const struct config *, const struct agent_work *, int fd);

/* Whether this build can do what the configuration and the environment want of the agent. */
int agent_check(const struct config *, struct error *);

/* What PID 1 does as root before the first fork: it proves that the agent will find its user, its
 * registry's address, its token and the files of TLS, and makes the directory of the file registry,
 * usable by the agent's user. Nothing to do is no failure. */
int agent_prepare(const struct config *, struct error *);

/* Finds every mistake in the templates, as whoever asks may read them. */
int agent_check_templates(const struct config *, struct error *);

#endif
