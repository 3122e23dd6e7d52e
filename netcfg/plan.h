/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of net_plan. Pure. */
#ifndef NETCFG_PLAN_H
#define NETCFG_PLAN_H

#include "netcfg/netcfg.h"

/* What is being planned, for whom. */
struct planning {
	struct net_plan *plan;
	const struct config *c;
	const struct net_state *state;
	const struct config_interface *interface; /* NULL: lo, without a section of its own */
	const struct net_link *link;
};

/* The next operation to fill in. Beyond the limit only the count goes on, for net_plan to see. */
struct net_op *plan_add(const struct planning *, enum net_op_kind, const struct config_origin *);

/* The line of one of the interface's settings; of the section where it only has its default. */
const struct config_origin *plan_origin(const struct config_interface *, const char *setting);

/* Gives those links names that are to have others, and makes all that are to be made. */
void plan_links(struct planning *);
/* All else about one link as such, without its addresses. */
void plan_settings(struct planning *);
/* Whether it is renamed in a way that loses what it had. */
bool plan_renames_dead(const struct net_state *, const struct net_link *);

/* How many links are below each other, and below this one. */
unsigned plan_depth(const struct config *, const struct net_state *, const struct net_link *);

#endif
