/* SPDX-License-Identifier: Apache-2.0 */
/* What can't be had here, found before anything is done; what can't be had anywhere is config/'s.
 * Pure. */
#ifndef NETCFG_CHECK_H
#define NETCFG_CHECK_H

#include "netcfg/netcfg.h"

enum { NET_WHERE = 128 }; /* bytes that hold " (pintle.ini:12)" */

/* Names all reasons why the configuration can't be had on these links. */
int net_check(const struct config *, const struct net_state *, struct error *);

/* Whether all interfaces of the configuration are there. */
bool net_complete(const struct config *, const struct net_state *);

/* Writes " (pintle.ini:12)", or nothing if there is no origin. Returns text. */
const char *net_where(const struct config *, const struct config_origin *, char text[NET_WHERE]);

#endif
