/* SPDX-License-Identifier: Apache-2.0 */
/* Who configures this network: we, or somebody who has done it already. */
#include <linux/if.h>
#include <linux/if_addr.h>
#include <sys/socket.h>

#include "netcfg/netcfg.h"

/* A link-local address is the kernel's own doing, and no sign of anybody's work. */
static bool somebody_was_here(const struct net_state *state) {
	for (unsigned i = 0; i < state->addresses_count; i++) {
		const struct net_address *a = &state->addresses[i];
		const struct net_link *link = net_link_at(state, a->index);
		bool link_local = a->ip.family == AF_INET6 && a->ip.bytes[0] == 0xfe &&
				  (a->ip.bytes[1] & 0xc0) == 0x80;
		if (!link_local && !(link && link->flags & IFF_LOOPBACK))
			return true;
	}
	return false;
}

struct net_mode net_decide(const struct config *c, const struct net_state *state) {
	if (c->net.mode != CONFIG_MODE_AUTO)
		return (struct net_mode){ c->net.mode, false, "[net] mode says so" };
	if (state->is_host)
		return (struct net_mode){ CONFIG_MODE_LEAVE, false, "this is the host's network" };
	if (somebody_was_here(state))
		return (struct net_mode){ CONFIG_MODE_VERIFY, state->may_change,
					  "the interfaces have addresses already" };
	if (!state->may_change)
		return (struct net_mode){ CONFIG_MODE_VERIFY, false, "there is no CAP_NET_ADMIN" };
	return (struct net_mode){ CONFIG_MODE_APPLY, false,
				  "no interface but lo has an address yet" };
}
