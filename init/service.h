/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be announced, with everything resolved: what [service NAME] becomes once ports and
 * addresses are known. */
#ifndef INIT_SERVICE_H
#define INIT_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/ip.h"
#include "config/link.h"
#include "netcfg/netcfg.h"

enum {
	SERVICE_MAX = 64,
	SERVICE_ID = 256,
	SERVICE_ADDRESS = 256,
	SERVICE_TAGS = 64,
	SERVICE_META = 64, /* as many as Consul takes (structs.metaMaxKeyPairs) */
	SERVICE_TEXT = 65536, /* bytes for all values that had something to expand */
};

/* What a service at the address of a vxlan interface tells of where that is. */
#define SERVICE_MAC "pintle-mac"
#define SERVICE_VTEP "pintle-vtep"

struct service_pair {
	const char *key;
	const char *value;
};

struct service {
	const struct config_service *config;
	const char *name; /* in the registry */
	char id[SERVICE_ID];
	char address[SERVICE_ADDRESS]; /* an IP address without brackets, or a host name */
	unsigned rank; /* of the selector that found it: 0 is the first one */
	uint16_t port;
	unsigned tags_count, meta_count;
	const char *tags[SERVICE_TAGS];
	struct service_pair meta[SERVICE_META];
	char mac[LINK_MAC_TEXT], vtep[IP_TEXT]; /* that meta may show */
};

/* Untouched pages of it cost nothing. */
struct service_list {
	unsigned count;
	size_t used;
	struct service items[SERVICE_MAX];
	char text[SERVICE_TEXT];
};

/* Resolves every [service] from the addresses of net, the environment and the host's name. lookup,
 * called without a context, gives what pintle computes: PORT_<NAME> among it. Fails with one line
 * that names the service. */
int service_resolve(struct service_list *, const struct config *, const struct net_state *net,
		    config_lookup *lookup, struct error *);

/* Whether the network decides where any of them is. */
bool service_may_move(const struct service_list *);

/* Looks again where the services are, when the network has changed. A service stays at an address
 * that is still there, unless an earlier selector matches now; it keeps its id, and where nothing
 * matches any more, its address. Whether any has moved. */
bool service_follow(struct service_list *, const struct config *, const struct net_state *net);

#endif
