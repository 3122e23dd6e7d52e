/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of netcfg/ start from: a configuration as the loader makes it, and a kernel. There
 * is one of each at a time. */
#ifndef TESTS_UNIT_NETCFG_GIVEN_H
#define TESTS_UNIT_NETCFG_GIVEN_H

#include "netcfg/netcfg.h"

enum { GIVEN_TEXT = 8192 };

#define LOADED(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* Loads the settings, "interface eth0.address=10.0.0.2/24" each, NULL at their end; the test fails
 * if they are wrong. */
const struct config *given_config(const char *const settings[]);

/* An empty kernel with lo, index 1, up. */
struct net_state *given_kernel(void);
/* The next link: indices from 2 on. */
void given_link(struct net_state *, const char *name, uint32_t flags, uint32_t mtu);
struct net_address *given_address(struct net_state *, int index, const char *address);
/* An IPv4 or IPv6 route of the kernel; via: NULL for none. After given_wanted. */
struct net_route given_route(int index, const char *to, const char *via, uint32_t metric);
void given_wanted(struct net_state *, const struct config *);

/* The plan as text, a line each; "error: ..." if there is none. */
const char *given_plan(const struct config *, const struct net_state *);

struct config_ip given_ip(const char *text);

#endif
