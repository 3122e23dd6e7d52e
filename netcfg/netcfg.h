/* SPDX-License-Identifier: Apache-2.0 */
/* The container's own network: observe, plan, apply, verify.
 * net_observe reads the kernel, net_plan compares it with what is wanted and is pure, net_apply
 * sends the difference in one batch, and the kernel's acknowledgement or, where something was taken
 * away, a second observation proves it. To add a setting: its row in plan.c, its words in text.c,
 * its bytes in encode.c. */
#ifndef NETCFG_NETCFG_H
#define NETCFG_NETCFG_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "config/memory.h"

enum {
	NET_NAME = 16, /* IFNAMSIZ, if(7) */
	NET_MAX_LINKS = 1024,
	NET_MAX_ADDRESSES = 4096,
	NET_MAX_ROUTES = 12288, /* of the wanted ones: dumps are streamed against them */
	NET_MAX_FOUND = 512, /* the kernel's, where a wanted one should be */
	NET_MAX_OPS = 20480,
	NET_BUCKETS = 512,
	NET_PROTOCOL = 200, /* who made it: RTA_PROTOCOL and IFA_PROTO of all that is ours; not
			       taken by anyone in rtnetlink.h or rt_protos */
	NET_OP_TEXT = 320, /* bytes that hold any operation's text */
};

struct net_link {
	int index;
	char name[NET_NAME];
	uint32_t flags; /* IFF_* */
	uint32_t mtu;
	uint8_t mac[6];
	char kind[NET_NAME]; /* "veth"; "" if the kernel names none */
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

/* A unicast route with one next hop, in full: what was not said has its default. */
struct net_route {
	int index; /* of its link; 0: the link is not there */
	struct config_ip to; /* without host bits */
	struct config_ip via; /* family 0: on the link */
	struct config_ip src; /* family 0: not said */
	uint32_t metric;
	uint32_t table;
	uint32_t mtu; /* 0: not said */
	uint8_t protocol; /* RTPROT_*, or NET_PROTOCOL */
	bool onlink;
	bool other; /* has several next hops or another type: equals no wanted one */
};

/* A route that the configuration wants, from a gateway or a route line. */
struct net_wanted {
	struct net_route route;
	const struct config_interface *interface;
	const struct config_origin *origin;
	bool present; /* the kernel has it so */
	uint16_t found; /* n: found[n - 1] is what it would replace; 0: nothing */
	uint16_t next; /* in its bucket; n: routes[n - 1], 0: the end */
};

/* A route of the kernel to where a wanted one goes, but another. */
struct net_found {
	struct net_route route;
	uint16_t wanted; /* routes[wanted] goes there as well */
	bool stale; /* ours from an earlier run, and to be deleted */
};

/* What the kernel has, as far as the configuration is about it. Big, and only touched as far as it
 * is used: static, never copied, never cleared as a whole. */
struct net_state {
	unsigned links_count, addresses_count, routes_count, found_count;
	bool cut; /* the kernel has more links or addresses than fit */
	bool is_host; /* the machine's own network namespace */
	bool may_change; /* CAP_NET_ADMIN in effect */
	uint16_t buckets[NET_BUCKETS]; /* of routes, by where they go */
	struct net_link links[NET_MAX_LINKS];
	struct net_address addresses[NET_MAX_ADDRESSES];
	/* These on pages of their own, so that net_settle can give them back. */
	alignas(MEMORY_PAGE) struct net_wanted routes[NET_MAX_ROUTES];
	struct net_found found[NET_MAX_FOUND];
};

/* What [net] mode comes to here, and why. */
struct net_mode {
	enum config_mode mode; /* never CONFIG_MODE_AUTO */
	const char *reason; /* a clause: "this is the host's network" */
};

enum net_op_kind {
	NET_LINK_MTU,
	NET_LINK_DOWN,
	NET_LINK_UP,
	NET_ADDRESS_DELETE,
	NET_ADDRESS_ADD,
	NET_ROUTE_DELETE,
	NET_ROUTE_REPLACE,
};

/* One operation, all of them set or replace: a plan may be applied twice. */
struct net_op {
	enum net_op_kind kind;
	int index;
	const char *link; /* its name; belongs to the configuration or the state */
	const struct config_origin *origin; /* the line that wanted it; NULL: lo, which any
					       network needs */
	bool again; /* it is so already, but a deletion before may take it along */
	union {
		struct {
			uint32_t mtu, mtu_before;
		};
		struct net_address address;
		struct {
			struct net_route route;
			const struct net_route *before; /* what it replaces; NULL: nothing */
		};
	};
};

struct net_plan {
	unsigned count;
	struct net_op ops[NET_MAX_OPS];
};

/* Reads links, addresses and those routes that the configuration wants. Needs no privilege. */
int net_observe(struct net_state *, const struct config *, struct error *);

/* The link of that name, or of that index; NULL if there is none. */
const struct net_link *net_link_named(const struct net_state *, const char *name);
const struct net_link *net_link_at(const struct net_state *, int index);

/* What mode "auto" means for this state; pure. */
struct net_mode net_decide(const struct config *, const struct net_state *);

/* What has to be done so that the state becomes as wanted; pure, empty if it is so already.
 * Fails if something wanted can't be: an interface that is not there, routes of one that is to be
 * down. */
int net_plan(struct net_plan *, const struct config *, const struct net_state *, struct error *);

/* Writes one operation as a line of ip(8)'s -batch input, without the newline. Returns 0, or -1 if
 * it does not fit. */
int net_op_text(const struct net_op *, char *text, size_t size);

/* Sends the plan in batches with one acknowledgement each. On failure it names the operation, its
 * origin in the configuration and the kernel's own sentence, and, unless [net] on-error is warn,
 * takes back what it had done. */
int net_apply(const struct config *, const struct net_plan *, struct error *);

/* The whole: observe, decide, wait for the interfaces, plan, apply, observe again unless the
 * kernel's acknowledgement says it all. Leaves links and addresses as they are then in the state.
 * In verify mode a difference is a failure that says which docker flag or setting would allow the
 * change. With neither [interface] nor [service] (and [net] mode not apply) it does nothing at all,
 * not even a system call; with only [service] it observes. wake: gives the descriptor that ends a
 * wait when it becomes readable (the signals of PID 1); NULL: none. Returns 0, -1 (whether that
 * ends the start is [net] on-error's, and so the caller's, decision), or NET_WOKEN when the wait
 * was ended so. */
enum { NET_WOKEN = 1 };
int net_configure(struct net_state *, const struct config *, struct net_mode *, int (*wake)(void),
		  struct error *);

/* After a success, when there is time: observes links and addresses if that was left out, and gives
 * back what only configuring needs, most of the state and the socket. */
void net_settle(struct net_state *);

#endif
