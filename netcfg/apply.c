/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/apply.h"

#include <errno.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>

#include "netcfg/check.h"
#include "netcfg/decode.h"
#include "netcfg/encode.h"
#include "netcfg/kernel.h"
#include "netcfg/observe.h"
#include "netcfg/sysctl.h"

/* One acknowledgement for a batch, since 256 answers are all that a socket's default buffer holds:
 * so many errors at most come back for one. */
enum { BATCH = 200 };

/* Operations on their way, in the kernel's buffer. The kernel goes on after an error, and answers
 * errors unasked. */
struct batch {
	struct net_kernel *kernel;
	struct net_kernel_reader reader;
	unsigned count;
	size_t used, last; /* bytes; where the last message begins */
};

static int flush(struct batch *b, struct error *e) {
	struct nlmsghdr *last = (struct nlmsghdr *)(b->kernel->buffer + b->last);
	uint32_t end = b->kernel->seq, first = end - b->count + 1;
	size_t used = b->used;
	if (b->count == 0)
		return 0;
	last->nlmsg_flags |= NLM_F_ACK;
	b->count = 0;
	b->used = 0;
	if (net_kernel_send(b->kernel, b->kernel->buffer, used, e) < 0)
		return -1;
	return net_kernel_answers(b->kernel, first, end, &b->reader, e);
}

static void put(struct batch *b, const struct net_op *op) {
	b->last = b->used;
	b->used += net_encode(op, ++b->kernel->seq, b->kernel->buffer + b->used);
	b->count++;
}

static bool full(const struct batch *b) {
	return b->count == BATCH || b->used + NET_MESSAGE > NET_BUFFER;
}

/* What has become of a plan. */
struct outcome {
	struct net_plan *plan;
	struct net_state *state;
	bool asks; /* for the carriers of links that came up */
	uint32_t first_seq; /* of ops[first] */
	unsigned first;
	unsigned refused, worst; /* how many, and the first of them */
	struct net_refusal why;
};

/* What is to go and is not there has gone; and a rule that is there twice would be no other. */
static bool is_so_already(const struct net_op *op, int number) {
	static const bool deletes[] = {
		[NET_LINK_DELETE] = true,      [NET_ADDRESS_DELETE] = true,
		[NET_NEIGHBOUR_DELETE] = true, [NET_ROUTE_DELETE] = true,
		[NET_RULE_DELETE] = true,      [NET_RULE_ADD] = false,
	};
	if (op->kind == NET_RULE_ADD)
		return number == EEXIST;
	return deletes[op->kind] &&
	       (number == ESRCH || number == EADDRNOTAVAIL || number == ENODEV || number == ENOENT);
}

static void refused(void *context, uint32_t seq, const struct net_refusal *why) {
	struct outcome *o = context;
	unsigned n = o->first + (seq - o->first_seq);
	if (n >= o->plan->count || is_so_already(&o->plan->ops[n], why->number))
		return;
	o->plan->ops[n].refused = true;
	if (o->refused++ > 0)
		return;
	o->worst = n;
	o->why = *why;
}

static void link_seen(void *context, const struct nlmsghdr *message) {
	net_meet_link(((struct outcome *)context)->state, message);
}

static void nobody_minds(void *context, uint32_t seq, const struct net_refusal *why) {
	(void)context;
	(void)seq;
	(void)why;
}

static void nobody_looks(void *context, const struct nlmsghdr *message) {
	(void)context;
	(void)message;
}

/* A file, in its turn; where it can't be written, perhaps by a message all the same. It takes a
 * number of those of messages. */
static int put_sysctl(struct batch *b, const struct net_op *op, struct error *e) {
	struct net_refusal why = { 0 };
	if (flush(b, e) < 0)
		return -1;
	if (net_sysctl_write(op->sysctl, op->back) < 0)
		why.number = errno;
	if (why.number && net_sysctl_parameter(op->sysctl)) {
		put(b, op);
		return 0;
	}
	b->kernel->seq++;
	if (why.number)
		b->reader.refused(b->reader.context, b->kernel->seq, &why);
	return 0;
}

static int put_any(struct batch *b, const struct net_op *op, struct error *e) {
	if (full(b) && flush(b, e) < 0)
		return -1;
	if (op->kind == NET_SYSCTL)
		return put_sysctl(b, op, e);
	put(b, op);
	return 0;
}

static bool may_lack_carrier(const struct net_state *state, const struct net_op *op) {
	const struct net_link *link = net_link_at(state, op->index);
	return op->kind == NET_LINK_UP && !op->created && link && !(link->flags & IFF_LOOPBACK);
}

/* Whether a link that came up has its carrier is asked for with the plan itself: then it mostly
 * need not be waited for, nor looked for anew. */
