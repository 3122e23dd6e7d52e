/* SPDX-License-Identifier: Apache-2.0 */
/* What can't be had here, found before anything is done; what can't be had anywhere is config/'s.
 * Pure. */
#ifndef NETCFG_CHECK_H
#define NETCFG_CHECK_H

#include "netcfg/netcfg.h"

enum {
	NET_WHERE = 128, /* bytes that hold " (pintle.ini:12)" */
	NET_MISSING = 1,
};

/* Names all reasons why the configuration can't be had. Returns 0: there is none; NET_MISSING: all
 * of them are something that is not there, and may come; -1: there are others. */
int net_check(const struct config *, const struct net_state *, struct error *);
/* The same of one interface. */
int net_check_interface(const struct config *, const struct config_interface *,
			const struct net_state *, struct error *);
/* Whether something is missing that may come and go. */
bool net_is_away(const struct config *, const struct config_interface *, const struct net_state *);

/* Names what the kernel is still about: a carrier, the detection of duplicates. Returns 0, or
 * NET_MISSING, or -1 if a duplicate was detected. */
int net_check_settled(const struct config *, const struct net_state *, struct error *);

/* Writes " (pintle.ini:12)", or nothing if there is no origin. Returns text. */
const char *net_where(const struct config *, const struct config_origin *, char text[NET_WHERE]);

#endif
