/* SPDX-License-Identifier: Apache-2.0 */
#include "init/membership.h"

#include <string.h>
#include <sys/socket.h>

#include "config/follow.h"
#include "config/ip.h"
#include "config/link.h"
#include "config/memory.h"
#include "init/log.h"
#include "init/names.h"
#include "init/reconcile.h"
#include "netcfg/netcfg.h"

_Static_assert((int)CONFIG_MEMBERS == (int)MESSAGE_INSTANCES, "all that are told have room");

/* Those before, while the list is filled anew. */
static MEMORY_BULK struct config_neighbour before[CONFIG_MEMBERS];

static bool take(const struct message_instance *i, struct config_neighbour *n) {
	struct error ignored = { 0 };

	*n = (struct config_neighbour){ .mac = i->mac, .vtep = i->vtep };
	if (ip_parse(i->host, IP_ALONE, &n->ip, &ignored) < 0 ||
	    ip_need_host(&n->ip, i->host, &ignored) < 0)
		return false;
	if (n->ip.family == AF_INET && !link_mac_is_set(&n->mac)) {
		memcpy(n->mac.bytes, (uint8_t[]){ 0x02, 0x42 }, 2);
		memcpy(n->mac.bytes + 2, n->ip.bytes, 4);
	}
	return true;
}

/* How long it is known at this place: 0, since now; else the less, the later it came there. */
static unsigned age(const struct config_neighbour *n, unsigned known) {
	for (unsigned i = 0; i < known; i++)
		if (ip_equal(&before[i].ip, &n->ip) && ip_equal(&before[i].vtep, &n->vtep))
			return i + 1;
	return 0;
}

/* Who has moved may still be listed at the place before: the later one comes first, and counts. */
static void put_later_first(struct config_members *m, unsigned known) {
	for (unsigned i = 1; i < m->count; i++)
		for (unsigned j = 0; j < i; j++) {
			struct config_neighbour *a = &m->items[j], *b = &m->items[i], swapped = *b;

			if (!ip_equal(&a->ip, &b->ip) || age(b, known) >= age(a, known))
				continue;
			*b = *a;
			*a = swapped;
		}
}

static void warn_of_strangers(const struct config_interface *i, const struct config_members *m) {
	char ip[IP_TEXT];

	for (unsigned n = 0; n < m->count; n++)
		if (!net_is_peer(i, &m->items[n]))
			log_warn("interface %s: peers: %s is left out: it has no pintle-vtep of "
				 "the family of local, or no pintle-mac",
				 i->head.name, ip_text(&m->items[n].ip, ip));
}

static void tell_followers(const struct config *c, const struct config_members *m) {
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next)
		if (follow_members(c, i->members) == m) {
			warn_of_strangers(i, m);
			reconcile_follow();
		}
	names_follow(c);
}

void membership_believe(const struct config *c, const struct config_watch *w,
			const struct message_instance *items, unsigned count) {
	struct config_members *m = w->members;

	unsigned known = m ? m->count : 0;

	if (!m)
		return;
	memcpy(before, m->items, known * sizeof(*before));
	m->known = true;
	m->count = 0;
	for (unsigned i = 0; i < count; i++)
		m->count += take(&items[i], &m->items[m->count]);
	put_later_first(m, known);
	tell_followers(c, m);
}
