/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel would make of an interface in silence, and nobody meant. */
#include "config/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "config/follow.h"
#include "config/ip.h"
#include "config/link.h"
#include "config/number.h"

#define KIND(kind) (1u << CONFIG_##kind)

/* Which keys go with which kinds, and which kinds can't be without. */
static const struct {
	char key[10];
	uint8_t with, needed;
} keys[] = {
	{ "match", KIND(EXISTING), 0 },
	{ "rename", KIND(EXISTING), 0 },
	{ "vlan-id", KIND(VLAN), KIND(VLAN) },
	{ "parent", KIND(VLAN) | KIND(MACVLAN) | KIND(IPVLAN) | KIND(VXLAN),
	  KIND(VLAN) | KIND(MACVLAN) | KIND(IPVLAN) },
	{ "vni", KIND(VXLAN), KIND(VXLAN) },
	{ "local", KIND(VXLAN), 0 },
	{ "flood", KIND(VXLAN), 0 },
	{ "peer", KIND(VXLAN) | KIND(VETH), 0 },
	{ "peers", KIND(VXLAN), 0 },
};

/* The name by which it is looked for. */
static const char *sought(const struct config_interface *i) {
	bool otherwise = i->match.subnet.family || link_mac_is_set(&i->match.mac);

	return i->match.name ? i->match.name : otherwise ? NULL : i->head.name;
}

const char *check_final_name(const struct config_interface *i) {
	return i->rename ? i->rename : sought(i);
}

static bool is_given(const struct config_interface *i, const char *key) {
	const struct schema_section *section = schema_section("interface");

	return schema_origin(section, schema_key(section, key), i)->source != CONFIG_DEFAULT;
}

static void check_keys(struct load *l, const struct config_interface *i) {
	const unsigned kind = 1u << i->kind;

	for (size_t n = 0; n < sizeof(keys) / sizeof(keys[0]); n++) {
		bool given = is_given(i, keys[n].key);

		if (given && !(keys[n].with & kind))
			check_mistake(l, "interface", i, keys[n].key, "does not go with its kind");
		if (!given && keys[n].needed & kind)
			check_mistake(l, "interface", i, "kind", "needs %s as well", keys[n].key);
	}
}

static void check_names(struct load *l, const struct config_interface *i) {
	const char *name = check_final_name(i);
	struct error e = { 0 };

	if (!name)
		return;
	if (link_check_name(name, &e) < 0)
		check_mistake(l, "interface", i, NULL, "%s", e.text);
	for (const struct config_interface *j = l->config->interfaces; j != i; j = j->head.next) {
		const char *other = check_final_name(j);

		if (other && strcmp(name, other) == 0)
			check_mistake(l, "interface", i, i->rename ? "rename" : "match",
				      "[interface %s] is called %s as well", j->head.name, name);
	}
}

/* Who is called so today would not be found by that name the next time. */
static void check_rename(struct load *l, const struct config_interface *i) {
	for (const struct config_interface *j = l->config->interfaces; j; j = j->head.next) {
		const char *name = sought(j);

		if (j != i && i->rename && j->rename && name && strcmp(i->rename, name) == 0)
			check_mistake(l, "interface", i, "rename",
				      "[interface %s] is looked for by that name: match it by mac: "
				      "or subnet:",
				      j->head.name);
	}
}

static const struct config_interface *find(const struct load *l, const char *name) {
	for (const struct config_interface *i = l->config->interfaces; name && i;
	     i = i->head.next) {
		const char *other = check_final_name(i);

		if (other && strcmp(other, name) == 0)
			return i;
	}
	return NULL;
}

/* An interface below itself. */
static bool is_circle(const struct load *l, const struct config_interface *i) {
	const struct config_interface *j = find(l, i->parent);
	unsigned steps = 0;

	while (j && j != i && steps++ < CONFIG_INTERFACES)
		j = find(l, j->parent);
	return j;
}

/* What a vxlan packet adds: Ethernet, UDP, VXLAN (RFC 7348 5), and the outer IP header. */
static int64_t overhead(const struct config_interface *i) {
	if (i->kind != CONFIG_VXLAN)
		return 0;
	return i->local.family == AF_INET6 ? 70 : 50;
}

static void check_relations(struct load *l, const struct config_interface *i) {
	const struct config_interface *parent = find(l, i->parent), *master = find(l, i->master);

	if (is_circle(l, i))
		check_mistake(l, "interface", i, "parent", "is below itself");
	else if (parent && i->mtu != CONFIG_NONE && parent->mtu != CONFIG_NONE &&
		 i->mtu + overhead(i) > parent->mtu)
		check_mistake(l, "interface", i, "mtu", "is too big for %s: %d at most", i->parent,
			      (int)(parent->mtu - overhead(i)));
	if (i->parent && strcmp(i->parent, "lo") == 0 && i->kind != CONFIG_VXLAN)
		check_mistake(l, "interface", i, "parent", "lo can't have any above it");
	if (master == i ||
	    (master && master->kind != CONFIG_EXISTING && master->kind != CONFIG_BRIDGE))
		check_mistake(l, "interface", i, "master", "'%s' is no bridge", i->master);
}

