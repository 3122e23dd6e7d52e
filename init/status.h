/* SPDX-License-Identifier: Apache-2.0 */
/* What --status, --health and --ready say. A new fact is a row in status.c. */
#ifndef INIT_STATUS_H
#define INIT_STATUS_H

#include "init/port.h"
#include "init/service.h"
#include "netcfg/netcfg.h"

/* Opens the control socket, where it can; all of them live as long as it. */
void status_open(const struct config *, const struct port_list *, const struct net_state *,
		 const struct net_mode *, const struct service_list *);

#endif
