/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel would refuse only in the middle of it, or take and never use. */
#include "config/check.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "config/ip.h"

enum { IPV6_MIN_MTU = 1280 /* RFC 8200 5: below it the kernel takes IPv6 off the link */ };

static bool speaks_ipv6(const struct config_interface *i) {
	for (const struct config_address *a = i->addresses; a; a = a->head.next)
		if (a->ip.family == AF_INET6)
			return true;
	for (const struct config_gateway *g = i->gateways; g; g = g->head.next)
		if (g->ip.family == AF_INET6)
			return true;
	for (const struct config_route *r = i->routes; r; r = r->head.next)
		if (r->to.family == AF_INET6)
			return true;
	return false;
}

static void check_mtu(struct load *l, const struct config_interface *i) {
	if (i->mtu != CONFIG_NONE && i->mtu < IPV6_MIN_MTU && speaks_ipv6(i))
		check_mistake(l, "interface", i, "mtu", "IPv6 needs %d at least, and there is some",
			      IPV6_MIN_MTU);
}

/* The same address again, here or on one of the interfaces that follow. */
static void check_duplicates(struct load *l, const struct config_interface *i,
			     const struct config_address *a) {
	const struct config_address *b = a->head.next;
	char text[IP_TEXT];

	for (const struct config_interface *j = i; j; j = j->head.next, b = j ? j->addresses : NULL)
		for (; b; b = b->head.next)
			if (ip_equal(&a->ip, &b->ip))
				check_item_mistake(l, "interface", j, "address", &b->head.origin,
						   "%s is an address of %s already",
						   ip_text_prefix(&b->ip, text), i->head.name);
}

static void check_address(struct load *l, const struct config_interface *i,
			  const struct config_address *a) {
	const char *name = check_final_name(i);
	size_t len = name ? strlen(name) : 0;

	/* ifconfig(8) and its like take the text before the : for the interface's name. */
	if (a->label && name &&
	    (strncmp(a->label, name, len) != 0 || (a->label[len] != '\0' && a->label[len] != ':')))
		check_item_mistake(l, "interface", i, "address", &a->head.origin,
				   "the label '%s' has to be %s or begin with %s:", a->label, name,
				   name);
	if (a->ip.family == AF_INET6 && ip_is_loopback(&a->ip) && name && strcmp(name, "lo") != 0)
		check_item_mistake(l, "interface", i, "address", &a->head.origin,
				   "::1 can only be an address of lo");
	check_duplicates(l, i, a);
}

/* Whether the host can be reached over the interface's own networks. Where it has no address of the
 * family in the file, it may have got one otherwise. */
static bool is_reachable(const struct config_interface *i, const struct config_ip *host) {
	bool any = false;

	for (const struct config_address *a = i->addresses; a; a = a->head.next) {
		if (a->ip.family != host->family)
			continue;
		any = true;
		if (ip_within(host, a->peer.family ? &a->peer : &a->ip))
			return true;
	}
	for (const struct config_route *r = i->routes; r; r = r->head.next)
		if (!r->via.family && r->to.prefix > 0 && ip_within(host, &r->to))
			return true;
	return !any || (host->family == AF_INET6 && ip_is_link_local(host));
}

static bool is_own(const struct config_interface *i, const struct config_ip *host) {
	for (const struct config_address *a = i->addresses; a; a = a->head.next)
		if (ip_equal(&a->ip, host))
			return true;
	return false;
}

static void check_hop(struct load *l, const struct config_interface *i, const char *key,
		      const struct config_origin *origin, const struct config_ip *hop,
		      bool onlink) {
	const char *wrong = NULL;
	char text[IP_TEXT];

	if (hop->family && is_own(i, hop))
		wrong = "its own address";
	else if (hop->family && !onlink && !is_reachable(i, hop))
		wrong = "in none of its networks; add onlink if it is there all the same";
	if (wrong)
		check_item_mistake(l, "interface", i, key, origin, "%s is %s", ip_text(hop, text),
				   wrong);
}

/* One of several next hops may be behind another interface. */
static void check_hops(struct load *l, const struct config_interface *i,
		       const struct config_route *r) {
	for (unsigned n = 0; n < r->hops_count; n++) {
		const struct config_interface *j = l->config->interfaces;

		while (j && !is_reachable(j, &r->hops[n].via))
			j = j->head.next;
		check_hop(l, i, "route", &r->head.origin, &r->hops[n].via, j);
	}
}

