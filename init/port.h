/* SPDX-License-Identifier: Apache-2.0 */
/* The ports of the application: numbers from the environment, defaults or "auto", proven free, and
 * held. The conventions of platforms (PORT, PORT0, NOMAD_PORT_x) are one table in port.c; how a
 * number is proven free and held is claim.c's, who has it otherwise is holder.c's. */
#ifndef INIT_PORT_H
#define INIT_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "init/claim.h"

enum { PORT_MAX = 64, PORT_VARIABLE = 256 };

struct port {
	const struct config_port *config;
	uint16_t number; /* 0: not settled yet */
	char variable[PORT_VARIABLE]; /* that it was read from; "": the default, or auto */
	struct claim claim; /* for the life of the container */
};

struct port_list {
	unsigned count;
	bool plain_unset; /* PORT is not in the environment, or nothing that is a port */
	struct port items[PORT_MAX];
};

/* Finds a number for every [port], in the file's order, checks that nobody else has it, reserves it
 * if so configured, or hands its socket to handover.h. "port web: 8080/tcp is taken on 0.0.0.0 by
 * pid 71 (nginx)". On failure nothing stays bound. Returns 0; -1 for a wrong value (exit 78);
 * PORT_TAKEN if there is none to be had (exit 69). Without [port] sections it makes no system call.
 */
enum { PORT_TAKEN = 1 };
int port_resolve(struct port_list *, const struct config *, char *const *environment,
		 struct error *);

/* The same numbers, without looking whether anybody has them, and without keeping any; for auto one
 * that is free now. */
int port_guess(struct port_list *, const struct config *, char *const *environment, struct error *);

/* Gives all back; for a forked child that is not the application: closes its copies. */
void port_release(struct port_list *);

/* NULL if there is none of that name. */
const struct port *port_find(const struct port_list *, const char *name);

/* Calls add(context, NAME, value) for each variable that the application gets: PORT, PORT_<NAME>,
 * exports. */
void port_export(const struct port_list *,
		 void (*add)(void *context, const char *name, const char *value), void *context);

/* PORT_<NAME> for the prefix "PORT_": upper case, other characters as _. */
void port_variable(const char *prefix, const char *name, char *text, size_t size);

#endif
