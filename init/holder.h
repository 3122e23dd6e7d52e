/* SPDX-License-Identifier: Apache-2.0 */
/* Who has a port: the tables of /proc/net lead to a socket, /proc/<pid>/fd to its process. */
#ifndef INIT_HOLDER_H
#define INIT_HOLDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/config.h"

enum { HOLDER_NAME = 16 /* TASK_COMM_LEN, proc(5) */ };

struct holder {
	struct config_ip address; /* that it has bound */
	uid_t uid;
	pid_t pid; /* 0: not visible here */
	char name[HOLDER_NAME];
};

/* Finds who listens (TCP) or is bound (UDP) on an address that overlaps with bind (family 0: with
 * any). Only address and uid are filled in. False: nobody, or there is no /proc. */
bool holder_find(enum config_protocol, uint16_t number, const struct config_ip *bind,
		 struct holder *);

/* As holder_find, and looks for the process, which takes longer. */
bool holder_identify(enum config_protocol, uint16_t number, const struct config_ip *bind,
		     struct holder *);

/* Looks for the process that has the abstract unix socket of that name (without its leading NUL);
 * fills in only pid and name. */
void holder_identify_unix(const char *name, struct holder *);

/* "tcp", "udp" */
const char *holder_protocol(enum config_protocol);

#endif
