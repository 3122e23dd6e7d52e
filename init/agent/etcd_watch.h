/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of instances from etcd: all keys of a service are asked for, and then what changes in them,
 * which is only the bell to ask again. So nothing has to be remembered of what was said before, and
 * a history that is compacted or lost is no matter. */
#ifndef INIT_AGENT_ETCD_WATCH_H
#define INIT_AGENT_ETCD_WATCH_H

#include "init/agent/registry.h"

/* Begins to follow all [watch] sections. */
void etcd_watch_init(const struct config *, const struct registry_access *);

#endif
