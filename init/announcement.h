/* SPDX-License-Identifier: Apache-2.0 */
/* Being found: when the services are announced and withdrawn, and how long an application serves on
 * for those who still come. How a registry is told is the agent's. */
#ifndef INIT_ANNOUNCEMENT_H
#define INIT_ANNOUNCEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "init/service.h"

/* Both for ever. withdrawn: the registry has confirmed, or it was given up. */
void announcement_init(const struct config *, const struct service_list *, void (*withdrawn)(void));

/* Where there is something for it to do, and it does not run yet. */
void announcement_start_agent(void);

/* The application is ready; nothing happens in maintenance, or where there is nothing to tell. */
void announcement_begin(void);

/* Asks the registry to forget us. Returns the ms to wait for its confirmation: patience at first,
 * what is left of it when asked again. */
int64_t announcement_withdraw(int64_t patience);

/* ms between the request to stop and the stop signal: the longest that [app] and the services that
 * are announced want; 0: none. */
int64_t announcement_drain(void);

/* --drain and --resume. False where there is nothing to announce. */
bool announcement_maintain(bool out);
bool announcement_is_in_maintenance(void);

#endif
