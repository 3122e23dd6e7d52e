/* SPDX-License-Identifier: Apache-2.0 */
/* The difference between what is wanted and what is, as operations in an order that the kernel can
 * follow: names and new links; per interface its settings, deletions, addresses and neighbours, up
 * (so that the kernel announces the addresses as the link comes up); then routes, those on the link
 * before those through a gateway, and rules. */
#include "netcfg/plan.h"

#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "config/schema.h"
#include "netcfg/check.h"
#include "netcfg/ip.h"
#include "netcfg/select.h"
#include "netcfg/wanted.h"

struct net_op *plan_add(const struct planning *p, enum net_op_kind kind,
			const struct config_origin *origin) {
	struct net_plan *plan = p->plan;
	unsigned n = plan->count < NET_MAX_OPS ? plan->count : NET_MAX_OPS - 1;
	plan->count++;
	plan->ops[n] = (struct net_op){ .kind = kind, .origin = origin };
	plan->ops[n].index = p->link ? p->link->index : 0;
	plan->ops[n].link = p->link ? net_link_name(p->link) : NULL;
	plan->ops[n].interface = p->interface;
	plan->ops[n].created = p->interface && p->interface->kind != CONFIG_EXISTING;
	return &plan->ops[n];
}

static void plan_loopback(struct planning *p) {
	p->link = net_link_named(p->state, "lo");
	p->interface = NULL;
	for (const struct config_interface *i = p->c->interfaces; i; i = i->head.next)
		if (net_link_of(p->state, i) == p->link)
			return;
	if (p->link && !(p->link->flags & IFF_UP))
		(void)plan_add(p, NET_LINK_UP, NULL);
}

