/* SPDX-License-Identifier: Apache-2.0 */
/* The metrics themselves: families of them, with their samples, as text for Prometheus.
 * A new family is a row in families.c. */
#ifndef INIT_AGENT_FAMILIES_H
#define INIT_AGENT_FAMILIES_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "init/board.h"
#include "init/message.h"

enum { FAMILIES_TEXT = 65536 /* bytes of all of them */ };

/* Where the numbers come from; all of it lives as long as the process. */
struct families_source {
	const struct config *config;
	const struct board *board;
	const enum message_state *services; /* each [service] */
	unsigned (*instances)(unsigned watch); /* NULL: there are no watches */
};

/* The source is copied. */
void families_init(const struct families_source *);

/* Returns the length without the NUL, or -1 if they do not fit. */
int families_write(char *text, size_t size);

#endif
