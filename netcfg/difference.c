/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/difference.h"

#include <linux/if_addr.h>
#include <stdio.h>
#include <sys/socket.h>

#include "netcfg/check.h"
#include "netcfg/ip.h"
#include "netcfg/sysctl.h"
#include "netcfg/wanted.h"

enum { MAX_NAMED = 6, TEXT = 2 * NET_OP_TEXT + 64 };

unsigned net_differences(const struct net_plan *plan) {
	unsigned count = 0;
	for (unsigned n = plan->sent; n < plan->count; n++)
		count += plan->ops[n].origin && !plan->ops[n].again;
	return count;
}

/* What the link has instead: "172.17.0.2/16, 10.0.0.2/24", or "none". */
static void list_addresses(const struct net_state *state, const struct net_op *op, char *text,
			   size_t size) {
	char address[IP_TEXT];
	size_t length = 0;
	(void)snprintf(text, size, "none");
	for (unsigned n = 0; n < state->addresses_count; n++) {
		const struct net_address *a = &state->addresses[n];
		if (a->index != op->index || a->ip.family != op->address.ip.family ||
		    length + IP_TEXT + 2 > size)
			continue;
		length += (size_t)snprintf(text + length, size - length, "%s%s", length ? ", " : "",
					   ip_text_prefix(&a->ip, address));
	}
}

static void say_missing(const struct net_op *op, const struct net_state *state, char *text) {
	char address[IP_TEXT], present[512];
	list_addresses(state, op, present, sizeof present);
	(void)snprintf(text, TEXT, "%s: address %s is missing, it has %s", op->link,
		       ip_text_prefix(&op->address.ip, address), present);
}

static void say_unwanted(const struct net_op *op, char *text) {
	char address[IP_TEXT];
	const char *why = op->address.flags & IFA_F_DADFAILED   ? "is used by another host as well"
			  : op->address.flags & IFA_F_TENTATIVE ? "is tentative"
								: "has other settings";
	(void)snprintf(text, TEXT, "%s: address %s %s", op->link,
		       ip_text_prefix(&op->address.ip, address), why);
}

/* The operation's words without "route replace ". */
static void say_route(const struct net_op *op, const struct net_state *state, char *text) {
	enum { VERB = sizeof "route replace " - 1 };
	char wanted[NET_OP_TEXT], present[NET_OP_TEXT];
	(void)net_op_text(op, wanted, sizeof wanted);
	if (!op->route_before) {
		(void)snprintf(text, TEXT, "route %s is missing", wanted + VERB);
		return;
	}
	struct net_op is = { .kind = NET_ROUTE_REPLACE, .route = *op->route_before };
	const struct net_link *link = net_link_at(state, is.route.index);
	is.link = link ? link->name : NULL;
	(void)net_op_text(&is, present, sizeof present);
	(void)snprintf(text, TEXT, "route is %s, wanted %s",
		       op->route_before->other ? "of another kind" : present + VERB, wanted + VERB);
}

/* The operation itself tells what is wanted. */
static void say_operation(const struct net_op *op, char *text) {
	char words[NET_OP_TEXT];
	(void)net_op_text(op, words, sizeof words);
	(void)snprintf(text, TEXT, "is to be done: %s", words + (*words == '#' ? 2 : 0));
}

static void say_number(const struct net_op *op, const char *what, char *text) {
	(void)snprintf(text, TEXT, "%s: %s is %d, wanted %d", op->link, what, (int)op->before,
		       (int)op->number);
}

