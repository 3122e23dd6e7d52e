/* SPDX-License-Identifier: Apache-2.0 */
/* When the application is ready: [app] ready. From its exec on its checks are made, too. */
#ifndef INIT_READY_H
#define INIT_READY_H

#include <stdbool.h>

#include "config/config.h"
#include "init/port.h"

/* Opens what has to be open before the application starts, and says so in its environment: so
 * before app_prepare. */
int ready_prepare(const struct config *, const struct port_list *, struct error *);

/* The application's program runs. became is called once, as soon as it is ready: from the loop, or
 * before this returns where nothing is to be waited for. */
void ready_begin(void (*became)(void));

/* The application has ended, or serves no more on purpose: a stop was asked for. ready_begin may
 * follow. */
void ready_cancel(void);

/* It has become ready, or should be by now, and nothing was cancelled since: from now on its checks
 * have to pass. */
bool ready_is_due(void);

#endif
