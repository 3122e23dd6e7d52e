/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/check.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/ip.h"
#include "config/link.h"
#include "netcfg/select.h"

const char *net_where(const struct config *c, const struct config_origin *origin,
		      char text[NET_WHERE]) {
	char where[NET_WHERE - 4] = "";
	if (origin)
		config_where(c, origin, where, sizeof where);
	(void)snprintf(text, NET_WHERE, *where ? " (%s)" : "%s", where);
	return text;
}

/* One interface being checked, and what has come of it so far. */
struct check {
	const struct config *c;
	const struct config_interface *interface;
	const struct net_state *state;
	const struct net_link *link;
	struct error *e;
	int result;
};

static void __attribute__((format(printf, 3, 4)))
add(struct check *check, int result, const char *format, ...) {
	char text[ERROR_TEXT / 2], where[NET_WHERE];
	va_list arguments;
	if (check->result >= 0)
		check->result = result;
	if (!check->e)
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	(void)fail(check->e, "interface %s%s %s", check->interface->head.name,
		   net_where(check->c, &check->interface->head.origin, where), text);
}

/* "lo, eth0", as far as it fits. */
static void list_links(const struct net_state *state, char *text, size_t size) {
	size_t length = 0;
	(void)snprintf(text, size, "none");
	for (unsigned n = 0; n < state->links_count && length + NET_NAME + 2 < size; n++)
		if (!state->links[n].create)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
						   length ? ", " : "", state->links[n].name);
}

static void say_missing(struct check *check) {
	const struct config_match *match = &check->interface->match;
	char present[256], wanted[IP_TEXT] = "";
	list_links(check->state, present, sizeof present);
	if (match->subnet.family)
		(void)ip_text_prefix(&match->subnet, wanted);
	else if (match->name)
		(void)snprintf(wanted, sizeof wanted, "%s", match->name);
	else if (link_mac_is_set(&match->mac))
		(void)link_mac_text(match->mac.bytes, wanted);
	add(check, NET_MISSING, "is not present%s%s; present: %s",
	    *wanted ? ": nothing matches " : "", wanted, present);
}

static void check_there(struct check *check, const char *what, const char *name) {
	if (name && !net_link_called(check->state, name))
		add(check, NET_MISSING, "has %s as its %s, which is not present", name, what);
}

/* What a link was made with can't be changed. */
static void check_alike(struct check *check) {
	const struct net_link *is = check->link;
	struct net_link wanted = { 0 };
	net_link_as_wanted(check->state, check->interface, &wanted);
	if (strcmp(is->kind, wanted.kind) != 0)
		add(check, -1, "is there already, and is no %s but %s", wanted.kind,
		    *is->kind ? is->kind : "a device");
	else if (wanted.id != is->id && wanted.id)
		add(check, -1, "is there already, with the number %u and not %u", is->id,
		    wanted.id);
	else if (wanted.port != is->port && wanted.port)
		add(check, -1, "is there already, on port %u and not %u", is->port, wanted.port);
	else if (wanted.local.family && !ip_equal(&wanted.local, &is->local))
		add(check, -1, "is there already, with another local address");
	else if (wanted.parent && wanted.parent != is->parent)
		add(check, -1, "is there already, above another interface");
}

static void check_tunnel(struct check *check) {
	const struct config_interface *i = check->interface;
	uint32_t room = check->link ? net_link_room(check->state, check->c, check->link) : 0;
	bool ours = !i->local.family;
	char text[IP_TEXT];
	for (unsigned n = 0; n < check->state->links_count && !ours; n++)
		ours = net_link_owns(check->state, check->c, &check->state->links[n], &i->local,
				     false);
	if (!ours)
		add(check, NET_MISSING, "is to send from %s, which is no address of this host",
		    ip_text(&i->local, text));
	if (i->mtu != CONFIG_NONE && room && i->mtu > room)
		add(check, -1, "has an MTU of %d, and only %u fit into the packets below",
		    (int)i->mtu, room);
}

static void check_created(struct check *check) {
	const struct config_interface *i = check->interface;
	check_there(check, "parent", i->parent);
	if (check->link && !check->link->create)
		check_alike(check);
	if (i->kind == CONFIG_VETH && check->link && check->link->create == i && i->peers &&
	    !check->link->parent)
		add(check, -1, "is to have %s as its other end, which is there already",
		    i->peers->name);
	if (i->kind == CONFIG_VXLAN)
		check_tunnel(check);
}