/* What the kernel tells routes apart by; what it does not, it would replace. */
struct destination {
	struct config_ip to;
	int64_t metric, table;
	const struct config_origin *origin;
	const struct config_interface *interface;
	const char *key;
};

static int64_t or_else(int64_t number, int64_t otherwise) {
	return number == CONFIG_NONE ? otherwise : number;
}

/* The kernel's own metric of IPv6 routes is IP6_RT_PRIO_USER, 1024; of IPv4 ones 0. */
static struct destination of_route(const struct config_interface *i, const struct config_route *r) {
	return (struct destination){
		.to = r->to,
		.metric = or_else(r->metric, r->to.family == AF_INET6 ? 1024 : 0),
		.table = or_else(r->table, RT_TABLE_MAIN),
		.origin = &r->head.origin,
		.interface = i,
		.key = "route",
	};
}

static struct destination of_gateway(const struct config_interface *i,
				     const struct config_gateway *g) {
	return (struct destination){
		.to = { .family = g->ip.family },
		.metric = or_else(g->metric, g->ip.family == AF_INET6 ? 1024 : 0),
		.table = RT_TABLE_MAIN,
		.origin = &g->head.origin,
		.interface = i,
		.key = "gateway",
	};
}

static bool clash(const struct destination *a, const struct destination *b) {
	return ip_equal(&a->to, &b->to) && a->to.prefix == b->to.prefix && a->metric == b->metric &&
	       a->table == b->table;
}

/* Reports the first one before d that has the same destination; true when d itself is reached. */
static bool compare(struct load *l, const struct destination *earlier,
		    const struct destination *d) {
	char text[IP_TEXT], where[256];

	if (earlier->origin == d->origin)
		return true;
	if (!clash(earlier, d))
		return false;
	config_where(l->config, earlier->origin, where, sizeof(where));
	check_item_mistake(l, "interface", d->interface, d->key, d->origin,
			   "would replace the route to %s of %s; give one of them another metric",
			   ip_text_prefix(&d->to, text), where);
	return true;
}

static void check_clashes(struct load *l, const struct destination *d) {
	for (const struct config_interface *i = l->config->interfaces; i; i = i->head.next) {
		for (const struct config_gateway *g = i->gateways; g; g = g->head.next) {
			const struct destination earlier = of_gateway(i, g);

			if (compare(l, &earlier, d))
				return;
		}
		for (const struct config_route *r = i->routes; r; r = r->head.next) {
			struct destination earlier;

			if (!ip_equal(&r->to, &d->to))
				continue;
			earlier = of_route(i, r);
			if (compare(l, &earlier, d))
				return;
		}
	}
}

static bool same_rule(const struct config_rule *a, const struct config_rule *b) {
	bool any = a->priority == CONFIG_NONE || b->priority == CONFIG_NONE;

	return memcmp(&a->key, &b->key, sizeof(a->key)) == 0 && (any || a->priority == b->priority);
}

static void check_rule(struct load *l, const struct config_interface *i,
		       const struct config_rule *rule) {
	for (const struct config_interface *j = l->config->interfaces; j; j = j->head.next) {
		for (const struct config_rule *r = j->rules; r; r = r->head.next) {
			if (r == rule)
				return;
			if (same_rule(r, rule))
				check_item_mistake(l, "interface", i, "rule", &rule->head.origin,
						   "is there twice");
		}
	}
}

static void check_interface(struct load *l, const struct config_interface *i) {
	struct destination d;

	check_link(l, i);
	check_mtu(l, i);
	for (const struct config_address *a = i->addresses; a; a = a->head.next)
		check_address(l, i, a);
	for (const struct config_gateway *g = i->gateways; g; g = g->head.next) {
		check_hop(l, i, "gateway", &g->head.origin, &g->ip, g->onlink);
		d = of_gateway(i, g);
		check_clashes(l, &d);
	}
	for (const struct config_rule *r = i->rules; r; r = r->head.next)
		check_rule(l, i, r);
	for (const struct config_route *r = i->routes; r; r = r->head.next) {
		check_hop(l, i, "route", &r->head.origin, &r->via, r->onlink);
		check_hops(l, i, r);
		d = of_route(i, r);
		check_clashes(l, &d);
	}
}

void check_network(struct load *l) {
	for (const struct config_interface *i = l->config->interfaces; i; i = i->head.next)
		check_interface(l, i);
}
