/* SPDX-License-Identifier: Apache-2.0 */
/* [metrics]: a small server of HTTP/1.1 that tells Prometheus, in version 0.0.4 of its text format,
 * what goes on here. What is told is a table in families.c. */
#ifndef INIT_AGENT_METRICS_H
#define INIT_AGENT_METRICS_H

#include "config/config.h"

enum {
	METRICS_CLIENTS = 4, /* at a time; others wait */
	METRICS_REQUEST = 2048, /* bytes of a request's head */
	METRICS_PATIENCE = 5000, /* ms for a client, from its connection to its end */
};

/* Takes the address, while the process may still take any. 0, or -1 with errno. */
int metrics_open(const struct config_listen *);

/* From now on who comes is served; nothing if it is not open. */
void metrics_begin(void);

#endif