/* Two sections, or a section and somebody else, for one link or one name. */
static void check_alone(struct check *check) {
	const struct config_interface *i = check->interface;
	const struct net_link *other = i->rename ? net_link_called(check->state, i->rename) : NULL;
	for (const struct config_interface *j = check->c->interfaces; j != i; j = j->head.next)
		if (net_link_of(check->state, j) == check->link)
			add(check, -1, "is %s, and so is [interface %s]", check->link->name,
			    j->head.name);
	for (unsigned n = 0; n < check->state->links_count && other; n++)
		if (&check->state->links[n] != check->link &&
		    !strcmp(net_link_name(&check->state->links[n]), i->rename))
			add(check, -1, "can't be called %s: there is another one", i->rename);
}

static void check_rules(struct check *check) {
	for (const struct config_rule *r = check->interface->rules; r; r = r->head.next) {
		if (*r->key.iif && !net_link_called(check->state, r->key.iif))
			add(check, NET_MISSING, "has a rule about %s, which is not present",
			    r->key.iif);
		if (*r->key.oif && !net_link_called(check->state, r->key.oif))
			add(check, NET_MISSING, "has a rule about %s, which is not present",
			    r->key.oif);
	}
}

int net_check_interface(const struct config *c, const struct config_interface *i,
			const struct net_state *state, struct error *e) {
	struct check check = { .c = c, .interface = i, .state = state, .e = e };
	check.link = net_link_of(state, i);
	if (!check.link)
		say_missing(&check);
	else
		check_alone(&check);
	if (i->kind != CONFIG_EXISTING)
		check_created(&check);
	check_there(&check, "master", i->master);
	check_rules(&check);
	if (!i->up && (i->gateways || i->routes))
		add(&check, -1, "has 'up = no', and its routes need it up");
	return check.result;
}

bool net_is_away(const struct config *c, const struct config_interface *i,
		 const struct net_state *state) {
	return i->hotplug && net_check_interface(c, i, state, NULL) == NET_MISSING;
}

int net_check(const struct config *c, const struct net_state *state, struct error *e) {
	int result = 0;
	if (state->cut)
		result = fail(e, "more than %d links or %d addresses are here", NET_MAX_LINKS,
			      NET_MAX_ADDRESSES);
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next) {
		int one = net_is_away(c, i, state) ? 0 : net_check_interface(c, i, state, e);
		result = result < 0 || one < 0 ? -1 : result | one;
	}
	return result;
}

/* ---- what the kernel is still about ---- */

/* IFF_LOWER_UP of linux/if.h, which a libc's headers may hide. */
enum { LOWER_UP = 1 << 16 };

static void check_carrier(struct check *check) {
	bool wanted = check->interface->up && check->interface->kind == CONFIG_EXISTING;
	if (wanted && !(check->link->flags & (LOWER_UP | IFF_LOOPBACK)))
		add(check, NET_MISSING, "has no carrier");
}

/* Without a carrier nothing is detected. */
static void check_detection(struct check *check, const struct config_address *wanted) {
	char text[IP_TEXT];
	for (unsigned n = 0; n < check->state->addresses_count; n++) {
		const struct net_address *a = &check->state->addresses[n];
		if (a->index != check->link->index || !ip_equal(&a->ip, &wanted->ip))
			continue;
		ip_text_prefix(&a->ip, text);
		if (a->flags & IFA_F_DADFAILED)
			add(check, -1, "has the address %s, which another host has as well", text);
		else if (a->flags & IFA_F_TENTATIVE && check->link->flags & LOWER_UP)
			add(check, NET_MISSING, "has the address %s, which is still tentative",
			    text);
	}
}

int net_check_settled(const struct config *c, const struct net_state *state, struct error *e) {
	int result = 0;
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next) {
		struct check check = { .c = c, .interface = i, .state = state, .e = e };
		check.link = net_link_of(state, i);
		if (!check.link || !i->up)
			continue;
		if (c->net.wait > 0)
			check_carrier(&check);
		for (const struct config_address *a = i->addresses; a; a = a->head.next)
			if (a->dad)
				check_detection(&check, a);
		result = result < 0 || check.result < 0 ? -1 : result | check.result;
	}
	return result;
}
