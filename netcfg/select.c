/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/select.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "config/ip.h"
#include "config/link.h"

const struct net_link *net_link_named(const struct net_state *state, const char *name) {
	for (unsigned i = 0; i < state->links_count; i++)
		if (!strcmp(state->links[i].name, name))
			return &state->links[i];
	return NULL;
}

const char *net_link_name(const struct net_link *link) {
	return link->rename ? link->rename : link->name;
}

const struct net_link *net_link_called(const struct net_state *state, const char *name) {
	for (unsigned i = 0; i < state->links_count; i++)
		if (!strcmp(net_link_name(&state->links[i]), name))
			return &state->links[i];
	return NULL;
}

const struct net_link *net_link_at(const struct net_state *state, int index) {
	for (unsigned i = 0; i < state->links_count; i++)
		if (state->links[i].index == index)
			return &state->links[i];
	return NULL;
}

bool net_link_has_mac(const struct net_link *link) {
	static const uint8_t none[sizeof link->mac];
	return memcmp(link->mac, none, sizeof none) != 0;
}

static const struct net_link *link_in(const struct net_state *state,
				      const struct config_ip *subnet) {
	for (unsigned n = 0; n < state->addresses_count; n++)
		if (ip_within(&state->addresses[n].ip, subnet))
			return net_link_at(state, state->addresses[n].index);
	return NULL;
}

/* A vlan or a bridge may have the MAC of the link below, which is there before it. */
static const struct net_link *link_with(const struct net_state *state,
					const struct config_mac *mac) {
	for (unsigned i = 0; i < state->links_count; i++)
		if (!memcmp(state->links[i].mac, mac->bytes, sizeof mac->bytes) &&
		    !state->links[i].create)
			return &state->links[i];
	return NULL;
}

/* A link that has its new name already has no other any more. */
const struct net_link *net_link_of(const struct net_state *state,
				   const struct config_interface *i) {
	const struct config_match *match = &i->match;
	const struct net_link *link;
	if (match->subnet.family)
		link = link_in(state, &match->subnet);
	else if (link_mac_is_set(&match->mac))
		link = link_with(state, &match->mac);
	else
		link = net_link_named(state, match->name ? match->name : i->head.name);
	return link || !i->rename ? link : net_link_named(state, i->rename);
}

static bool is_network_of(const struct config_ip *network, const struct config_ip *ip,
			  bool within) {
	return within ? ip_within(ip, network) : ip_equal(ip, network);
}

static bool will_own(const struct config_interface *i, const struct config_ip *ip, bool within) {
	for (const struct config_address *a = i->addresses; a; a = a->head.next)
		if (is_network_of(within && a->peer.family ? &a->peer : &a->ip, ip, within))
			return true;
	return false;
}

bool net_link_owns(const struct net_state *state, const struct config *c,
		   const struct net_link *link, const struct config_ip *ip, bool within) {
	for (unsigned n = 0; n < state->addresses_count; n++) {
		const struct net_address *a = &state->addresses[n];
		if (a->index == link->index && is_network_of(&a->ip, ip, within))
			return true;
	}
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next)
		if (will_own(i, ip, within) && net_link_of(state, i) == link)
			return true;
	return false;
}

const struct net_link *net_link_below(const struct net_state *state, const struct config *c,
				      const struct net_link *link) {
	if (link->parent || !link->local.family)
		return net_link_at(state, link->parent);
	for (unsigned n = 0; n < state->links_count; n++)
		if (net_link_owns(state, c, &state->links[n], &link->local, false))
			return &state->links[n];
	return NULL;
}

/* Ethernet, IP, UDP and VXLAN headers: RFC 7348 5. */
uint32_t net_link_room(const struct net_state *state, const struct config *c,
		       const struct net_link *link) {
	const struct net_link *below = net_link_below(state, c, link);
	uint32_t headers = 0, mtu = below ? below->mtu : 0;
	if (!strcmp(link->kind, "vxlan"))
		headers = link->local.family == AF_INET6 ? 70 : 50;
	for (const struct config_interface *i = c->interfaces; below && i; i = i->head.next)
		if (i->mtu != CONFIG_NONE && net_link_of(state, i) == below)
			mtu = (uint32_t)i->mtu;
	return mtu > headers ? mtu - headers : 0;
}

/* ---- links that are to be made ---- */

static int free_index(const struct net_state *state) {
	int index = NET_FIRST_INDEX;
	while (net_link_at(state, index))
		index++;
	return index;
}