const struct config_origin *plan_origin(const struct config_interface *i, const char *name) {
	const struct schema_section *section = schema_section("interface");
	const struct config_origin *origin = schema_origin(section, schema_key(section, name), i);
	return origin->source == CONFIG_DEFAULT ? &i->head.origin : origin;
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

static void plan_deletions(struct planning *p) {
	const struct config_address *hint = p->interface->addresses;
	for (unsigned n = 0; n < p->state->addresses_count; n++) {
		const struct net_address *is = &p->state->addresses[n];
		if (is->index == p->link->index && in_the_way(is, p->interface, &hint))
			plan_add(p, NET_ADDRESS_DELETE, origin_of(p->interface, &is->ip))->address =
				*is;
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

static void plan_additions(struct planning *p, bool lost) {
	unsigned hint = 0;
	for (const struct config_address *a = p->interface->addresses; a; a = a->head.next) {
		bool there = is_there(p->state, a, p->link->index, &hint);
		if (there && !lost)
			continue;
		struct net_op *op = plan_add(p, NET_ADDRESS_ADD, &a->head.origin);
		op->address = net_wanted_address(a, p->link->index);
		op->again = there;
	}
}

/* With a link that goes down go its neighbours. */
static void plan_neighbours(struct planning *p, bool lost) {
	for (unsigned n = 0; n < p->state->neighbours_count; n++) {
		const struct net_wanted_neighbour *w = &p->state->neighbours[n];
		if (w->interface != p->interface || w->any || (w->present && !lost && !w->stale))
			continue;
		struct net_op *op = plan_add(
			p, w->stale ? NET_NEIGHBOUR_DELETE : NET_NEIGHBOUR_REPLACE, w->origin);
		op->neighbour = w->neighbour;
		op->neighbour_before = w->before;
		op->again = w->present && !w->stale;
	}
}

/* Deleting an IPv4 address takes its secondaries along, and taking a link down its IPv6 addresses:
 * then all that is wanted is set again. */
static void plan_interface(struct planning *p) {
	bool dead = plan_renames_dead(p->state, p->link);
	bool is_up = p->link->flags & IFF_UP && !dead;
	bool down = is_up && !p->interface->up;
	plan_settings(p);
	unsigned before = p->plan->count;
	if (down)
		(void)plan_add(p, NET_LINK_DOWN, plan_origin(p->interface, "up"));
	plan_deletions(p);
	plan_additions(p, dead || p->plan->count > before);
	plan_neighbours(p, dead || down);
	if (!is_up && p->interface->up)
		(void)plan_add(p, NET_LINK_UP, plan_origin(p->interface, "up"));
}

/* Links that are below others come first: without them those can't be up. */
static void plan_interfaces(struct planning *p) {
	bool deeper = true;
	for (unsigned depth = 0; deeper; depth++) {
		deeper = false;
		for (const struct config_interface *i = p->c->interfaces; i; i = i->head.next) {
			p->interface = i;
			p->link = net_link_of(p->state, i);
			if (net_check_interface(p->c, i, p->state, NULL) != 0)
				continue;
			unsigned own = plan_depth(p->c, p->state, p->link);
			deeper |= own > depth;
			if (own == depth)
				plan_interface(p);
		}
	}
}

static void plan_stale_routes(struct planning *p) {
	for (unsigned n = 0; n < p->state->found_count; n++) {
		const struct net_found *found = &p->state->found[n];
		const struct net_wanted *w = &p->state->routes[found->wanted];
		if (!found->stale || w->impossible)
			continue;
		p->interface = w->interface;
		p->link = net_link_at(p->state, found->route.index);
		plan_add(p, NET_ROUTE_DELETE, w->origin)->route = found->route;
	}
}

enum pass { ON_LINK, THROUGH_GATEWAY, OVER_SEVERAL, PASSES };

static enum pass pass_of(const struct net_route *r) {
	if (r->hops_count)
		return OVER_SEVERAL;
	return r->via.family ? THROUGH_GATEWAY : ON_LINK;
}

static void plan_routes(struct planning *p, enum pass pass, bool lost) {
	for (unsigned n = 0; n < p->state->routes_count; n++) {
		const struct net_wanted *w = &p->state->routes[n];
		if (pass_of(&w->route) != pass || (w->present && !lost) || w->impossible)
			continue;
		p->interface = w->interface;
		p->link = net_link_at(p->state, w->route.index);
		struct net_op *op = plan_add(p, NET_ROUTE_REPLACE, w->origin);
		op->route = w->route;
		op->again = w->present;
		op->route_before = w->found ? &p->state->found[w->found - 1].route : NULL;
	}
}

static void plan_rule(struct planning *p, enum net_op_kind kind, const struct net_wanted_rule *w,
		      uint32_t priority) {
	struct net_op *op = plan_add(p, kind, &w->rule->head.origin);
	op->rule = &w->rule->key;
	op->priority = priority;
}

static void plan_rules(struct planning *p) {
	p->link = NULL;
	for (unsigned n = 0; n < p->state->rules_count; n++) {
		const struct net_wanted_rule *w = &p->state->rules[n];
		p->interface = w->interface;
		if (!w->present)
			plan_rule(p, NET_RULE_ADD, w, w->priority);
		if (w->stale)
			plan_rule(p, NET_RULE_DELETE, w, w->stale);
	}
}

/* With an address go the routes whose gateway it made reachable. */
static bool takes_routes_along(const struct net_plan *plan) {
	for (unsigned n = plan->sent; n < plan->count && n < NET_MAX_OPS; n++)
		if (plan->ops[n].kind == NET_ADDRESS_DELETE || plan->ops[n].kind == NET_LINK_DOWN)
			return true;
	return false;
}

int net_plan(struct net_plan *plan, const struct config *c, const struct net_state *state,
	     struct error *e) {
	struct planning p = { .plan = plan, .c = c, .state = state };
	int result = net_check(c, state, e) == 0 ? 0 : -1;

	plan->count = plan->sent;
	plan_loopback(&p);
	plan_links(&p);
	plan_interfaces(&p);
	bool lost = takes_routes_along(plan);
	plan_stale_routes(&p);
	for (unsigned pass = ON_LINK; pass < PASSES; pass++)
		plan_routes(&p, pass, lost);
	plan_rules(&p);
	if (plan->count <= NET_MAX_OPS)
		return result;
	plan->count = plan->sent;
	return fail(e, "more than %d operations", NET_MAX_OPS);
}