static void check_veth(struct load *l, const struct config_interface *i) {
	for (const struct config_neighbour *p = i->peers; p; p = p->head.next) {
		if (!p->name)
			check_item_mistake(l, "interface", i, "peer", &p->head.origin,
					   "the peer of a veth is the name of its other end");
		else if (p != i->peers)
			check_item_mistake(l, "interface", i, "peer", &p->head.origin,
					   "a veth has two ends");
		else if (strcmp(p->name, i->head.name) == 0)
			check_item_mistake(l, "interface", i, "peer", &p->head.origin,
					   "is its own name");
	}
}

/* The socket of a vxlan is of one family, and who is not told takes IPv4. */
static void check_tunnel_ends(struct load *l, const struct config_interface *i, const char *key,
			      const struct config_neighbour *list) {
	unsigned family = i->local.family ? i->local.family : AF_INET;

	for (; list; list = list->head.next) {
		if (list->name)
			check_item_mistake(l, "interface", i, key, &list->head.origin,
					   "is not IP MAC VTEP");
		else if (list->vtep.family != family)
			check_item_mistake(l, "interface", i, key, &list->head.origin,
					   "the host's address is not of the family of local (or "
					   "IPv4, without one)");
	}
}

static bool same_socket(const struct config_interface *a, const struct config_interface *b) {
	return b->kind == CONFIG_VXLAN && a->vni == b->vni && a->port == b->port;
}

static void check_vxlan(struct load *l, const struct config_interface *i) {
	char text[IP_TEXT];
	struct error e = { 0 };

	if (i->members && !follow_service(i->members))
		check_mistake(l, "interface", i, "peers", "'%s' is not service:NAME", i->members);
	check_tunnel_ends(l, i, "peer", i->peers);
	check_tunnel_ends(l, i, "flood", i->floods);
	if (i->local.family && ip_need_host(&i->local, ip_text(&i->local, text), &e) < 0)
		check_mistake(l, "interface", i, "local", "%s", e.text);
	for (const struct config_interface *j = l->config->interfaces; j != i; j = j->head.next)
		if (same_socket(i, j))
			check_mistake(l, "interface", i, "vni", "is that of %s, on the same port",
				      j->head.name);
}

static bool is_elsewhere(const struct config_neighbour *a, const struct config_neighbour *b) {
	return a->vtep.family && b->vtep.family && link_mac_is_set(&a->mac) &&
	       memcmp(&a->mac, &b->mac, sizeof(a->mac)) == 0 && !ip_equal(&a->vtep, &b->vtep);
}

static bool is_told_before(const struct config_neighbour *list, const struct config_neighbour *n) {
	for (; list && list != n; list = list->head.next)
		if ((n->ip.family && ip_equal(&list->ip, &n->ip)) || is_elsewhere(list, n))
			return true;
	return false;
}

/* The same address twice, with perhaps another MAC; or the same MAC behind two hosts. */
static void check_neighbours(struct load *l, const struct config_interface *i, const char *key,
			     const struct config_neighbour *list) {
	char text[IP_TEXT];

	for (const struct config_neighbour *n = list; n; n = n->head.next)
		if (is_told_before(i->peers, n) || is_told_before(list, n))
			check_item_mistake(l, "interface", i, key, &n->head.origin,
					   "%s, or its MAC, is there twice", ip_text(&n->ip, text));
}

/* FAMILY.NAME or FAMILY.neigh.NAME, which become parts of a path. */
static bool is_sysctl(const char *key) {
	const char *name = key + 5;

	if (strncmp(key, "ipv4.", 5) != 0 && strncmp(key, "ipv6.", 5) != 0)
		return false;
	name += strncmp(name, "neigh.", 6) == 0 ? 6 : 0;
	return *name && !name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")];
}

/* All of IPv4 are numbers; -1 is one. */
static void check_sysctl(struct load *l, const struct config_interface *i,
			 const struct config_pair *s) {
	const char *digits = s->value + (*s->value == '-');
	int64_t number;
	char key[80];

	(void)snprintf(key, sizeof(key), "sysctl.%s", s->key);
	if (!is_sysctl(s->key))
		check_item_mistake(l, "interface", i, key, &s->head.origin,
				   "is not sysctl.ipv4.NAME or sysctl.ipv6.NAME");
	else if (!*s->value || strlen(s->value) >= CONFIG_SYSCTL)
		check_item_mistake(l, "interface", i, key, &s->head.origin,
				   "a value has 1 to %d bytes", CONFIG_SYSCTL - 1);
	else if (s->key[3] == '4' && number_read(digits, 0, INT32_MAX, &number, NULL) < 0)
		check_item_mistake(l, "interface", i, key, &s->head.origin, "'%s' is not a number",
				   s->value);
}

void check_link(struct load *l, const struct config_interface *i) {
	check_names(l, i);
	check_rename(l, i);
	check_keys(l, i);
	check_relations(l, i);
	if (i->kind == CONFIG_VETH)
		check_veth(l, i);
	if (i->kind == CONFIG_VXLAN)
		check_vxlan(l, i);
	check_neighbours(l, i, "peer", i->peers);
	check_neighbours(l, i, "neighbour", i->neighbours);
	for (const struct config_pair *s = i->sysctls; s; s = s->head.next)
		check_sysctl(l, i, s);
}