static void say(const struct net_op *op, const struct net_state *state, char *text) {
	if (op->kind == NET_LINK_CREATE)
		(void)snprintf(text, TEXT, "%s: is missing", op->link);
	else if (op->kind == NET_LINK_MTU)
		say_number(op, "mtu", text);
	else if (op->kind == NET_LINK_TX_QUEUE)
		say_number(op, "tx-queue", text);
	else if (op->kind == NET_LINK_CONF)
		say_number(op, op->name, text);
	else if (op->kind == NET_SYSCTL)
		(void)snprintf(text, TEXT, "%s: %s is '%s', wanted '%s'", op->link,
			       op->sysctl->pair->key, op->sysctl->before, op->sysctl->pair->value);
	else if (op->kind == NET_LINK_DOWN)
		(void)snprintf(text, TEXT, "%s: is up, wanted down", op->link);
	else if (op->kind == NET_LINK_UP)
		(void)snprintf(text, TEXT, "%s: is down, wanted up", op->link);
	else if (op->kind == NET_ADDRESS_DELETE)
		say_unwanted(op, text);
	else if (op->kind == NET_ADDRESS_ADD)
		say_missing(op, state, text);
	else if (op->kind == NET_ROUTE_REPLACE)
		say_route(op, state, text);
	else
		say_operation(op, text);
}

static bool lacks_ipv6(const struct net_plan *plan, const struct net_state *state) {
	for (unsigned n = 0; n < state->addresses_count; n++)
		if (state->addresses[n].ip.family == AF_INET6)
			return false;
	for (unsigned n = plan->sent; n < plan->count; n++)
		if (plan->ops[n].kind == NET_ADDRESS_ADD &&
		    plan->ops[n].address.ip.family == AF_INET6)
			return true;
	return false;
}

/* Settings that docker can give are named as it wants them. */
static void advise_sysctls(const struct net_plan *plan, struct error *e) {
	char name[NET_SYSCTL_TEXT];
	for (unsigned n = plan->sent; n < plan->count; n++) {
		const struct net_op *op = &plan->ops[n];
		bool file = op->kind == NET_SYSCTL;
		if (!file && op->kind != NET_LINK_CONF)
			continue;
		net_sysctl_name(file ? op->sysctl->pair->key : op->name, op->link, name);
		if (file)
			(void)fail(e, "or docker's --sysctl %s=%s", name, op->sysctl->pair->value);
		else
			(void)fail(e, "or docker's --sysctl %s=%d", name, (int)op->number);
	}
}

/* What has to be said and given for the change to be made here. */
static int advise(const struct net_plan *plan, const struct config *c,
		  const struct net_state *state, struct error *e) {
	const char *mode = c->net.mode == CONFIG_MODE_APPLY ? "" : "'[net] mode = apply'";
	const char *capability = state->may_change ? ""
				 : state->not_root ? "docker's --cap-add NET_ADMIN and --user 0"
						   : "docker's --cap-add NET_ADMIN";
	const char *sysctl = "docker's --sysctl net.ipv6.conf.all.disable_ipv6=0";
	const char *ipv6 = lacks_ipv6(plan, state) ? sysctl : "";
	(void)fail(e, "to allow the change: %s%s%s%s%s", mode, *mode && *capability ? " and " : "",
		   capability, (*mode || *capability) && *ipv6 ? " and " : "", ipv6);
	advise_sysctls(plan, e);
	return -1;
}

void net_name_differences(const struct net_plan *plan, const struct config *c,
			  const struct net_state *state, struct error *e) {
	char text[TEXT], where[NET_WHERE];
	unsigned named = 0, all = net_differences(plan);
	for (unsigned n = plan->sent; n < plan->count && named < MAX_NAMED; n++) {
		const struct net_op *op = &plan->ops[n];
		if (!op->origin || op->again)
			continue;
		say(op, state, text);
		(void)fail(e, "%s%s", text, net_where(c, op->origin, where));
		named++;
	}
	if (named < all)
		(void)fail(e, "and %u more", all - named);
}

int net_report_differences(const struct net_plan *plan, const struct config *c,
			   const struct net_state *state, const struct net_mode *mode,
			   struct error *e) {
	(void)fail(e, "the interfaces are not as configured, and only verified since %s",
		   mode->reason);
	net_name_differences(plan, c, state, e);
	return advise(plan, c, state, e);
}