static int ask_for_links(struct batch *b, const struct outcome *o, struct error *e) {
	for (unsigned n = o->first; o->asks && n < o->plan->sent; n++) {
		const struct net_op *op = &o->plan->ops[n];
		if (!may_lack_carrier(o->state, op))
			continue;
		if (full(b) && flush(b, e) < 0)
			return -1;
		b->last = b->used;
		b->used += net_put_link_request(op->index, ++b->kernel->seq,
						b->kernel->buffer + b->used);
		b->count++;
	}
	return 0;
}

/* Ends with a batch that holds something refused. */
static int send_all(struct batch *b, struct outcome *o, bool persist, struct error *e) {
	struct net_plan *plan = o->plan;
	while (plan->sent < plan->count && (persist || !o->refused))
		if (put_any(b, &plan->ops[plan->sent++], e) < 0)
			return -1;
	return ask_for_links(b, o, e) < 0 ? -1 : flush(b, e);
}

/* Backwards; then again what our own deletions may have taken along. */
void net_undo(struct net_kernel *k, struct net_plan *plan) {
	struct batch b = { .kernel = k, .reader = { nobody_minds, nobody_looks, NULL } };
	struct error ignored = { 0 };
	struct net_op inverse;
	for (unsigned n = plan->sent; n-- > 0;)
		if (!plan->ops[n].refused && net_inverse(&plan->ops[n], &inverse))
			(void)put_any(&b, &inverse, &ignored);
	for (unsigned n = 0; n < plan->sent; n++)
		if (plan->ops[n].again)
			(void)put_any(&b, &plan->ops[n], &ignored);
	(void)flush(&b, &ignored);
}

/* What the kernel's words mean to who wrote the configuration. */
static const char *advice(const struct net_op *op, int number) {
	static const struct {
		int number;
		enum net_op_kind kind;
		const char *text;
	} all[] = {
		{ ENETUNREACH, NET_ROUTE_REPLACE,
		  "the gateway is in no configured subnet; add 'onlink' or an address" },
		{ EHOSTUNREACH, NET_ROUTE_REPLACE,
		  "the gateway is in no configured subnet; add 'onlink' or an address" },
		{ ENETDOWN, NET_ROUTE_REPLACE, "the interface is down" },
		{ EACCES, NET_ADDRESS_ADD,
		  "IPv6 is disabled by sysctl (docker: --sysctl "
		  "net.ipv6.conf.all.disable_ipv6=0)" },
		{ EOPNOTSUPP, NET_LINK_CREATE, "this kernel has no support for kind " },
		{ EOPNOTSUPP, NET_LINK_MASTER, "that is no bridge" },
		{ EEXIST, NET_LINK_CREATE, "something else has its name, or its vni and port" },
		{ EADDRINUSE, NET_LINK_UP, "its UDP port is taken" },
		{ EROFS, NET_SYSCTL, "docker: --sysctl " },
	};
	if (number == EPERM)
		return "needs CAP_NET_ADMIN (docker: --cap-add NET_ADMIN)";
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].number == number && all[i].kind == op->kind)
			return all[i].text;
	return NULL;
}

/* What belongs behind an advice that ends with a blank. */
static const char *about(const struct net_op *op, const char *words) {
	if (op->kind == NET_LINK_CREATE)
		return op->create->kind;
	return strrchr(words, ' ') + 1;
}

static int explain(const struct config *c, const struct outcome *o, struct error *e) {
	const struct net_op *op = &o->plan->ops[o->worst];
	char text[NET_OP_TEXT], where[NET_WHERE];
	const char *hint = advice(op, o->why.number), *words = text;
	(void)net_op_text(op, text, sizeof text);
	if (*words == '#')
		words += 2;
	errno = o->why.number;
	(void)fail(e, "%s%s: %m%s%s", words, net_where(c, op->origin, where),
		   *o->why.sentence ? ": " : "", o->why.sentence);
	if (hint)
		(void)fail(e, "%s%s", hint,
			   strlen(hint) && hint[strlen(hint) - 1] == ' ' ? about(op, words) : "");
	if (o->refused > 1)
		(void)fail(e, "%u more operations failed", o->refused - 1);
	return -1;
}

int net_send_plan(struct net_kernel *k, const struct config *c, struct net_state *state,
		  struct net_plan *plan, bool persist, struct error *e) {
	struct outcome o = { .plan = plan,
			     .state = state,
			     .asks = c->net.wait > 0,
			     .first = plan->sent,
			     .first_seq = k->seq + 1 };
	struct batch b = { .kernel = k, .reader = { refused, link_seen, &o } };
	int result = send_all(&b, &o, persist, e);
	return result == 0 && o.refused ? explain(c, &o, e) : result;
}
