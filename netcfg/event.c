/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/event.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "config/ip.h"
#include "config/link.h"
#include "netcfg/decode.h"

struct bit {
	uint32_t bit;
	char name[12];
};

/* Those of linux/if.h that say something of a container's link, in ip's order. */
static const struct bit flags[] = {
	{ IFF_LOOPBACK, "LOOPBACK" },
	{ IFF_BROADCAST, "BROADCAST" },
	{ IFF_POINTOPOINT, "POINTOPOINT" },
	{ IFF_MULTICAST, "MULTICAST" },
	{ IFF_NOARP, "NOARP" },
	{ IFF_UP, "UP" },
	{ 1 << 16, "LOWER_UP" },
	{ 0, "" },
};
static const struct bit states[] = {
	{ NUD_INCOMPLETE, "INCOMPLETE" }, { NUD_REACHABLE, "REACHABLE" }, { NUD_STALE, "STALE" },
	{ NUD_DELAY, "DELAY" },           { NUD_PROBE, "PROBE" },         { NUD_FAILED, "FAILED" },
	{ NUD_NOARP, "NOARP" },           { NUD_PERMANENT, "PERMANENT" }, { 0, "" },
};

static void list(const struct bit *names, uint32_t bits, char *text, size_t size) {
	size_t length = 0;
	for (*text = '\0'; names->bit; names++)
		if (bits & names->bit && length < size)
			length += (size_t)snprintf(text + length, size - length, "%s%s",
						   length ? "," : "", names->name);
}

static const char *name_at(const struct net_state *state, int index, char text[static NET_NAME]) {
	const struct net_link *link = net_link_at(state, index);
	(void)snprintf(text, NET_NAME, "if%d", index);
	return link ? link->name : text;
}

static void remember(struct net_state *state, const struct net_link *link) {
	const struct net_link *known = net_link_at(state, link->index);
	if (known)
		state->links[known - state->links] = *link;
	else if (state->links_count < NET_MAX_LINKS)
		state->links[state->links_count++] = *link;
}

static bool tell_link(struct net_state *state, const struct nlmsghdr *message, char *text) {
	char bits[96], mac[LINK_MAC_TEXT];
	struct net_link link;
	bool running;
	if (!net_decode_link(message, &link))
		return false;
	running = link.flags & IFF_RUNNING || !(link.flags & IFF_UP);
	remember(state, &link);
	list(flags, link.flags, bits, sizeof bits);
	(void)snprintf(text, NET_OP_TEXT, "%d: %s: <%s%s> mtu %u qlen %u link/ether %s", link.index,
		       link.name, running ? "" : "NO-CARRIER,", bits, link.mtu, link.tx_queue,
		       link_mac_text(link.mac, mac));
	return true;
}

static bool tell_address(struct net_state *state, const struct nlmsghdr *message, char *text) {
	char ip[IP_TEXT], number[NET_NAME];
	struct net_address a;
	if (!net_decode_address(message, &a))
		return false;
	const char *name = name_at(state, a.index, number);
	const char *scope = a.scope == RT_SCOPE_UNIVERSE ? "global"
			    : a.scope == RT_SCOPE_LINK   ? "link"
			    : a.scope == RT_SCOPE_HOST   ? "host"
							 : "site";
	(void)snprintf(text, NET_OP_TEXT, "%d: %s    inet%s %s scope %s %s", a.index, name,
		       a.ip.family == AF_INET6 ? "6" : "", ip_text_prefix(&a.ip, ip), scope, name);
	return true;
}

/* As in a plan, without its verb. */
static bool tell_route(struct net_state *state, const struct nlmsghdr *message, char *text) {
	enum { VERB = sizeof "route replace " - 1 };
	struct net_hop hops[CONFIG_HOPS];
	char number[NET_NAME], names[CONFIG_HOPS][NET_NAME];
	struct net_op op = { .kind = NET_ROUTE_REPLACE };
	if (!net_decode_route(message, &op.route, hops))
		return false;
	if (op.route.index)
		op.link = name_at(state, op.route.index, number);
	for (unsigned n = 0; n < op.route.hops_count; n++)
		hops[n].link = name_at(state, hops[n].index, names[n]);
	if (net_op_text(&op, text, NET_OP_TEXT) < 0)
		return false;
	memmove(text, text + VERB, strlen(text + VERB) + 1);
	return true;
}

static bool has_mac(const struct net_neighbour *n) {
	return link_mac_is_set(&(struct config_mac){
		{ n->mac[0], n->mac[1], n->mac[2], n->mac[3], n->mac[4], n->mac[5] } });
}

static bool tell_neighbour(struct net_state *state, const struct nlmsghdr *message, char *text) {
	const struct ndmsg *header = mnl_nlmsg_get_payload(message);
	char ip[IP_TEXT], number[NET_NAME], mac[LINK_MAC_TEXT], bits[96];
	struct net_neighbour n;
	if (!net_decode_neighbour(message, &n))
		return false;
	const char *name = name_at(state, n.index, number);
	list(states, header->ndm_state, bits, sizeof bits);
	(void)ip_text(&n.ip, ip);
	(void)link_mac_text(n.mac, mac);
	if (n.forwarding)
		(void)snprintf(text, NET_OP_TEXT, "%s dev %s dst %s self%s", mac, name, ip,
			       n.lasting ? " permanent" : "");
	else
		(void)snprintf(text, NET_OP_TEXT, "%s dev %s%s%s %s", ip, name,
			       has_mac(&n) ? " lladdr " : "", has_mac(&n) ? mac : "", bits);
	return true;
}

/* Each kind has NEW, DEL and GET in a row, from a multiple of four on (rtnetlink.h); a GET that
 * comes from the kernel asks who the neighbour is. */
bool net_event_text(struct net_state *state, struct nlmsghdr *message,
		    char text[static NET_OP_TEXT]) {
	static bool (*const tellers[])(struct net_state *, const struct nlmsghdr *,
				       char *) = { tell_link, tell_address, tell_route,
						   tell_neighbour };
	static const char prefixes[][9] = { "", "Deleted ", "miss ", "" };
	unsigned kind = (message->nlmsg_type - RTM_BASE) / 4U, verb = message->nlmsg_type % 4;
	size_t length = strlen(prefixes[verb]);
	if (message->nlmsg_type < RTM_BASE || kind >= sizeof tellers / sizeof *tellers)
		return false;
	message->nlmsg_type -= (uint16_t)verb;
	if (!tellers[kind](state, message, text))
		return false;
	memmove(text + length, text, strnlen(text, NET_OP_TEXT - 1 - length) + 1);
	text[NET_OP_TEXT - 1] = '\0';
	memcpy(text, prefixes[verb], length);
	return true;
}
