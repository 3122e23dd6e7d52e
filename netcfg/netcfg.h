/* SPDX-License-Identifier: Apache-2.0 */
/* The container's own network: observe, plan, apply, verify.
 * net_observe reads the kernel, net_plan compares it with what is wanted and is pure, the
 * difference is sent in one batch, and the kernel's acknowledgement or, where more than something
 * was added, a second observation proves it. To add a setting: its row in plan.c, its words in
 * text.c, its bytes in encode.c. */
#ifndef NETCFG_NETCFG_H
#define NETCFG_NETCFG_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/memory.h"

enum {
	NET_NAME = CONFIG_LINK_NAME,
	NET_MAX_LINKS = 1024,
	NET_MAX_ADDRESSES = 4096,
	NET_MAX_ROUTES = 12288, /* of the wanted ones: dumps are streamed against them */
	NET_MAX_FOUND = 512, /* the kernel's, where a wanted one should be */
	NET_MAX_HOPS = 2048, /* next hops of all wanted routes that have several */
	NET_MAX_FOUND_HOPS = 256,
	NET_MAX_NEIGHBOURS = 4096,
	NET_MAX_RULES = 1024,
	NET_MAX_SYSCTLS = 256, /* those that are files */
	NET_MAX_OPS = 20480,
	NET_BUCKETS = 512, /* a power of two */
	NET_PROTOCOL = 200, /* who made it: RTA_PROTOCOL, IFA_PROTO, NDA_PROTOCOL and FRA_PROTOCOL
			       of all that is ours; not taken by anyone in rtnetlink.h or
			       rt_protos */
	NET_FIRST_INDEX = 1000000, /* of the links that we make: far from those that the kernel
				      gives away by itself */
	NET_CONF = 33, /* IPV4_DEVCONF_MAX, linux/ip.h */
	NET_OP_TEXT = 1536, /* bytes that hold any operation's text */
};

struct net_link {
	int index;
	char name[NET_NAME];
	uint32_t flags; /* IFF_* */
	uint32_t mtu;
	uint32_t tx_queue;
	int master; /* its index; 0: none */
	uint8_t mac[6];
	char kind[NET_NAME]; /* "veth"; "" if the kernel names none */
	int parent; /* the link below; of a veth that is to be made, its other end */
	uint32_t id; /* of vlan and vxlan */
	uint16_t port; /* of vxlan */
	struct config_ip local; /* of vxlan */
	int32_t conf[NET_CONF]; /* the IPv4 sysctls, [IPV4_DEVCONF_x - 1] */
	const struct config_interface *create; /* it is not there, but to be made for this one */
	const char *rename; /* what it is to be called; NULL: it keeps its name */
};

struct net_address {
	int index; /* of its link */
	struct config_ip ip;
	struct config_ip peer; /* family 0: none */
	uint32_t flags; /* IFA_F_* */
	uint32_t metric; /* of its prefix route; 0: the kernel's default */
	uint8_t scope; /* RT_SCOPE_* */
	uint8_t protocol; /* IFA_PROTO; 0: the kernel does not say */
	char label[NET_NAME];
};

struct net_hop {
	struct config_ip via; /* family 0: on the link */
	int index;
	uint16_t weight;
	const char *link; /* its name, for the text */
};

/* A route, in full: what was not said has its default. */
struct net_route {
	int index; /* of its link; 0: the link is not there, or it has none */
	struct config_ip to; /* without host bits */
	struct config_ip via; /* family 0: on the link */
	struct config_ip src; /* family 0: not said */
	uint32_t metric;
	uint32_t table;
	uint32_t mtu; /* 0: not said */
	uint8_t type; /* RTN_* */
	uint8_t protocol; /* RTPROT_*, or NET_PROTOCOL */
	bool onlink;
	bool other; /* has what we know nothing of: equals no wanted one */
	uint8_t hops_count;
	const struct net_hop *hops; /* instead of via, if there are several */
};

/* A route that the configuration wants, from a gateway or a route line. */
struct net_wanted {
	struct net_route route;
	const struct config_interface *interface;
	const struct config_origin *origin;
	bool present; /* the kernel has it so */
	bool impossible; /* its interface is not there */
	uint16_t found; /* n: found[n - 1] is what it would replace; 0: nothing */
	uint16_t next; /* in its bucket; n: routes[n - 1], 0: the end */
};

