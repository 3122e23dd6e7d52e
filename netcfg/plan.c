/* SPDX-License-Identifier: Apache-2.0 */
/* The difference between what is wanted and what is, as operations in an order that the kernel can
 * follow: per interface MTU, deletions, addresses, up (so that the kernel announces the addresses
 * as the link comes up); then routes, those on the link before those through a gateway. */
#include <linux/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "config/schema.h"
#include "netcfg/check.h"
#include "netcfg/ip.h"
#include "netcfg/netcfg.h"
#include "netcfg/wanted.h"

/* The next operation to fill in. Beyond the limit only the count goes on, for net_plan to see. */
static struct net_op *add(struct net_plan *plan, enum net_op_kind kind, const struct net_link *link,
			  const struct config_origin *origin) {
	unsigned n = plan->count < NET_MAX_OPS ? plan->count : NET_MAX_OPS - 1;
	plan->count++;
	plan->ops[n] = (struct net_op){ .kind = kind, .origin = origin };
	plan->ops[n].index = link ? link->index : 0;
	plan->ops[n].link = link ? link->name : NULL;
	return &plan->ops[n];
}

static void plan_loopback(struct net_plan *plan, const struct config *c,
			  const struct net_state *state) {
	const struct net_link *lo = net_link_named(state, "lo");
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next)
		if (!strcmp(i->head.name, "lo"))
			return;
	if (lo && !(lo->flags & IFF_UP))
		(void)add(plan, NET_LINK_UP, lo, NULL);
}

/* The line of one of its settings; of the section where it only has its default. */
static const struct config_origin *setting(const struct config_interface *i, const char *name) {
	const struct schema_section *section = schema_section("interface");
	const struct config_origin *origin = schema_origin(section, schema_key(section, name), i);
	return origin->source == CONFIG_DEFAULT ? &i->head.origin : origin;
}

static void plan_mtu(struct net_plan *plan, const struct config_interface *i,
		     const struct net_link *link) {
	if (i->mtu == CONFIG_NONE || link->mtu == (uint32_t)i->mtu)
		return;
	struct net_op *op = add(plan, NET_LINK_MTU, link, setting(i, "mtu"));
	op->mtu = (uint32_t)i->mtu;
	op->mtu_before = link->mtu;
}

/* The kernel would keep both prefixes (IPv4) or the old one (IPv6) of one address, and an address
 * whose duplicate detection is under way keeps on with it. The search begins at *hint, behind what
 * was found last: the kernel has addresses in the order in which they were wanted. */
static bool in_the_way(const struct net_address *is, const struct config_interface *i,
		       const struct config_address **hint) {
	const struct config_address *first = *hint ? *hint : i->addresses, *a = first;
	bool named = false;
	while (a) {
		if (net_address_satisfies(is, a)) {
			*hint = a->head.next;
			return net_address_unusable(is, a);
		}
		named |= ip_equal(&is->ip, &a->ip);
		a = a->head.next ? a->head.next : i->addresses;
		if (a == first)
			break;
	}
	return named;
}

static const struct config_origin *origin_of(const struct config_interface *i,
					     const struct config_ip *ip) {
	for (const struct config_address *a = i->addresses; a; a = a->head.next)
		if (ip_equal(&a->ip, ip))
			return &a->head.origin;
	return &i->head.origin;
}

static void plan_deletions(struct net_plan *plan, const struct config_interface *i,
			   const struct net_state *state, const struct net_link *link) {
	const struct config_address *hint = i->addresses;
	for (unsigned n = 0; n < state->addresses_count; n++) {
		const struct net_address *is = &state->addresses[n];
		if (is->index == link->index && in_the_way(is, i, &hint))
			add(plan, NET_ADDRESS_DELETE, link, origin_of(i, &is->ip))->address = *is;
	}
}

/* The search begins at *hint, as above. */
static bool is_there(const struct net_state *state, const struct config_address *wanted, int index,
		     unsigned *hint) {
	for (unsigned i = 0; i < state->addresses_count; i++) {
		unsigned n = (*hint + i) % state->addresses_count;
		const struct net_address *is = &state->addresses[n];
		if (is->index != index || !net_address_satisfies(is, wanted))
			continue;
		*hint = n + 1;
		return !net_address_unusable(is, wanted) &&
		       (wanted->metric <= 0 || is->metric == (uint32_t)wanted->metric);
	}
	return false;
}

static void plan_additions(struct net_plan *plan, const struct config_interface *i,
			   const struct net_state *state, const struct net_link *link, bool lost) {
	unsigned hint = 0;
	for (const struct config_address *a = i->addresses; a; a = a->head.next) {
		bool there = is_there(state, a, link->index, &hint);
		if (there && !lost)
			continue;
		struct net_op *op = add(plan, NET_ADDRESS_ADD, link, &a->head.origin);
		op->address = net_wanted_address(a, link->index);
		op->again = there;
	}
}

/* Deleting an IPv4 address takes its secondaries along, and taking a link down its IPv6 addresses:
 * then all that is wanted is set again. */
static void plan_interface(struct net_plan *plan, const struct config_interface *i,
			   const struct net_state *state, const struct net_link *link) {
	bool up = link->flags & IFF_UP;
	plan_mtu(plan, i, link);
	unsigned before = plan->count;
	if (up && !i->up)
		(void)add(plan, NET_LINK_DOWN, link, setting(i, "up"));
	plan_deletions(plan, i, state, link);
	plan_additions(plan, i, state, link, plan->count > before);
	if (!up && i->up)
		(void)add(plan, NET_LINK_UP, link, setting(i, "up"));
}

static void plan_stale_routes(struct net_plan *plan, const struct net_state *state) {
	for (unsigned n = 0; n < state->found_count; n++) {
		const struct net_found *found = &state->found[n];
		if (!found->stale)
			continue;
		struct net_op *op =
			add(plan, NET_ROUTE_DELETE, net_link_at(state, found->route.index),
			    state->routes[found->wanted].origin);
		op->route = found->route;
	}
}

static void plan_routes(struct net_plan *plan, const struct net_state *state, bool with_gateway,
			bool lost) {
	for (unsigned n = 0; n < state->routes_count; n++) {
		const struct net_wanted *w = &state->routes[n];
		if ((w->route.via.family != 0) != with_gateway || (w->present && !lost))
			continue;
		struct net_op *op =
			add(plan, NET_ROUTE_REPLACE, net_link_at(state, w->route.index), w->origin);
		op->route = w->route;
		op->again = w->present;
		op->before = w->found ? &state->found[w->found - 1].route : NULL;
	}
}

/* With an address go the routes whose gateway it made reachable. */
static bool takes_routes_along(const struct net_plan *plan) {
	for (unsigned n = 0; n < plan->count && n < NET_MAX_OPS; n++)
		if (plan->ops[n].kind == NET_ADDRESS_DELETE || plan->ops[n].kind == NET_LINK_DOWN)
			return true;
	return false;
}

int net_plan(struct net_plan *plan, const struct config *c, const struct net_state *state,
	     struct error *e) {
	plan->count = 0;
	if (net_check(c, state, e) < 0)
		return -1;

	plan_loopback(plan, c, state);
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next)
		plan_interface(plan, i, state, net_link_named(state, i->head.name));
	bool lost = takes_routes_along(plan);
	plan_stale_routes(plan, state);
	plan_routes(plan, state, false, lost);
	plan_routes(plan, state, true, lost);
	if (plan->count <= NET_MAX_OPS)
		return 0;
	plan->count = 0;
	return fail(e, "more than %d operations", NET_MAX_OPS);
}
