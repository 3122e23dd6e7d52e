/* SPDX-License-Identifier: Apache-2.0 */
/* Operations in the words of ip(8). What has ip's own default is not said. */
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "netcfg/encode.h"
#include "netcfg/ip.h"
#include "netcfg/netcfg.h"

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

/* ip(8) guesses the family of "default" from the gateway, and takes IPv4 without one. */
static void say_route(struct line *line, const struct net_op *op) {
	const struct net_route *r = &op->route;
	bool guessable = r->to.family == AF_INET || r->via.family == AF_INET6;
	char text[IP_TEXT];
	say(line, " %s", r->to.prefix == 0 && guessable ? "default" : ip_text_prefix(&r->to, text));
	if (r->via.family)
		say(line, " via %s%s", r->via.family != r->to.family ? "inet6 " : "",
		    ip_text(&r->via, text));
	if (op->link)
		say(line, " dev %s", op->link);
	if (r->src.family)
		say(line, " src %s", ip_text(&r->src, text));
	say_number(line, "metric", r->metric, r->to.family == AF_INET6 ? 1024 : 0);
	say_number(line, "table", r->table, RT_TABLE_MAIN);
	say_number(line, "mtu", r->mtu, 0);
	if (r->onlink)
		say(line, " onlink");
}

static void route_replace(struct line *line, const struct net_op *op) {
	say(line, "route replace");
	say_route(line, op);
}

static void route_delete(struct line *line, const struct net_op *op) {
	say(line, "route del");
	say_route(line, op);
}

static void link_mtu(struct line *line, const struct net_op *op) {
	say(line, "link set dev %s mtu %u", op->link, op->mtu);
}

static void link_up(struct line *line, const struct net_op *op) {
	say(line, "link set dev %s up", op->link);
}

static void link_down(struct line *line, const struct net_op *op) {
	say(line, "link set dev %s down", op->link);
}

int net_op_text(const struct net_op *op, char *text, size_t size) {
	static void (*const writers[])(struct line *, const struct net_op *) = {
		[NET_LINK_MTU] = link_mtu,
		[NET_LINK_DOWN] = link_down,
		[NET_LINK_UP] = link_up,
		[NET_ADDRESS_DELETE] = address_delete,
		[NET_ADDRESS_ADD] = address_add,
		[NET_ROUTE_DELETE] = route_delete,
		[NET_ROUTE_REPLACE] = route_replace,
	};
	struct line line = { .text = text, .size = size };
	writers[op->kind](&line, op);
	return line.length < size ? 0 : -1;
}
