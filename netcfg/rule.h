/* SPDX-License-Identifier: Apache-2.0 */
/* Policy rules. Pure. */
#ifndef NETCFG_RULE_H
#define NETCFG_RULE_H

#include "netcfg/netcfg.h"

int net_want_rules(struct net_state *, const struct config *, struct error *);

/* Notes what one of the kernel's means for the wanted ones. */
void net_meet_rule(struct net_state *, const struct config_rule_key *, uint32_t priority,
		   uint8_t protocol);

#endif