/* A route of the kernel to where a wanted one goes, but another. */
struct net_found {
	struct net_route route;
	uint16_t wanted; /* routes[wanted] goes there as well */
	bool stale; /* ours from an earlier run, and to be deleted */
};

/* Who has an address on the link; or, in a bridge's or tunnel's forwarding table, where a MAC is.
 */
struct net_neighbour {
	int index;
	struct config_ip ip; /* in a forwarding table: the host behind the tunnel */
	uint8_t mac[6]; /* in a forwarding table, all 0: whoever is not in it */
	bool forwarding;
	bool lasting; /* NUD_PERMANENT */
};

struct net_wanted_neighbour {
	struct net_neighbour neighbour, before; /* before.index 0: there is none */
	const struct config_interface *interface;
	const struct config_origin *origin;
	bool present;
	bool any; /* no entry: those of this table that are not wanted go, as they are ours */
	bool stale; /* one of them */
};

struct net_wanted_rule {
	const struct config_rule *rule;
	const struct config_interface *interface;
	uint32_t priority;
	uint32_t stale; /* the priority of ours from an earlier run; 0: none */
	bool present;
};

/* A setting that is a file below /proc/sys. */
struct net_sysctl {
	const struct config_pair *pair;
	const struct config_interface *interface;
	const char *link; /* the name that its link will have */
	bool present;
	char before[CONFIG_SYSCTL]; /* "": not known */
};

/* What the kernel has, as far as the configuration is about it. Big, and only touched as far as it
 * is used: static, never copied, never cleared as a whole. */
struct net_state {
	unsigned links_count, addresses_count, routes_count, found_count, hops_count,
		found_hops_count, neighbours_count, rules_count, sysctls_count;
	bool cut; /* the kernel has more links or addresses than fit */
	bool is_host; /* the machine's own network namespace */
	bool may_change; /* CAP_NET_ADMIN in effect */
	bool not_root; /* to whom alone docker gives its capabilities */
	bool renames_live; /* the kernel renames what is up: Linux 6.2 */
	bool changed; /* we have changed something: what is needed to take it back is kept */
	uint16_t buckets[NET_BUCKETS]; /* of routes, by where they go */
	struct net_link links[NET_MAX_LINKS]; /* those that are to be made as well, at the end */
	struct net_address addresses[NET_MAX_ADDRESSES];
	/* These on pages of their own, so that net_settle can give them back. */
	alignas(MEMORY_PAGE) struct net_wanted routes[NET_MAX_ROUTES];
	struct net_found found[NET_MAX_FOUND];
	struct net_hop hops[NET_MAX_HOPS], found_hops[NET_MAX_FOUND_HOPS];
	struct net_wanted_neighbour neighbours[NET_MAX_NEIGHBOURS];
	struct net_wanted_rule rules[NET_MAX_RULES];
	struct net_sysctl sysctls[NET_MAX_SYSCTLS];
};

/* What [net] mode comes to here, and why. */
struct net_mode {
	enum config_mode mode; /* never CONFIG_MODE_AUTO */
	bool creates; /* with CONFIG_MODE_VERIFY: what the file creates is changed all the same */
	const char *reason; /* a clause: "this is the host's network" */
};

enum net_op_kind {
	NET_LINK_CREATE,
	NET_LINK_DELETE, /* only as what takes the former back */
	NET_LINK_NAME,
	NET_LINK_MAC,
	NET_LINK_MTU,
	NET_LINK_TX_QUEUE,
	NET_LINK_MASTER,
	NET_LINK_CONF,
	NET_LINK_DOWN,
	NET_LINK_UP,
	NET_SYSCTL,
	NET_ADDRESS_DELETE,
	NET_ADDRESS_ADD,
	NET_NEIGHBOUR_DELETE,
	NET_NEIGHBOUR_REPLACE,
	NET_ROUTE_DELETE,
	NET_ROUTE_REPLACE,
	NET_RULE_DELETE,
	NET_RULE_ADD,
};

