/* SPDX-License-Identifier: Apache-2.0 */
/* Which number is asked for, before anybody looks whether it is free: the variables that platforms
 * set, in order, else the default. A new convention is a row in port_number.c. */
#ifndef INIT_PORT_NUMBER_H
#define INIT_PORT_NUMBER_H

#include "init/port.h"

/* Sets number and variable of the port with that index in the file. A wrong value, or none at all,
 * is a failure that names the variable. */
int port_number_choose(struct port *, unsigned index, char *const *environment, struct error *);

/* The value of a variable; NULL: not set, empty (as compose's "PORT: ${PORT}" makes it), or the URL
 * that docker links and Kubernetes put into variables with such names. */
const char *port_number_text(char *const *environment, const char *name);

#endif
