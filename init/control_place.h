/* SPDX-License-Identifier: Apache-2.0 */
/* What the control socket's server and client agree on: where it is, and what is said.
 * Asked: "status\n", "health 0 web-up\n", or "status 4026531841\n" by one who looked in the default
 * places, where the sockets of several containers can meet: the number is that of its mount
 * namespace, or 0; what follows it is the name of what is asked about. Answered:
 * "0 text", the exit status and what to print; "elsewhere" if the namespace is not the server's. */
#ifndef INIT_CONTROL_PLACE_H
#define INIT_CONTROL_PLACE_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "init/control.h"

enum {
	CONTROL_PLACES = 2,
	CONTROL_LINE = 64 + CONFIG_HEADER, /* bytes; no name is longer than its header */
	CONTROL_PATIENCE = 1000, /* ms, of both sides */
};

#define CONTROL_ELSEWHERE "elsewhere\n"

struct control_places {
	unsigned count; /* 0: there is to be no socket */
	bool chosen; /* by the user: there is but this one */
	struct sockaddr_un names[CONTROL_PLACES];
};

/* In the order of trying. Fails if the path is too long for a socket. */
int control_place(struct control_places *, const struct config_control *, struct error *);

/* The inode of /proc/self/ns/mnt: no two namespaces have the same. 0: there is no /proc. */
unsigned long control_namespace(void);

/* The word for a request on the wire. */
const char *control_word(enum control_request);

#endif
