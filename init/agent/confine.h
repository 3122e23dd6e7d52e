/* SPDX-License-Identifier: Apache-2.0 */
/* Giving everything up: what the agent does before it reads the first byte from outside. */
#ifndef INIT_AGENT_CONFINE_H
#define INIT_AGENT_CONFINE_H

#include <sys/types.h>

#include "config/error.h"

/* Finds [agent] user: a name of /etc/passwd or a number, ":gid" may follow. A number's group is the
 * same number. Fails for a name that is not there. */
int confine_find(const char *user, uid_t *uid, gid_t *gid, struct error *);

/* Becomes that user, without groups and capabilities. Where changing the user is refused it keeps
 * what it is and gives up the rest: 1, else 0. */
int confine_identity(uid_t, gid_t);

/* No new privileges, no core, no tracing, a bounded memory, and the filter of filter.h: 0, or -1
 * with errno where the kernel has no seccomp. It ends with its parent. */
int confine_process(void);

#endif
