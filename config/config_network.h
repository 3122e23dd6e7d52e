/* SPDX-License-Identifier: Apache-2.0 */
/* The nouns of config.h that are about the network: [net], [interface], [dns], [hosts], [host]. */
#ifndef CONFIG_CONFIG_NETWORK_H
#define CONFIG_CONFIG_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config_item.h"

enum {
	CONFIG_LINK_NAME = 16, /* bytes in the name of an interface with its NUL: IFNAMSIZ, if(7) */
};

enum config_mode { CONFIG_MODE_AUTO, CONFIG_MODE_APPLY, CONFIG_MODE_VERIFY, CONFIG_MODE_LEAVE };
enum config_severity { CONFIG_FAIL, CONFIG_WARN };
enum config_reconcile { CONFIG_RECONCILE_LOG, CONFIG_RECONCILE_REPAIR, CONFIG_RECONCILE_NO };

struct config_net {
	struct config_head head;
	enum config_mode mode;
	int64_t wait; /* ms */
	enum config_severity on_error;
	enum config_reconcile reconcile;
};

struct config_address {
	struct config_head head;
	struct config_ip ip;
	struct config_ip peer;
	bool dad;
	int64_t scope; /* RT_SCOPE_*; CONFIG_NONE: by the address */
	const char *label;
	int64_t metric;
};

struct config_gateway {
	struct config_head head;
	struct config_ip ip;
	int64_t metric;
	bool onlink;
};

/* One of several next hops. */
struct config_hop {
	struct config_ip via;
	uint16_t weight; /* 1-256 */
};

struct config_route {
	struct config_head head;
	struct config_ip to;
	struct config_ip via;
	struct config_ip src;
	int64_t metric;
	int64_t table;
	int64_t mtu;
	struct config_hop *hops;
	uint8_t hops_count;
	uint8_t type; /* RTN_UNICAST, RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT */
	bool onlink;
};

/* What the kernel tells policy rules apart by, beside their priority. Whatever is 0 is no
 * condition. No padding: compared as bytes. */
struct config_rule_key {
	uint32_t table; /* 0: another action */
	uint32_t mark, mask;
	uint32_t suppress; /* the prefix length that is suppressed, and 1 more */
	uint32_t user, users_end; /* the first, and the one behind the last */
	uint16_t sport[2], dport[2]; /* first and last */
	struct config_ip from, to;
	uint8_t family;
	uint8_t action; /* FR_ACT_* */
	uint8_t protocol; /* IPPROTO_* */
	bool invert;
	char iif[CONFIG_LINK_NAME], oif[CONFIG_LINK_NAME]; /* padded with NULs */
};

struct config_rule {
	struct config_head head;
	struct config_rule_key key;
	int64_t priority; /* CONFIG_NONE: any */
};

struct config_mac {
	uint8_t bytes[6]; /* all of them 0: not set */
};

/* How an interface is found: by one of them. */
struct config_match {
	const char *name;
	struct config_mac mac;
	struct config_ip subnet; /* that one of its addresses lies in */
};

/* Who is where, on the link and behind a tunnel. */
struct config_neighbour {
	struct config_head head;
	struct config_ip ip; /* family 0: whoever there is (flood) */
	struct config_mac mac;
	struct config_ip vtep; /* family 0: on the link */
	const char *name; /* of the other end of a veth; all else is not set then */
};

enum config_kind {
	CONFIG_EXISTING,
	CONFIG_VETH,
	CONFIG_BRIDGE,
	CONFIG_VLAN,
	CONFIG_MACVLAN,
	CONFIG_IPVLAN,
	CONFIG_VXLAN,
	CONFIG_DUMMY,
};

struct config_interface {
	struct config_head head;
	bool up;
	bool hotplug;
	int64_t mtu;
	struct config_match match; /* not set: by the section's name */
	enum config_kind kind;
	const char *rename;
	struct config_mac mac;
	int64_t tx_queue;
	const char *master;
	const char *parent;
	int64_t vlan_id;
	struct config_address *addresses;
	struct config_gateway *gateways;
	struct config_route *routes;
	struct config_rule *rules;
	struct config_neighbour *neighbours;
	struct config_pair *sysctls; /* key: "ipv4.rp_filter" */
	int64_t announce;
	int64_t vni;
	struct config_ip local;
	int64_t port;
	struct config_neighbour *peers;
	struct config_neighbour *floods;
	const char *members; /* service:NAME */
};

struct config_dns {
	struct config_head head;
	struct config_neighbour *nameservers; /* in vtep */
	struct config_word *search, *options;
	bool force;
};

struct config_hosts {
	struct config_head head;
	struct config_pair *list; /* NAME = IP, or service:NAME */
};

struct config_host {
	struct config_head head;
	const char *name; /* NULL: as it is */
};

#endif
