/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/observe.h"

#include <linux/capability.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

#include "config/memory.h"
#include "netcfg/decode.h"
#include "netcfg/kernel.h"
#include "netcfg/neighbour.h"
#include "netcfg/rule.h"
#include "netcfg/wanted.h"

/* How often a dump is repeated that others' changes tore; then its data have to do. */
enum { MAX_ATTEMPTS = 5 };

static void link_seen(void *context, const struct nlmsghdr *message) {
	struct net_state *state = context;
	if (state->links_count == NET_MAX_LINKS)
		state->cut = true;
	else if (net_decode_link(message, &state->links[state->links_count]))
		state->links_count++;
}

static void address_seen(void *context, const struct nlmsghdr *message) {
	struct net_state *state = context;
	if (state->addresses_count == NET_MAX_ADDRESSES)
		state->cut = true;
	else if (net_decode_address(message, &state->addresses[state->addresses_count]))
		state->addresses_count++;
}

static void route_seen(void *context, const struct nlmsghdr *message) {
	struct net_hop hops[CONFIG_HOPS];
	struct net_route route;
	if (net_decode_route(message, &route, hops))
		net_meet_route(context, &route);
}

static void neighbour_seen(void *context, const struct nlmsghdr *message) {
	struct net_neighbour neighbour;
	if (net_decode_neighbour(message, &neighbour))
		net_meet_neighbour(context, &neighbour);
}

static void rule_seen(void *context, const struct nlmsghdr *message) {
	struct config_rule_key key;
	uint32_t priority;
	uint8_t protocol;
	if (net_decode_rule(message, &key, &priority, &protocol))
		net_meet_rule(context, &key, priority, protocol);
}

size_t net_put_link_request(int index, uint32_t seq, void *buffer) {
	struct nlmsghdr *request = mnl_nlmsg_put_header(memset(buffer, 0, NET_LINK_REQUEST));
	struct ifinfomsg *header = mnl_nlmsg_put_extra_header(request, sizeof *header);
	request->nlmsg_type = RTM_GETLINK;
	request->nlmsg_flags = NLM_F_REQUEST;
	request->nlmsg_seq = seq;
	header->ifi_index = index;
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return request->nlmsg_len;
}

void net_meet_link(void *context, const struct nlmsghdr *message) {
	struct net_state *state = context;
	struct net_link link;
	const struct net_link *known =
		net_decode_link(message, &link) ? net_link_at(state, link.index) : NULL;
	if (known)
		state->links[known - state->links].flags = link.flags;
}

static struct nlmsghdr *dump_request(void *buffer, uint16_t type, size_t header) {
	struct nlmsghdr *request = mnl_nlmsg_put_header(buffer);
	request->nlmsg_type = type;
	request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	(void)mnl_nlmsg_put_extra_header(request, header);
	return request;
}

