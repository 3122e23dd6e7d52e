/* SPDX-License-Identifier: Apache-2.0 */
#include "init/membership.h"

#include "config/ip.h"
#include "init/names.h"

_Static_assert((int)CONFIG_MEMBERS == (int)MESSAGE_INSTANCES, "all that are told have room");

static bool take(const struct message_instance *i, struct config_neighbour *n) {
	struct error ignored = { 0 };

	*n = (struct config_neighbour){ 0 };
	return ip_parse(i->host, IP_ALONE, &n->ip, &ignored) == 0 &&
	       ip_need_host(&n->ip, i->host, &ignored) == 0;
}

void membership_believe(const struct config *c, const struct config_watch *w,
			const struct message_instance *items, unsigned count) {
	struct config_members *m = w->members;

	if (!m)
		return;
	m->known = true;
	m->count = 0;
	for (unsigned i = 0; i < count; i++)
		m->count += take(&items[i], &m->items[m->count]);
	names_follow(c);
}
