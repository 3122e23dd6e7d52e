/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of instances from the directory of the file registry: inotify(7) tells when to look, and
 * the time at which an instance is dead without a heartbeat. */
#ifndef INIT_AGENT_FOLDER_H
#define INIT_AGENT_FOLDER_H

#include "init/agent/registry.h"

enum { FOLDER_FILE = 65536 /* bytes of an instance's file */ };

/* Begins to follow all [watch] sections. */
void folder_init(const struct config *, const struct registry *, const struct registry_access *);

#endif