/* Without their statistics, which are most of a link's bytes. */
static int read_links(struct net_kernel *k, struct net_state *state, struct error *e) {
	_Alignas(struct nlmsghdr) char buffer[64];
	struct nlmsghdr *request = dump_request(buffer, RTM_GETLINK, sizeof(struct ifinfomsg));
	mnl_attr_put_u32(request, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	state->links_count = 0;
	return net_kernel_dump(k, request, link_seen, state, e);
}

static int read_addresses(struct net_kernel *k, struct net_state *state, struct error *e) {
	_Alignas(struct nlmsghdr) char buffer[64];
	state->addresses_count = 0;
	return net_kernel_dump(k, dump_request(buffer, RTM_GETADDR, sizeof(struct ifaddrmsg)),
			       address_seen, state, e);
}

/* The table to ask for: the main one if all wanted routes of the family are in it, RT_TABLE_UNSPEC
 * (all tables) if not, -1 if there are none. Another one than the main may not exist yet, which
 * the kernel would call an error. */
static int table_wanted(const struct net_state *state, uint8_t family) {
	int table = -1;
	for (unsigned i = 0; i < state->routes_count; i++) {
		const struct net_route *r = &state->routes[i].route;
		if (r->to.family == family)
			table = RT_TABLE_MAIN;
		if (r->to.family == family && r->table != RT_TABLE_MAIN)
			return RT_TABLE_UNSPEC;
	}
	return table;
}

static int read_routes_of(struct net_kernel *k, struct net_state *state, uint8_t family,
			  struct error *e) {
	_Alignas(struct nlmsghdr) char buffer[64];
	int table = table_wanted(state, family);
	struct nlmsghdr *request = dump_request(buffer, RTM_GETROUTE, sizeof(struct rtmsg));
	struct rtmsg *header = mnl_nlmsg_get_payload(request);
	if (table < 0)
		return 0;
	header->rtm_family = family;
	header->rtm_table = (unsigned char)table;
	return net_kernel_dump(k, request, route_seen, state, e);
}

static void forget_routes(struct net_state *state) {
	if (!state->changed)
		state->found_count = state->found_hops_count = 0;
	for (unsigned i = 0; i < state->found_count; i++)
		state->found[i].stale = false;
	for (unsigned i = 0; i < state->routes_count; i++) {
		state->routes[i].present = false;
		state->routes[i].found = 0;
	}
}

static int read_routes(struct net_kernel *k, struct net_state *state, struct error *e) {
	forget_routes(state);
	int v4 = read_routes_of(k, state, AF_INET, e);
	if (v4 < 0)
		return -1;
	int v6 = read_routes_of(k, state, AF_INET6, e);
	return v6 < 0 ? -1 : v4 | v6;
}

/* Of both families, or the forwarding tables. */
static int read_neighbours_of(struct net_kernel *k, struct net_state *state, bool forwarding,
			      struct error *e) {
	_Alignas(struct nlmsghdr) char buffer[64];
	struct nlmsghdr *request = dump_request(buffer, RTM_GETNEIGH, sizeof(struct ndmsg));
	struct ndmsg *header = mnl_nlmsg_get_payload(request);
	bool wanted = false;
	for (unsigned n = 0; n < state->neighbours_count; n++)
		wanted |= state->neighbours[n].neighbour.forwarding == forwarding;
	if (!wanted)
		return 0;
	header->ndm_family = forwarding ? AF_BRIDGE : AF_UNSPEC;
	return net_kernel_dump(k, request, neighbour_seen, state, e);
}

static int read_neighbours(struct net_kernel *k, struct net_state *state, struct error *e) {
	int own = read_neighbours_of(k, state, false, e);
	int forwarding = own < 0 ? -1 : read_neighbours_of(k, state, true, e);
	return own < 0 || forwarding < 0 ? -1 : own | forwarding;
}

static int read_rules(struct net_kernel *k, struct net_state *state, struct error *e) {
	_Alignas(struct nlmsghdr) char buffer[64];
	if (!state->rules_count)
		return 0;
	return net_kernel_dump(k, dump_request(buffer, RTM_GETRULE, sizeof(struct fib_rule_hdr)),
			       rule_seen, state, e);
}

typedef int reader(struct net_kernel *, struct net_state *, struct error *);

static int read_whole(reader *read, struct net_kernel *k, struct net_state *state,
		      struct error *e) {
	int result = NET_KERNEL_TORN;
	for (unsigned i = 0; i < MAX_ATTEMPTS && result == NET_KERNEL_TORN; i++)
		result = read(k, state, e);
	return result < 0 ? -1 : 0;
}

/* The set of CAP_NET_ADMIN, without /proc, which may be missing. */
static bool may_change(void) {
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = { { 0 } };
	if (syscall(SYS_capget, &header, sets) < 0)
		return false;
	return sets[CAP_TO_INDEX(CAP_NET_ADMIN)].effective & CAP_TO_MASK(CAP_NET_ADMIN);
}

/* dev_weight is a sysctl of the initial network namespace alone. */
static bool is_host(void) {
	return access("/proc/sys/net/core/dev_weight", F_OK) == 0;
}

int net_read_addresses(struct net_kernel *k, struct net_state *state, struct error *e) {
	state->cut = false;
	if (read_whole(read_links, k, state, e) < 0)
		return -1;
	return read_whole(read_addresses, k, state, e);
}

int net_read(struct net_kernel *k, struct net_state *state, const struct config *c,
	     struct error *e) {
	if (net_read_addresses(k, state, e) < 0)
		return -1;
	if (net_want(state, c, e) < 0 || read_whole(read_routes, k, state, e) < 0 ||
	    read_whole(read_neighbours, k, state, e) < 0)
		return -1;
	return read_whole(read_rules, k, state, e);
}

void net_note_addresses(struct net_state *state, const struct net_plan *plan) {
	for (unsigned n = 0; n < plan->count; n++) {
		const struct net_op *op = &plan->ops[n];
		if (op->kind != NET_ADDRESS_ADD || op->again)
			continue;
		if (state->addresses_count < NET_MAX_ADDRESSES)
			state->addresses[state->addresses_count++] = op->address;
		else
			state->cut = true;
	}
}

/* Before Linux 6.2 what is up could not be renamed. */
static bool renames_live(void) {
	struct utsname name = { 0 };
	char *minor;
	(void)uname(&name);
	unsigned long major = strtoul(name.release, &minor, 10);
	return major > 6 || (major == 6 && strtoul(minor + (*minor == '.'), NULL, 10) >= 2);
}

void net_read_surroundings(struct net_state *state, const struct config *c) {
	if (c->net.mode != CONFIG_MODE_APPLY) {
		state->is_host = is_host();
		state->may_change = may_change();
		state->not_root = geteuid() != 0;
	}
	state->renames_live = true;
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next)
		if (i->rename)
			state->renames_live = renames_live();
}

int net_observe(struct net_state *state, const struct config *c, struct error *e) {
	static MEMORY_BULK struct net_kernel k;
	if (net_kernel_open(&k, e) < 0)
		return -1;
	state->changed = false;
	net_read_surroundings(state, c);
	int result = net_read(&k, state, c, e);
	net_kernel_close(&k);
	return result;
}
