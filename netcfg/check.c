/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/check.h"

#include <stdio.h>
#include <string.h>

const char *net_where(const struct config *c, const struct config_origin *origin,
		      char text[NET_WHERE]) {
	char where[NET_WHERE - 4] = "";
	if (origin)
		config_where(c, origin, where, sizeof where);
	(void)snprintf(text, NET_WHERE, *where ? " (%s)" : "%s", where);
	return text;
}

bool net_complete(const struct config *c, const struct net_state *state) {
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next)
		if (!net_link_named(state, i->head.name))
			return false;
	return true;
}

/* "lo, eth0", as far as it fits. */
static void list_links(const struct net_state *state, char *text, size_t size) {
	size_t length = 0;
	*text = '\0';
	for (unsigned n = 0; n < state->links_count && length + NET_NAME + 2 < size; n++)
		length += (size_t)snprintf(text + length, size - length, "%s%s", n ? ", " : "",
					   state->links[n].name);
}

static int missing(const struct config *c, const struct config_interface *i,
		   const struct net_state *state, struct error *e) {
	char where[NET_WHERE], present[256];
	list_links(state, present, sizeof present);
	return fail(e, "interface %s%s is not present; present: %s", i->head.name,
		    net_where(c, &i->head.origin, where), *present ? present : "none");
}

int net_check(const struct config *c, const struct net_state *state, struct error *e) {
	char where[NET_WHERE];
	int result = 0;
	if (state->cut)
		result = fail(e, "more than %d links or %d addresses are here", NET_MAX_LINKS,
			      NET_MAX_ADDRESSES);
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next) {
		if (!net_link_named(state, i->head.name))
			result = missing(c, i, state, e);
		if (!i->up && (i->gateways || i->routes))
			result = fail(e, "interface %s%s has 'up = no', and its routes need it up",
				      i->head.name, net_where(c, &i->head.origin, where));
	}
	return result;
}
