/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/if.h>
#include <stdio.h>
#include <string.h>

#include "config/link.h"
#include "netcfg/check.h"
#include "netcfg/plan.h"
#include "netcfg/select.h"
#include "netcfg/sysctl.h"

/* The other end of a veth is not below it. */
unsigned plan_depth(const struct config *c, const struct net_state *state,
		    const struct net_link *link) {
	unsigned depth = 0;
	while (strcmp(link->kind, "veth") != 0 && depth < NET_MAX_LINKS &&
	       (link = net_link_below(state, c, link)) != NULL)
		depth++;
	return depth;
}

/* ---- new names, new links ---- */

static bool is_main(const struct net_link *link) {
	return link->create && !strcmp(link->name, link->create->head.name);
}

static void plan_creation(struct planning *p) {
	const struct net_link *parent = NULL;
	struct net_op *op = plan_add(p, NET_LINK_CREATE, &p->interface->head.origin);
	if (p->interface->kind != CONFIG_VETH && p->link->parent)
		parent = net_link_at(p->state, p->link->parent);
	op->create = p->link;
	op->parent = parent ? net_link_name(parent) : NULL;
}

/* Links that are to be below others come first. */
static void plan_creations(struct planning *p) {
	bool deeper = true;
	for (unsigned depth = 0; deeper; depth++) {
		deeper = false;
		for (unsigned n = 0; n < p->state->links_count; n++) {
			p->link = &p->state->links[n];
			p->interface = p->link->create;
			if (!is_main(p->link) ||
			    net_check_interface(p->c, p->interface, p->state, NULL) != 0)
				continue;
			unsigned own = plan_depth(p->c, p->state, p->link);
			deeper |= own > depth;
			if (own == depth)
				plan_creation(p);
		}
	}
}

bool plan_renames_dead(const struct net_state *state, const struct net_link *link) {
	return link->rename && link->flags & IFF_UP && !state->renames_live;
}

static void plan_name(struct planning *p, const char *from, const char *to) {
	struct net_op *op = plan_add(p, NET_LINK_NAME, plan_origin(p->interface, "rename"));
	op->link = NULL;
	(void)snprintf(op->new_name, sizeof op->new_name, "%s", to);
	(void)snprintf(op->old_name, sizeof op->old_name, "%s", from);
}

static bool is_taken(const struct net_state *state, const struct net_link *link) {
	const struct net_link *other = net_link_named(state, link->rename);
	return other && other != link;
}

/* A name that somebody has yet who is to lose it: then both get names first that nobody has. */
static void plan_names(struct planning *p, bool aside) {
	char between[NET_NAME];
	for (p->interface = p->c->interfaces; p->interface;
	     p->interface = p->interface->head.next) {
		p->link = net_link_of(p->state, p->interface);
		if (!p->link || !p->link->rename ||
		    net_check_interface(p->c, p->interface, p->state, NULL) != 0)
			continue;
		bool taken = is_taken(p->state, p->link);
		(void)snprintf(between, sizeof between, "pintle-%x", (unsigned)p->link->index);
		if (aside && plan_renames_dead(p->state, p->link))
			plan_add(p, NET_LINK_DOWN, plan_origin(p->interface, "rename"))->link =
				p->link->name;
		if (aside && taken)
			plan_name(p, p->link->name, between);
		if (!aside)
			plan_name(p, taken ? between : p->link->name, p->link->rename);
	}
}

void plan_links(struct planning *p) {
	plan_names(p, true);
	plan_names(p, false);
	plan_creations(p);
}

/* ---- settings ---- */

static void plan_mac(struct planning *p) {
	const struct config_mac *wanted = &p->interface->mac;
	if (!link_mac_is_set(wanted) || !memcmp(wanted->bytes, p->link->mac, sizeof p->link->mac))
		return;
	struct net_op *op = plan_add(p, NET_LINK_MAC, plan_origin(p->interface, "mac"));
	memcpy(op->mac, wanted->bytes, sizeof op->mac);
	memcpy(op->mac_before, p->link->mac, sizeof op->mac_before);
}

static struct net_op *plan_number(struct planning *p, enum net_op_kind kind, const char *setting,
				  int64_t wanted, uint32_t is) {
	if (wanted == CONFIG_NONE || (uint32_t)wanted == is)
		return NULL;
	struct net_op *op = plan_add(p, kind, plan_origin(p->interface, setting));
	op->number = (uint32_t)wanted;
	op->before = is;
	return op;
}

static void plan_master(struct planning *p) {
	const char *name = p->interface->master;
	const struct net_link *master = name ? net_link_called(p->state, name) : NULL;
	struct net_op *op =
		plan_number(p, NET_LINK_MASTER, "master", master ? master->index : CONFIG_NONE,
			    (uint32_t)p->link->master);
	if (op)
		op->name = name;
}

static void plan_sysctls(struct planning *p) {
	for (const struct config_pair *s = p->interface->sysctls; s; s = s->head.next) {
		uint8_t number = net_sysctl_number(s->key);
		int32_t is = number ? p->link->conf[number - 1] : 0;
		if (!number || (is == net_sysctl_value(s) && !p->link->create))
			continue;
		struct net_op *op = plan_add(p, NET_LINK_CONF, &s->head.origin);
		op->number = (uint32_t)net_sysctl_value(s);
		op->before = (uint32_t)is;
		op->name = s->key;
		op->conf = number;
	}
	for (unsigned n = 0; n < p->state->sysctls_count; n++) {
		const struct net_sysctl *s = &p->state->sysctls[n];
		if (s->interface == p->interface && !s->present)
			plan_add(p, NET_SYSCTL, &s->pair->head.origin)->sysctl = s;
	}
}

/* A link that is to be made gets most of it as it is made. */
void plan_settings(struct planning *p) {
	plan_mac(p);
	(void)plan_number(p, NET_LINK_MTU, "mtu", p->interface->mtu, p->link->mtu);
	(void)plan_number(p, NET_LINK_TX_QUEUE, "tx-queue", p->interface->tx_queue,
			  p->link->tx_queue);
	plan_master(p);
	plan_sysctls(p);
}
