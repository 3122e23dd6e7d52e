/* SPDX-License-Identifier: Apache-2.0 */
/* The directory of the file registry, which several containers may share. */
#ifndef INIT_AGENT_DIRECTORY_H
#define INIT_AGENT_DIRECTORY_H

#include "config/error.h"
#include "init/user.h"

/* Makes the directory and those above it, and proves with a helper child that the agent's user can
 * write there. What is made here, or found empty (a fresh volume is root's), is opened to all users
 * as /tmp is, mode 1777, since containers that share it may run under different ones. */
int directory_prepare(const char *path, const struct user *, struct error *);

#endif
