/* SPDX-License-Identifier: Apache-2.0 */
/* Settings whose value is "service:NAME": they follow the members of a service, as a [watch] of it
 * tells them; if the file has none, there is one all the same, which no start waits for. */
#ifndef CONFIG_FOLLOW_H
#define CONFIG_FOLLOW_H

#include "config/load.h"

/* Of "service:redis" "redis", else NULL. */
const char *follow_service(const char *value);

/* The members of the service that the value names; NULL: it names none. */
struct config_members *follow_members(const struct config *, const char *value);

/* Sees to it that what is followed is watched. */
void follow_all(struct load *);

#endif
