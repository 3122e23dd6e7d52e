/* SPDX-License-Identifier: Apache-2.0 */
/* Operations in the words of ip(8). What has ip's own default is not said. */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "config/link.h"
#include "config/network.h"
#include "netcfg/encode.h"
#include "netcfg/ip.h"
#include "netcfg/neighbour.h"
#include "netcfg/netcfg.h"
#include "netcfg/select.h"
#include "netcfg/sysctl.h"

struct line {
	char *text;
	size_t size, length;
};

static void __attribute__((format(printf, 2, 3))) say(struct line *line, const char *format, ...) {
	va_list arguments;
	bool fits = line->length < line->size;
	va_start(arguments, format);
	int n = vsnprintf(fits ? line->text + line->length : NULL,
			  fits ? line->size - line->length : 0, format, arguments);
	va_end(arguments);
	line->length += n > 0 ? (size_t)n : 0;
}

static void say_number(struct line *line, const char *word, uint32_t number, uint32_t preset) {
	if (number != preset)
		say(line, " %s %u", word, number);
}

static void say_word(struct line *line, const char *word, const char *value) {
	if (value && *value)
		say(line, " %s %s", word, value);
}

static void say_ip(struct line *line, const char *word, const struct config_ip *ip) {
	char text[IP_TEXT];
	if (ip->family)
		say(line, " %s %s", word, ip_text(ip, text));
}

static void say_address(struct line *line, const struct net_op *op) {
	const struct net_address *a = &op->address;
	char text[IP_TEXT];
	if (!a->peer.family) {
		say(line, " %s", ip_text_prefix(&a->ip, text));
	} else {
		struct config_ip alone = net_ip_alone(&a->ip);
		say(line, " %s", ip_text(&alone, text));
		say(line, " peer %s", ip_text_prefix(&a->peer, text));
	}
	say(line, " dev %s", op->link);
}

static void address_add(struct line *line, const struct net_op *op) {
	const struct net_address *a = &op->address;
	struct config_ip broadcast;
	bool local = a->ip.family == AF_INET && a->ip.bytes[0] == 127;
	say(line, "address replace");
	say_address(line, op);
	if (net_broadcast(a, &broadcast))
		say(line, " broadcast +");
	if (a->ip.family == AF_INET)
		say_number(line, "scope", a->scope, local ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE);
	if (*a->label)
		say(line, " label %s", a->label);
	say_number(line, "metric", a->metric, 0);
	if (a->flags & IFA_F_NODAD)
		say(line, " nodad");
}

static void address_delete(struct line *line, const struct net_op *op) {
	say(line, "address del");
	say_address(line, op);
}

static void say_hops(struct line *line, const struct net_route *r) {
	for (unsigned n = 0; n < r->hops_count; n++) {
		say(line, " nexthop");
		say_ip(line, "via", &r->hops[n].via);
		say_word(line, "dev", r->hops[n].link);
		say(line, " weight %u", r->hops[n].weight);
	}
}

/* In ip's words. The kernel's own are not for a plan, but may be told of. */
static const char types[][13] = {
	[RTN_LOCAL] = "local ",         [RTN_BROADCAST] = "broadcast ",
	[RTN_ANYCAST] = "anycast ",     [RTN_MULTICAST] = "multicast ",
	[RTN_BLACKHOLE] = "blackhole ", [RTN_UNREACHABLE] = "unreachable ",
	[RTN_PROHIBIT] = "prohibit ",
};

/* ip(8) guesses the family of "default" from the gateway, and takes IPv4 without one. */
static void say_route(struct line *line, const struct net_op *op) {
	const struct net_route *r = &op->route;
	bool guessable = r->to.family == AF_INET || r->via.family == AF_INET6;
	char text[IP_TEXT];
	say(line, " %s%s", r->type <= RTN_PROHIBIT ? types[r->type] : "",
	    r->to.prefix == 0 && guessable ? "default" : ip_text_prefix(&r->to, text));
	if (r->via.family)
		say(line, " via %s%s", r->via.family != r->to.family ? "inet6 " : "",
		    ip_text(&r->via, text));
	say_word(line, "dev", op->link);
	say_ip(line, "src", &r->src);
	say_number(line, "metric", r->metric, r->to.family == AF_INET6 ? 1024 : 0);
	say_number(line, "table", r->table, RT_TABLE_MAIN);
	say_number(line, "mtu", r->mtu, 0);
	if (r->onlink)
		say(line, " onlink");
	say_hops(line, r);
}

static void route_replace(struct line *line, const struct net_op *op) {
	say(line, "route replace");
	say_route(line, op);
}

static void route_delete(struct line *line, const struct net_op *op) {
	say(line, "route del");
	say_route(line, op);
}

static void say_vxlan(struct line *line, const struct net_op *op) {
	const struct net_link *link = op->create;
	say(line, " id %u", link->id);
	say_ip(line, "local", &link->local);
	say_word(line, "dev", op->parent);
	say(line, " dstport %u %slearning", link->port, link->create->floods ? "" : "no");
}

