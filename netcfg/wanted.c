/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/wanted.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "netcfg/check.h"
#include "netcfg/ip.h"
#include "netcfg/neighbour.h"
#include "netcfg/rule.h"
#include "netcfg/select.h"
#include "netcfg/sysctl.h"

/* IPv6 routes that name no metric get IP6_RT_PRIO_USER (net/ip6_route.h), IPv4 ones 0. */
enum { IPV6_METRIC = 1024 };

static uint32_t metric_of(int64_t metric, uint8_t family) {
	if (metric > 0)
		return (uint32_t)metric;
	return family == AF_INET6 ? IPV6_METRIC : 0;
}

static uint32_t or_nothing(int64_t number) {
	return number == CONFIG_NONE ? 0 : (uint32_t)number;
}

static struct net_route from_route(const struct config_route *r) {
	return (struct net_route){
		.to = net_ip_network(&r->to),
		.via = r->via,
		.src = r->src,
		.metric = metric_of(r->metric, r->to.family),
		.table = r->table > 0 ? (uint32_t)r->table : RT_TABLE_MAIN,
		.mtu = or_nothing(r->mtu),
		.type = r->type,
		.onlink = r->onlink,
		.protocol = NET_PROTOCOL,
	};
}

static struct net_route from_gateway(const struct config_gateway *g) {
	return (struct net_route){
		.to = { .family = g->ip.family },
		.via = g->ip,
		.metric = metric_of(g->metric, g->ip.family),
		.table = RT_TABLE_MAIN,
		.type = RTN_UNICAST,
		.onlink = g->onlink,
		.protocol = NET_PROTOCOL,
	};
}

static unsigned bucket_of(const struct net_route *r) {
	uint32_t words[sizeof r->to.bytes / sizeof(uint32_t)], hash = r->to.prefix;
	memcpy(words, r->to.bytes, sizeof words);
	for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
		hash = (hash ^ words[i]) * 2654435761U; /* Knuth's: 2^32 by the golden ratio */
	return hash >> 16 & (NET_BUCKETS - 1);
}

static bool same_way(const struct net_route *a, const struct net_route *b) {
	return a->to.prefix == b->to.prefix && a->table == b->table && ip_equal(&a->to, &b->to);
}

/* A wanted route to the same place; with the same metric, hence the same key, where there is one.
 */
static struct net_wanted *to_same_place(struct net_state *state, const struct net_route *r) {
	struct net_wanted *other = NULL;
	for (uint16_t n = state->buckets[bucket_of(r)]; n; n = state->routes[n - 1].next) {
		struct net_wanted *w = &state->routes[n - 1];
		if (!same_way(&w->route, r))
			continue;
		if (w->route.metric == r->metric)
			return w;
		other = w;
	}
	return other;
}

/* The link of a next hop: the interface's own, or one that has the hop in one of its networks. */
static const struct net_link *link_to(const struct net_state *state, const struct config *c,
				      const struct net_link *own, const struct config_ip *hop) {
	if (net_link_owns(state, c, own, hop, true))
		return own;
	for (unsigned n = 0; n < state->links_count; n++)
		if (net_link_owns(state, c, &state->links[n], hop, true))
			return &state->links[n];
	return own;
}

static int want_hops(struct net_state *state, const struct config *c,
		     const struct config_route *from, const struct net_link *own,
		     struct net_route *route, struct error *e) {
	if (state->hops_count + from->hops_count > NET_MAX_HOPS)
		return fail(e, "more than %d next hops", NET_MAX_HOPS);
	route->index = 0;
	route->hops = &state->hops[state->hops_count];
	route->hops_count = from->hops_count;
	for (unsigned n = 0; n < from->hops_count; n++) {
		const struct net_link *link = link_to(state, c, own, &from->hops[n].via);
		state->hops[state->hops_count++] = (struct net_hop){
			.via = from->hops[n].via,
			.weight = from->hops[n].weight,
			.index = link->index,
			.link = net_link_name(link),
		};
	}
	return 0;
}

static int want(struct net_state *state, const struct config_interface *interface,
		const struct config_origin *origin, struct net_route route, struct error *e) {
	if (state->routes_count == NET_MAX_ROUTES)
		return fail(e, "more than %d routes", NET_MAX_ROUTES);

	unsigned bucket = bucket_of(&route);
	state->routes[state->routes_count] = (struct net_wanted){
		.route = route,
		.interface = interface,
		.origin = origin,
		.next = state->buckets[bucket],
	};
	state->buckets[bucket] = (uint16_t)++state->routes_count;
	return 0;
}

static int want_routes_of(struct net_state *state, const struct config *c,
			  const struct config_interface *i, struct error *e) {
	const struct net_link *link =
		net_check_interface(c, i, state, NULL) ? NULL : net_link_of(state, i);
	unsigned first = state->routes_count;
	struct net_route route;
	for (const struct config_gateway *g = i->gateways; g; g = g->head.next) {
		route = from_gateway(g);
		route.index = link ? link->index : 0;
		if (want(state, i, &g->head.origin, route, e) < 0)
			return -1;
	}
	for (const struct config_route *r = i->routes; r; r = r->head.next) {
		route = from_route(r);
		if (link && r->type == RTN_UNICAST)
			route.index = link->index;
		if (link && r->hops_count && want_hops(state, c, r, link, &route, e) < 0)
			return -1;
		if (want(state, i, &r->head.origin, route, e) < 0)
			return -1;
	}
	for (; first < state->routes_count; first++)
		state->routes[first].impossible = !link;
	return 0;
}

