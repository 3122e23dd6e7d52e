/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "netcfg/encode.h"
#include "netcfg/neighbour.h"

static const uint8_t inverses[] = {
	[NET_LINK_CREATE] = NET_LINK_DELETE,
	[NET_LINK_DELETE] = NET_LINK_DELETE, /* never planned */
	[NET_LINK_NAME] = NET_LINK_NAME,
	[NET_LINK_MAC] = NET_LINK_MAC,
	[NET_LINK_MTU] = NET_LINK_MTU,
	[NET_LINK_TX_QUEUE] = NET_LINK_TX_QUEUE,
	[NET_LINK_MASTER] = NET_LINK_MASTER,
	[NET_LINK_CONF] = NET_LINK_CONF,
	[NET_LINK_DOWN] = NET_LINK_UP,
	[NET_LINK_UP] = NET_LINK_DOWN,
	[NET_SYSCTL] = NET_SYSCTL,
	[NET_ADDRESS_DELETE] = NET_ADDRESS_ADD,
	[NET_ADDRESS_ADD] = NET_ADDRESS_DELETE,
	[NET_NEIGHBOUR_DELETE] = NET_NEIGHBOUR_REPLACE,
	[NET_NEIGHBOUR_REPLACE] = NET_NEIGHBOUR_DELETE,
	[NET_ROUTE_DELETE] = NET_ROUTE_REPLACE,
	[NET_ROUTE_REPLACE] = NET_ROUTE_DELETE,
	[NET_RULE_DELETE] = NET_RULE_ADD,
	[NET_RULE_ADD] = NET_RULE_DELETE,
};

static void exchange(struct net_op *inverse, const struct net_op *op) {
	if (op->kind == NET_LINK_NAME)
		memcpy(inverse->new_name, op->old_name, sizeof op->old_name);
	if (op->kind == NET_LINK_MAC)
		memcpy(inverse->mac, op->mac_before, sizeof op->mac_before);
	if (op->kind >= NET_LINK_MTU && op->kind <= NET_LINK_CONF)
		inverse->number = op->before;
	if (op->kind == NET_SYSCTL)
		inverse->back = true;
	if (op->kind == NET_NEIGHBOUR_REPLACE && op->neighbour_before.index) {
		inverse->kind = NET_NEIGHBOUR_REPLACE;
		inverse->neighbour = op->neighbour_before;
	}
	if (op->kind == NET_ROUTE_REPLACE && op->route_before && !op->route_before->other) {
		inverse->kind = NET_ROUTE_REPLACE;
		inverse->route = *op->route_before;
		inverse->index = op->route_before->index;
	}
}

/* What replaced something is taken back by replacing it with that; what was so before is left so.
 */
bool net_inverse(const struct net_op *op, struct net_op *inverse) {
	*inverse = *op;
	inverse->kind = inverses[op->kind];
	exchange(inverse, op);
	return !op->again && !(op->kind == NET_SYSCTL && !*op->sysctl->before);
}