/* One operation, all of them set or replace: a plan may be applied twice. */
struct net_op {
	enum net_op_kind kind;
	int index;
	const char *link; /* its name; belongs to the configuration or the state */
	const struct config_origin *origin; /* the line that wanted it; NULL: lo, which any
					       network needs */
	bool again; /* it is so already, but a deletion before may take it along */
	bool created; /* about an interface that the file creates */
	const struct config_interface *interface; /* NULL: about lo */
	bool refused; /* by the kernel */
	union {
		struct {
			uint32_t number, before; /* MTU, TX_QUEUE, MASTER (an index), CONF */
			const char *name; /* of the master, or of the sysctl */
			uint8_t conf; /* IPV4_DEVCONF_* */
		};
		struct {
			char new_name[NET_NAME], old_name[NET_NAME];
		};
		struct {
			uint8_t mac[6], mac_before[6];
		};
		struct {
			const struct net_link *create;
			const char *parent; /* NULL: none */
		};
		struct {
			const struct net_sysctl *sysctl;
			bool back; /* to the value before */
		};
		struct net_address address;
		struct {
			struct net_neighbour neighbour, neighbour_before;
		};
		struct {
			struct net_route route;
			const struct net_route *route_before; /* what it replaces; NULL: nothing */
		};
		struct {
			const struct config_rule_key *rule;
			uint32_t priority;
		};
	};
};

struct net_plan {
	unsigned sent; /* those before it are done */
	unsigned count;
	struct net_op ops[NET_MAX_OPS];
};

/* Reads all that the configuration wants something of. Needs no privilege. */
int net_observe(struct net_state *, const struct config *, struct error *);

/* The link that has that name now, that will have it, or that has that index; NULL if there is
 * none. Those that are to be made are among them. */
const struct net_link *net_link_named(const struct net_state *, const char *name);
const struct net_link *net_link_called(const struct net_state *, const char *name);
const struct net_link *net_link_at(const struct net_state *, int index);

/* What mode "auto" means for this state; pure. */
struct net_mode net_decide(const struct config *, const struct net_state *);

/* Appends to what was sent already what has to be done so that the state becomes as wanted; pure,
 * nothing if it is so already. Fails if something wanted can't be (net_check): the plan then is for
 * all the rest. */
int net_plan(struct net_plan *, const struct config *, const struct net_state *, struct error *);

/* Writes one operation as a line of ip(8)'s -batch input, without the newline; what ip(8) can't do
 * as the command that can, behind a "# ". Returns 0, or -1 if it does not fit. */
int net_op_text(const struct net_op *, char *text, size_t size);

/* What may end a wait: a descriptor that becomes readable, and whether what has come then is a
 * reason to. */
struct net_wake {
	int (*descriptor)(void);
	bool (*come)(void);
};

/* The whole: observe, decide, wait for the interfaces, plan, apply, observe again unless the
 * kernel's acknowledgement says it all, wait for carrier and addresses. Operations go in batches
 * with one acknowledgement each; a failure names the operation, its origin in the configuration and
 * the kernel's own sentence, and, unless [net] on-error is warn, what had been done is taken back.
 * Leaves links and addresses as they are then in the state. In verify mode a difference is a
 * failure that says which docker flag or setting would allow the change. With neither [interface]
 * nor [service] (and [net] mode not apply) it does nothing at all, not even a system call; with
 * only [service] it observes. wake: NULL: nothing ends a wait. Returns 0, -1 (whether that ends the
 * start is [net] on-error's, and so the caller's, decision), or NET_WOKEN when a wait was ended so.
 */
enum { NET_WOKEN = 1 };
int net_configure(struct net_state *, const struct config *, struct net_mode *,
		  const struct net_wake *, struct error *);

/* Whether the member of a service can be a peer of the vxlan interface. */
bool net_is_peer(const struct config_interface *, const struct config_neighbour *);

/* After a success, when there is time: observes links and addresses if that was left out, and gives
 * back what only configuring needs, most of the state and the socket. */
void net_settle(struct net_state *);

/* Looks again, once the application runs. What has drifted is named in the error, also if it was
 * repaired, which only what the mode allows to be changed can be. An interface that may come and go
 * is set up when it has come, whether or not there is repair, and the members of a service are
 * followed. Does not wait. */
enum net_drift { NET_AS_WANTED, NET_DRIFTED, NET_REPAIRED, NET_JOINED, NET_FOLLOWED };
enum net_drift net_reconcile(struct net_state *, const struct config *, const struct net_mode *,
			     bool repair, struct error *);

#endif