static struct net_link *append(struct net_state *state, const struct config_interface *i,
			       const char *name, struct error *e) {
	if (state->links_count == NET_MAX_LINKS) {
		(void)fail(e, "more than %d links", NET_MAX_LINKS);
		return NULL;
	}
	struct net_link *link = &state->links[state->links_count];
	*link = (struct net_link){ .index = free_index(state), .create = i };
	(void)snprintf(link->name, sizeof link->name, "%s", name);
	state->links_count++;
	return link;
}

/* The address that tells its own MAC, as Docker's do. */
static void derive_mac(const struct config_interface *i, struct net_link *link) {
	memcpy(link->mac, i->mac.bytes, sizeof link->mac);
	if (i->kind != CONFIG_VXLAN || link_mac_is_set(&i->mac))
		return;
	for (const struct config_address *a = i->addresses; a; a = a->head.next) {
		if (a->ip.family != AF_INET)
			continue;
		memcpy(link->mac, (uint8_t[]){ 0x02, 0x42 }, 2);
		memcpy(link->mac + 2, a->ip.bytes, 4);
		return;
	}
}

static const char *kind_name(enum config_kind kind) {
	static const char names[][8] = {
		[CONFIG_EXISTING] = "",   [CONFIG_VETH] = "veth",       [CONFIG_BRIDGE] = "bridge",
		[CONFIG_VLAN] = "vlan",   [CONFIG_MACVLAN] = "macvlan", [CONFIG_IPVLAN] = "ipvlan",
		[CONFIG_VXLAN] = "vxlan", [CONFIG_DUMMY] = "dummy",
	};
	return names[kind];
}

void net_link_as_wanted(const struct net_state *state, const struct config_interface *i,
			struct net_link *link) {
	const struct net_link *parent = i->parent ? net_link_called(state, i->parent) : NULL;
	(void)snprintf(link->kind, sizeof link->kind, "%s", kind_name(i->kind));
	derive_mac(i, link);
	/* A bridge believes only what is set later, and else follows its ports. */
	link->mtu = i->mtu == CONFIG_NONE || i->kind == CONFIG_BRIDGE ? 0 : (uint32_t)i->mtu;
	link->tx_queue = i->tx_queue == CONFIG_NONE ? 0 : (uint32_t)i->tx_queue;
	link->parent = parent ? parent->index : 0;
	if (i->kind == CONFIG_VLAN)
		link->id = (uint32_t)i->vlan_id;
	if (i->kind != CONFIG_VXLAN)
		return;
	link->id = (uint32_t)i->vni;
	link->port = (uint16_t)i->port;
	link->local = i->local;
}

static int want_link(struct net_state *state, const struct config_interface *i, struct error *e) {
	const char *end = i->kind == CONFIG_VETH && i->peers ? i->peers->name : NULL;
	if (i->kind == CONFIG_EXISTING || net_link_named(state, i->head.name))
		return 0;
	if (!append(state, i, i->head.name, e))
		return -1;
	if (!end || net_link_named(state, end))
		return 0;
	struct net_link *other = append(state, i, end, e);
	if (other)
		(void)snprintf(other->kind, sizeof other->kind, "%s", kind_name(CONFIG_VETH));
	return other ? 0 : -1;
}

/* All names are known by now. */
static void describe(struct net_state *state, const struct config *c, unsigned n) {
	struct net_link *link = &state->links[n];
	const struct config_interface *i = link->create;
	if (strcmp(link->name, i->head.name) != 0)
		return;
	net_link_as_wanted(state, i, link);
	if (n + 1 < state->links_count && link[1].create == i)
		link->parent = link[1].index;
	if (i->kind == CONFIG_VXLAN && !link->mtu)
		link->mtu = net_link_room(state, c, link);
}

int net_want_links(struct net_state *state, const struct config *c, struct error *e) {
	unsigned there = state->links_count;
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next)
		if (want_link(state, i, e) < 0)
			return -1;
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next) {
		const struct net_link *link = net_link_of(state, i);
		if (link && i->rename && strcmp(link->name, i->rename) != 0)
			state->links[link - state->links].rename = i->rename;
	}
	for (unsigned n = there; n < state->links_count; n++)
		describe(state, c, n);
	return 0;
}

void net_forget_wanted_links(struct net_state *state) {
	while (state->links_count && state->links[state->links_count - 1].create)
		state->links_count--;
}
