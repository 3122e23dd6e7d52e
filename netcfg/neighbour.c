/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/neighbour.h"

#include <string.h>
#include <sys/socket.h>

#include "config/follow.h"
#include "config/ip.h"
#include "config/link.h"
#include "netcfg/check.h"
#include "netcfg/plan.h"
#include "netcfg/select.h"

bool net_neighbour_floods(const struct net_neighbour *n) {
	static const uint8_t nobody[sizeof n->mac];
	return n->forwarding && !memcmp(n->mac, nobody, sizeof nobody);
}

static bool same_mac(const struct net_neighbour *a, const struct net_neighbour *b) {
	return !memcmp(a->mac, b->mac, sizeof a->mac);
}

/* What the kernel has one of each: an address on a link, a MAC in a table. */
static bool same_key(const struct net_neighbour *a, const struct net_neighbour *b) {
	if (a->index != b->index || a->forwarding != b->forwarding)
		return false;
	if (net_neighbour_floods(a))
		return same_mac(a, b) && ip_equal(&a->ip, &b->ip);
	return a->forwarding ? same_mac(a, b) : ip_equal(&a->ip, &b->ip);
}

struct wish {
	struct net_state *state;
	const struct config_interface *interface;
	int index;
	const struct config_origin *origin; /* NULL: each has its own */
};

static bool is_wanted(const struct net_state *state, const struct net_neighbour *neighbour) {
	for (unsigned n = 0; n < state->neighbours_count; n++)
		if (same_key(&state->neighbours[n].neighbour, neighbour))
			return true;
	return false;
}

/* Several addresses may be behind one MAC. */
static int want(const struct wish *w, const struct config_neighbour *from, bool forwarding,
		struct error *e) {
	struct net_state *state = w->state;
	if (state->neighbours_count == NET_MAX_NEIGHBOURS)
		return fail(e, "more than %d neighbours and tunnel entries", NET_MAX_NEIGHBOURS);
	struct net_wanted_neighbour *n = &state->neighbours[state->neighbours_count];
	*n = (struct net_wanted_neighbour){
		.neighbour = { .index = w->index,
			       .ip = forwarding ? from->vtep : from->ip,
			       .forwarding = forwarding },
		.interface = w->interface,
		.origin = w->origin ? w->origin : &from->head.origin,
	};
	memcpy(n->neighbour.mac, from->mac.bytes, sizeof n->neighbour.mac);
	state->neighbours_count += !is_wanted(state, &n->neighbour);
	return 0;
}

/* In a tunnel first the host, then who is there: a packet that waits for the latter finds its way
 * then. The host itself may be in the list, so that all hosts can have the same one. */
static int want_list(const struct wish *w, const struct config_neighbour *list, struct error *e) {
	for (; list; list = list->head.next) {
		bool own = list->vtep.family && ip_equal(&list->vtep, &w->interface->local);
		if (own || list->name)
			continue;
		if ((list->vtep.family && want(w, list, true, e) < 0) ||
		    (list->ip.family && want(w, list, false, e) < 0))
			return -1;
	}
	return 0;
}

bool net_is_peer(const struct config_interface *i, const struct config_neighbour *member) {
	uint8_t family = i->local.family ? i->local.family : AF_INET;
	return member->vtep.family == family && link_mac_is_set(&member->mac);
}

static bool is_own(const struct config_interface *i, const struct config_neighbour *member) {
	for (const struct config_address *a = i->addresses; a; a = a->head.next)
		if (ip_equal(&a->ip, &member->ip))
			return true;
	return ip_equal(&i->local, &member->vtep);
}

static int want_all_of(const struct wish *w, bool forwarding, struct error *e) {
	static const struct config_neighbour none;
	unsigned before = w->state->neighbours_count;
	if (want(w, &none, forwarding, e) < 0)
		return -1;
	w->state->neighbours[before].any = true;
	return 0;
}

/* Whom the file names comes first. Without an answer yet, what there is stays. */
static int want_members(struct wish *w, const struct config *c, struct error *e) {
	const struct config_members *m = follow_members(c, w->interface->members);
	if (!m || !m->known)
		return 0;
	w->origin = plan_origin(w->interface, "peers");
	for (unsigned i = 0; i < m->count; i++) {
		const struct config_neighbour *n = &m->items[i];
		if (net_is_peer(w->interface, n) && !is_own(w->interface, n) &&
		    (want(w, n, true, e) < 0 || want(w, n, false, e) < 0))
			return -1;
	}
	return want_all_of(w, true, e) < 0 ? -1 : want_all_of(w, false, e);
}

int net_want_neighbours(struct net_state *state, const struct config *c, struct error *e) {
	state->neighbours_count = 0;
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next) {
		const struct net_link *link = net_link_of(state, i);
		struct wish w = { .state = state, .interface = i, .index = link ? link->index : 0 };
		if (net_check_interface(c, i, state, NULL) != 0)
			continue;
		if (want_list(&w, i->floods, e) < 0 || want_list(&w, i->peers, e) < 0 ||
		    want_list(&w, i->neighbours, e) < 0 || want_members(&w, c, e) < 0)
			return -1;
	}
	return 0;
}

/* In a table that is ours. */
static void note_stale(struct net_state *state, const struct net_neighbour *is) {
	for (unsigned n = 0; n < state->neighbours_count; n++) {
		const struct net_wanted_neighbour *w = &state->neighbours[n];
		if (!w->any || w->neighbour.index != is->index ||
		    w->neighbour.forwarding != is->forwarding ||
		    state->neighbours_count == NET_MAX_NEIGHBOURS)
			continue;
		state->neighbours[state->neighbours_count++] = (struct net_wanted_neighbour){
			.neighbour = *is,
			.interface = w->interface,
			.origin = w->origin,
			.stale = true,
		};
		return;
	}
}

void net_meet_neighbour(struct net_state *state, const struct net_neighbour *is) {
	bool met = false;
	for (unsigned n = 0; n < state->neighbours_count; n++) {
		struct net_wanted_neighbour *w = &state->neighbours[n];
		if (w->any || !same_key(&w->neighbour, is))
			continue;
		met = true;
		w->present = is->lasting && same_mac(is, &w->neighbour) &&
			     ip_equal(&is->ip, &w->neighbour.ip);
		if (!w->present && is->lasting)
			w->before = *is;
	}
	if (!met && is->lasting && !net_neighbour_floods(is))
		note_stale(state, is);
}
