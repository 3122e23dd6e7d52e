/* SPDX-License-Identifier: Apache-2.0 */
/* Sends a plan over a socket that is open already; see net_apply. */
#ifndef NETCFG_APPLY_H
#define NETCFG_APPLY_H

#include "netcfg/netcfg.h"

struct net_kernel;

int net_send_plan(struct net_kernel *, const struct config *, const struct net_plan *,
		  struct error *);

#endif