static int want_routes(struct net_state *state, const struct config *c, struct error *e) {
	memset(state->buckets, 0, sizeof state->buckets);
	state->routes_count = state->hops_count = 0;
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next)
		if (want_routes_of(state, c, i, e) < 0)
			return -1;
	return 0;
}

int net_want(struct net_state *state, const struct config *c, struct error *e) {
	if (net_want_links(state, c, e) < 0 || want_routes(state, c, e) < 0 ||
	    net_want_neighbours(state, c, e) < 0 || net_want_rules(state, c, e) < 0)
		return -1;
	return net_want_sysctls(state, c, e);
}

static bool has_hop(const struct net_route *r, const struct net_hop *hop) {
	for (unsigned n = 0; n < r->hops_count; n++)
		if (r->hops[n].index == hop->index && r->hops[n].weight == hop->weight &&
		    ip_equal(&r->hops[n].via, &hop->via))
			return true;
	return false;
}

static bool same_hops(const struct net_route *a, const struct net_route *b) {
	for (unsigned n = 0; n < a->hops_count; n++)
		if (!has_hop(b, &a->hops[n]))
			return false;
	return a->hops_count == b->hops_count;
}

/* IPv6 routes to nowhere go through lo. onlink is a permission and no property; source and MTU
 * count only where they were asked for. */
static bool satisfies(const struct net_route *is, const struct net_route *wanted) {
	bool nowhere = wanted->type != RTN_UNICAST || wanted->hops_count;
	return !is->other && is->type == wanted->type && same_hops(is, wanted) &&
	       (nowhere || is->index == wanted->index) && ip_equal(&is->via, &wanted->via) &&
	       (!wanted->src.family || ip_equal(&is->src, &wanted->src)) &&
	       (!wanted->mtu || is->mtu == wanted->mtu);
}

/* Hops that do not fit any more make it a route that can't be set again. */
static void keep_hops(struct net_state *state, struct net_route *route) {
	struct net_hop *to = &state->found_hops[state->found_hops_count];
	if (state->found_hops_count + route->hops_count > NET_MAX_FOUND_HOPS) {
		route->hops_count = 0;
		route->other = true;
		return;
	}
	for (unsigned n = 0; n < route->hops_count; n++)
		to[n] = route->hops[n];
	state->found_hops_count += route->hops_count;
	route->hops = to;
}

/* What does not fit any more costs no correctness: the rest is found when these are gone. */
static uint16_t found(struct net_state *state, const struct net_route *route, unsigned wanted,
		      bool stale) {
	if (state->found_count == NET_MAX_FOUND)
		return 0;
	state->found[state->found_count] = (struct net_found){
		.route = *route,
		.wanted = (uint16_t)wanted,
		.stale = stale,
	};
	keep_hops(state, &state->found[state->found_count].route);
	return (uint16_t)++state->found_count;
}

/* The kernel replaces a route of the same metric. One of another metric would stay beside the new
 * one, so that ours from an earlier configuration are taken away; others' are theirs. */
void net_meet_route(struct net_state *state, const struct net_route *route) {
	struct net_wanted *w = to_same_place(state, route);
	if (!w)
		return;
	if (w->route.metric != route->metric) {
		if (route->protocol == NET_PROTOCOL)
			(void)found(state, route, (unsigned)(w - state->routes), true);
	} else if (satisfies(route, &w->route))
		w->present = true;
	else
		w->found = found(state, route, (unsigned)(w - state->routes), false);
}

/* With a peer the prefix is the peer's network (if_addr.h), however it was written. */
static void set_peer(struct net_address *address, const struct config_ip *peer) {
	if (!peer->family)
		return;
	address->peer = *peer;
	if (peer->prefix == net_ip_bits(peer->family))
		address->peer.prefix = address->ip.prefix;
	address->ip.prefix = address->peer.prefix;
}

static uint8_t scope_of(const struct config_address *wanted) {
	bool loopback = wanted->ip.family == AF_INET && wanted->ip.bytes[0] == 127;
	if (wanted->scope != CONFIG_NONE)
		return (uint8_t)wanted->scope;
	return loopback ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE;
}

struct net_address net_wanted_address(const struct config_address *wanted, int index) {
	struct net_address address = {
		.index = index,
		.ip = wanted->ip,
		.flags = wanted->ip.family == AF_INET6 && !wanted->dad ? IFA_F_NODAD : 0,
		.metric = wanted->metric > 0 ? (uint32_t)wanted->metric : 0,
		.scope = scope_of(wanted),
		.protocol = NET_PROTOCOL,
	};
	set_peer(&address, &wanted->peer);
	if (wanted->label)
		(void)snprintf(address.label, sizeof address.label, "%s", wanted->label);
	return address;
}

bool net_address_satisfies(const struct net_address *is, const struct config_address *wanted) {
	if (!ip_equal(&is->ip, &wanted->ip))
		return false;
	struct net_address want = net_wanted_address(wanted, is->index);
	return is->ip.prefix == want.ip.prefix && ip_equal(&is->peer, &want.peer) &&
	       (!wanted->label || !strcmp(is->label, want.label)) &&
	       (wanted->scope == CONFIG_NONE || is->ip.family == AF_INET6 ||
		is->scope == want.scope);
}

bool net_address_unusable(const struct net_address *is, const struct config_address *wanted) {
	return !wanted->dad && (is->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED));
}
