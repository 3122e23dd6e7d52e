/* SPDX-License-Identifier: Apache-2.0 */
/* What the application finds in its environment besides what was inherited. All of it takes
 * config/memory.h's memory, and fails if there is none left. Only after environment_copy. */
#ifndef INIT_EXPORT_H
#define INIT_EXPORT_H

#include "config/config.h"
#include "init/port.h"
#include "init/service.h"
#include "netcfg/netcfg.h"

/* PORT, PORT_WEB and what each [port] exports. */
int export_ports(const struct port_list *, struct error *);

/* ADDRESS_ETH0: the first address of each interface but lo, and of those that are found otherwise
 * by the section's name as well. */
int export_addresses(const struct config *, const struct net_state *, struct error *);

/* SERVICE_WEB_ID and SERVICE_WEB_ADDRESS. */
int export_services(const struct service_list *, struct error *);

/* [env], whose values may name all of the above: 0, or the status to exit with. */
int export_settings(const struct config *, struct error *);

/* Those of [env] that name what has changed. */
void export_settings_again(const struct config *);

#endif
