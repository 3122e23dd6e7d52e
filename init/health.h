/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks have found: the state of each, and what they come to for the services, which the
 * agent is told. */
#ifndef INIT_HEALTH_H
#define INIT_HEALTH_H

#include <stdbool.h>

#include "init/port.h"
#include "init/probe.h"
#include "init/service.h"
#include "init/streak.h"
#include "netcfg/netcfg.h"

/* Where there are checks, before the start and after app_prepare: where they look, and what fills
 * in commands. */
void health_prepare(const struct config *, const struct service_list *, const struct port_list *,
		    const struct net_state *, config_lookup *);

/* Looks elsewhere from now on, where a service has moved. */
void health_follow(const struct net_state *);

/* The application was started: all anew, and until health_end. changed is called from the loop
 * whenever the state of a check has. */
void health_begin(void (*changed)(void));
void health_end(void);

/* There are checks, and all of them pass. */
bool health_passes(void);

/* What is known of a check. */
struct health_view {
	const char *name;
	enum streak_state state;
	const char *result; /* the last one in words; "" before the first */
	char target[PROBE_TARGET];
};

/* The i-th of the file; false: there are no more. */
bool health_view(unsigned i, struct health_view *);
/* "unknown", "passing", "failing" */
const char *health_word(enum streak_state);

#endif