static void link_create(struct line *line, const struct net_op *op) {
	const struct net_link *link = op->create;
	const struct config_interface *i = link->create;
	bool tunnel = i->kind == CONFIG_VXLAN;
	char mac[LINK_MAC_TEXT];
	say(line, "link add");
	say_word(line, "link", tunnel ? NULL : op->parent);
	say(line, " name %s", op->link);
	if (net_link_has_mac(link))
		say_word(line, "address", link_mac_text(link->mac, mac));
	say_number(line, "mtu", link->mtu, 0);
	say_number(line, "txqueuelen", link->tx_queue, 0);
	say(line, " type %s", link->kind);
	if (i->kind == CONFIG_VLAN)
		say(line, " id %u", link->id);
	else if (i->kind == CONFIG_VETH && i->peers)
		say(line, " peer name %s", i->peers->name);
	else if (i->kind == CONFIG_MACVLAN)
		say(line, " mode bridge");
	else if (i->kind == CONFIG_IPVLAN)
		say(line, " mode l2");
	else if (tunnel)
		say_vxlan(line, op);
}

static void link_delete(struct line *line, const struct net_op *op) {
	say(line, "link del dev %s", op->link);
}

static void link_name(struct line *line, const struct net_op *op) {
	say(line, "link set dev %s name %s", op->old_name, op->new_name);
}

static void link_mac(struct line *line, const struct net_op *op) {
	char mac[LINK_MAC_TEXT];
	say(line, "link set dev %s address %s", op->link, link_mac_text(op->mac, mac));
}

static void link_mtu(struct line *line, const struct net_op *op) {
	say(line, "link set dev %s mtu %u", op->link, op->number);
}

static void link_tx_queue(struct line *line, const struct net_op *op) {
	say(line, "link set dev %s txqueuelen %u", op->link, op->number);
}

static void link_master(struct line *line, const struct net_op *op) {
	say(line, "link set dev %s master %s", op->link, op->name);
}

static void link_conf(struct line *line, const struct net_op *op) {
	char name[NET_SYSCTL_TEXT];
	net_sysctl_name(op->name, op->link, name);
	say(line, "# sysctl -w %s=%d", name, (int)op->number);
}

static void sysctl(struct line *line, const struct net_op *op) {
	char name[NET_SYSCTL_TEXT];
	net_sysctl_name(op->sysctl->pair->key, op->link, name);
	say(line, "# sysctl -w %s=%s", name, op->sysctl->pair->value);
}

static void link_up(struct line *line, const struct net_op *op) {
	say(line, "link set dev %s up", op->link);
}

static void link_down(struct line *line, const struct net_op *op) {
	say(line, "link set dev %s down", op->link);
}

static void say_neighbour(struct line *line, const struct net_op *op, const char *verb) {
	const struct net_neighbour *n = &op->neighbour;
	char mac[LINK_MAC_TEXT], ip[IP_TEXT];
	(void)link_mac_text(n->mac, mac);
	(void)ip_text(&n->ip, ip);
	if (n->forwarding)
		say(line, "# bridge fdb %s %s dev %s dst %s self permanent", verb, mac, op->link,
		    ip);
	else
		say(line, "neighbour %s %s lladdr %s dev %s nud permanent", verb, ip, mac,
		    op->link);
}

static void neighbour_delete(struct line *line, const struct net_op *op) {
	say_neighbour(line, op, "del");
}

static void neighbour_replace(struct line *line, const struct net_op *op) {
	say_neighbour(line, op, net_neighbour_floods(&op->neighbour) ? "append" : "replace");
}

/* As in the configuration; but in a batch ip(8) only knows rules of IPv4. */
static void say_rule(struct line *line, const struct net_op *op, const char *verb) {
	const struct config_rule rule = { .key = *op->rule, .priority = op->priority };
	struct writer words = { .fd = -1 };
	network_write_rule(NULL, &rule, &words);
	say(line, "%srule %s %.*s", op->rule->family == AF_INET6 ? "# ip -6 " : "", verb,
	    (int)words.len, words.bytes);
}

static void rule_delete(struct line *line, const struct net_op *op) {
	say_rule(line, op, "del");
}

static void rule_add(struct line *line, const struct net_op *op) {
	say_rule(line, op, "add");
}

int net_op_text(const struct net_op *op, char *text, size_t size) {
	static void (*const writers[])(struct line *, const struct net_op *) = {
		[NET_LINK_CREATE] = link_create,
		[NET_LINK_DELETE] = link_delete,
		[NET_LINK_NAME] = link_name,
		[NET_LINK_MAC] = link_mac,
		[NET_LINK_MTU] = link_mtu,
		[NET_LINK_TX_QUEUE] = link_tx_queue,
		[NET_LINK_MASTER] = link_master,
		[NET_LINK_CONF] = link_conf,
		[NET_SYSCTL] = sysctl,
		[NET_LINK_DOWN] = link_down,
		[NET_LINK_UP] = link_up,
		[NET_ADDRESS_DELETE] = address_delete,
		[NET_ADDRESS_ADD] = address_add,
		[NET_NEIGHBOUR_DELETE] = neighbour_delete,
		[NET_NEIGHBOUR_REPLACE] = neighbour_replace,
		[NET_RULE_DELETE] = rule_delete,
		[NET_RULE_ADD] = rule_add,
		[NET_ROUTE_DELETE] = route_delete,
		[NET_ROUTE_REPLACE] = route_replace,
	};
	struct line line = { .text = text, .size = size };
	writers[op->kind](&line, op);
	return line.length < size ? 0 : -1;
}
