/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's settings of an interface. Those of IPv4 come and go with the link's own messages,
 * also where /proc/sys is read-only, as Docker mounts it; all others are files. */
#ifndef NETCFG_SYSCTL_H
#define NETCFG_SYSCTL_H

#include "netcfg/netcfg.h"

enum { NET_SYSCTL_TEXT = 160 };

/* The IPV4_DEVCONF_* of "ipv4.rp_filter"; 0: it is a file. */
uint8_t net_sysctl_number(const char *key);
/* The value of such a one. */
int32_t net_sysctl_value(const struct config_pair *);

/* "net.ipv4.conf.eth0.rp_filter" */
void net_sysctl_name(const char *key, const char *link, char name[static NET_SYSCTL_TEXT]);

/* Fills state->sysctls with those that are files, and reads them. */
int net_want_sysctls(struct net_state *, const struct config *, struct error *);

/* Writes the value wanted, or back the one before. Returns 0, or -1 with errno. */
int net_sysctl_write(const struct net_sysctl *, bool back);

/* The NDTPA_* by which the kernel takes it in a message as well; 0: none. */
uint16_t net_sysctl_parameter(const struct net_sysctl *);

#endif
