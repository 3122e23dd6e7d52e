/* SPDX-License-Identifier: Apache-2.0 */
/* Giving everything up: what the agent does before it reads the first byte from outside. */
#ifndef INIT_AGENT_CONFINE_H
#define INIT_AGENT_CONFINE_H

#include "config/config.h"
#include "init/user.h"

/* Finds [agent] user and groups. A number's group is the same number, unless ":gid" follows, and no
 * groups come from files. Fails for a name that is not there. */
int confine_find(struct user *, const struct config_agent *, struct error *);

/* Becomes that user, with these groups and no others, without capabilities. Where changing the user
 * is refused it keeps what it is and gives up the rest: 1, else 0. */
int confine_identity(const struct user *);

/* No new privileges, no core, no tracing, a bounded memory, and the filter of filter.h: 0, or -1
 * with errno where the kernel has no seccomp. It ends with its parent. */
int confine_process(void);

#endif
