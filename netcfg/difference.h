/* SPDX-License-Identifier: Apache-2.0 */
/* A plan that may not be carried out, as a list of differences: what is, what is wanted, who wants
 * it, and what would allow the change. Pure. */
#ifndef NETCFG_DIFFERENCE_H
#define NETCFG_DIFFERENCE_H

#include "netcfg/netcfg.h"

/* How many operations of the plan the configuration asks for, lo apart. */
unsigned net_differences(const struct net_plan *);

/* Names the first of them in the error. */
void net_name_differences(const struct net_plan *, const struct config *, const struct net_state *,
			  struct error *);

/* Fails with all differences of a plan that has some. */
int net_report_differences(const struct net_plan *, const struct config *, const struct net_state *,
			   const struct net_mode *, struct error *);

#endif
