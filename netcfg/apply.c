/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/apply.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "config/memory.h"
#include "netcfg/check.h"
#include "netcfg/decode.h"
#include "netcfg/encode.h"
#include "netcfg/kernel.h"

/* One acknowledgement for a batch, since 256 answers are all that a socket's default buffer holds:
 * so many errors at most come back for one. */
enum { BATCH = 200 };

/* Operations on their way, in the kernel's buffer. The kernel goes on after an error, and answers
 * errors unasked. */
struct batch {
	struct net_kernel *kernel;
	net_kernel_refused *refused;
	void *context;
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
	return net_kernel_answers(b->kernel, first, end, b->refused, b->context, e);
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
	const struct net_plan *plan;
	uint32_t first_seq; /* of the plan's first operation */
	unsigned sent, refused;
	unsigned worst; /* the first that was refused: the others may be its consequences */
	struct net_refusal why;
	uint8_t refusals[NET_MAX_OPS / 8 + 1];
};

static bool was_refused(const struct outcome *o, unsigned n) {
	return o->refusals[n / 8] >> n % 8 & 1;
}

/* What is to go and is not there has gone. */
static bool gone_already(const struct net_op *op, int number) {
	bool deletion = op->kind == NET_ADDRESS_DELETE || op->kind == NET_ROUTE_DELETE;
	return deletion &&
	       (number == ESRCH || number == EADDRNOTAVAIL || number == ENODEV || number == ENOENT);
}

static void refused(void *context, uint32_t seq, const struct net_refusal *why) {
	struct outcome *o = context;
	unsigned n = seq - o->first_seq;
	if (n >= o->plan->count || gone_already(&o->plan->ops[n], why->number))
		return;
	o->refusals[n / 8] |= (uint8_t)(1U << n % 8);
	if (o->refused++ > 0)
		return;
	o->worst = n;
	o->why = *why;
}

static void nobody_minds(void *context, uint32_t seq, const struct net_refusal *why) {
	(void)context;
	(void)seq;
	(void)why;
}

static int send_all(struct batch *b, struct outcome *o, bool persist, struct error *e) {
	while (o->sent < o->plan->count && (persist || !o->refused)) {
		while (o->sent < o->plan->count && !full(b))
			put(b, &o->plan->ops[o->sent++]);
		if (flush(b, e) < 0)
			return -1;
	}
	return 0;
}

/* Backwards; then again what our own deletions may have taken along. */
static void undo(struct batch *b, const struct outcome *o) {
	struct error ignored = { 0 };
	struct net_op inverse;
	b->refused = nobody_minds;
	for (unsigned n = o->sent; n-- > 0;) {
		if (!was_refused(o, n) && net_inverse(&o->plan->ops[n], &inverse))
			put(b, &inverse);
		if (full(b) && flush(b, &ignored) < 0)
			return;
	}
	for (unsigned n = 0; n < o->sent; n++) {
		if (o->plan->ops[n].again)
			put(b, &o->plan->ops[n]);
		if (full(b) && flush(b, &ignored) < 0)
			return;
	}
	(void)flush(b, &ignored);
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
	};
	if (number == EPERM)
		return "needs CAP_NET_ADMIN (docker: --cap-add NET_ADMIN)";
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i].number == number && all[i].kind == op->kind)
			return all[i].text;
	return NULL;
}

static int explain(const struct config *c, const struct outcome *o, struct error *e) {
	const struct net_op *op = &o->plan->ops[o->worst];
	char text[NET_OP_TEXT], where[NET_WHERE];
	const char *hint = advice(op, o->why.number);
	(void)net_op_text(op, text, sizeof text);
	errno = o->why.number;
	(void)fail(e, "%s%s: %m%s%s%s%s", text, net_where(c, op->origin, where),
		   *o->why.sentence ? ": " : "", o->why.sentence, hint ? "; " : "",
		   hint ? hint : "");
	if (o->refused > 1)
		(void)fail(e, "%u more operations failed", o->refused - 1);
	return -1;
}

int net_send_plan(struct net_kernel *k, const struct config *c, const struct net_plan *plan,
		  struct error *e) {
	static struct outcome o;
	struct batch b = { .kernel = k, .refused = refused, .context = &o };
	bool persist = c->net.on_error == CONFIG_WARN;

	o.plan = plan;
	o.first_seq = k->seq + 1;
	o.sent = o.refused = 0;
	memset(o.refusals, 0, plan->count / 8 + 1);

	int result = send_all(&b, &o, persist, e);
	if (result == 0 && o.refused)
		result = explain(c, &o, e);
	if (result == 0 || persist)
		return result;
	undo(&b, &o);
	return fail(e, "what had been done was taken back");
}

int net_apply(const struct config *c, const struct net_plan *plan, struct error *e) {
	static MEMORY_BULK struct net_kernel k;
	if (plan->count == 0)
		return 0;
	if (net_kernel_open(&k, e) < 0)
		return -1;
	int result = net_send_plan(&k, c, plan, e);
	net_kernel_close(&k);
	return result;
}
