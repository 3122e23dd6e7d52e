/* SPDX-License-Identifier: Apache-2.0 */
/* What the agent tells of a service's members becomes what settings that follow it see:
 * [hosts] redis = service:redis. */
#ifndef INIT_MEMBERSHIP_H
#define INIT_MEMBERSHIP_H

#include "config/config.h"
#include "init/message.h"

/* A whole list has come. Members that are no IP address are left out. */
void membership_believe(const struct config *, const struct config_watch *,
			const struct message_instance *, unsigned count);

#endif
