/* SPDX-License-Identifier: Apache-2.0 */
/* The whole way: observe, decide, wait, plan, apply, observe again. */
#include <linux/if.h>
#include <stdalign.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "config/memory.h"
#include "netcfg/apply.h"
#include "netcfg/check.h"
#include "netcfg/difference.h"
#include "netcfg/kernel.h"
#include "netcfg/netcfg.h"
#include "netcfg/observe.h"

/* A deletion may take along what was as wanted when it was planned: the second round sets it
 * again. What is not so after the third never will be. */
enum { MAX_ROUNDS = 3 };

/* The one configuration in progress. */
struct setup {
	struct net_kernel *kernel;
	struct net_state *state;
	const struct config *c;
	struct net_mode *mode;
	int (*wake)(void);
};

/* What only the configuring needs, on pages of its own. */
static MEMORY_BULK struct {
	alignas(MEMORY_PAGE) struct net_kernel kernel;
	struct net_plan plan;
} work;

static bool noted; /* the state's addresses are what they should be now: nobody has looked */

static bool has_family(const struct net_state *state, int index, uint8_t family) {
	for (unsigned n = 0; n < state->addresses_count; n++)
		if (state->addresses[n].index == index && state->addresses[n].ip.family == family)
			return true;
	return false;
}

/* lo has ::1 unless IPv6 is off, and then there is nothing to wait for. */
static bool may_come(const struct net_state *state, uint8_t family) {
	for (unsigned n = 0; n < state->addresses_count; n++)
		if (state->addresses[n].ip.family == family)
			return true;
	return family == AF_INET;
}

/* Whether somebody else is still at work on the interface: it is not there, not up, or has no
 * address at all of a family that it is to have one of. */
static bool in_progress(const struct config_interface *i, const struct net_state *state) {
	const struct net_link *link = net_link_named(state, i->head.name);
	if (!link || (i->up && !(link->flags & IFF_UP)))
		return true;
	for (const struct config_address *a = i->addresses; a; a = a->head.next)
		if (!has_family(state, link->index, a->ip.family) && may_come(state, a->ip.family))
			return true;
	return false;
}

static bool others_at_work(const struct setup *s) {
	for (const struct config_interface *i = s->c->interfaces; i; i = i->head.next)
		if (in_progress(i, s->state))
			return true;
	return false;
}

static bool interfaces_there(struct setup *s) {
	return net_complete(s->c, s->state);
}

static bool as_wanted(struct setup *s) {
	struct error ignored = { 0 };
	return net_plan(&work.plan, s->c, s->state, &ignored) == 0 &&
	       net_differences(&work.plan) == 0;
}

/* Observes anew with each event until enough. Listens before it looks, so that nothing is missed.
 * Too late is no failure: what is missing then is told by the plan. */
static int wait_until(struct setup *s, bool (*enough)(struct setup *), struct error *e) {
	static MEMORY_BULK struct net_kernel events;
	int64_t deadline = net_kernel_now() + s->c->net.wait;
	int result = 1, wake = s->wake ? s->wake() : -1;
	if (net_kernel_listen(&events, e) < 0)
		return -1;
	while (result == 1) {
		result = net_read(s->kernel, s->state, s->c, e);
		if (result < 0 || enough(s))
			break;
		result = net_kernel_wait(&events, deadline, wake);
	}
	net_kernel_close(&events);
	return result == NET_KERNEL_WOKEN ? NET_WOKEN : result;
}

/* Without the interfaces neither mode can go on. When somebody else sets them up, what we verify
 * is what it will be like when he has done; when all is there, and is different, it stays so. */
static int wait_for_others(struct setup *s, struct error *e) {
	bool verify = s->mode->mode == CONFIG_MODE_VERIFY;
	if (verify ? !others_at_work(s) : interfaces_there(s))
		return 0;
	if (s->c->net.wait <= 0)
		return 0;
	return wait_until(s, verify ? as_wanted : interfaces_there, e);
}

static int plan_now(struct setup *s, struct error *e) {
	if (net_plan(&work.plan, s->c, s->state, e) == 0)
		return 0;
	if (!interfaces_there(s) && s->c->net.wait > 0)
		(void)fail(e, "waited %lld ms for it", (long long)s->c->net.wait);
	return -1;
}

static int verify(struct setup *s, struct error *e) {
	if (plan_now(s, e) < 0)
		return -1;
	if (net_differences(&work.plan) == 0)
		return 0;
	return net_report_differences(&work.plan, s->c, s->state, s->mode, e);
}

static int not_taken(struct setup *s, struct error *e) {
	char text[NET_OP_TEXT], where[NET_WHERE];
	(void)net_op_text(&work.plan.ops[0], text, sizeof text);
	return fail(e, "%s%s: the kernel accepted it, but it is not so", text,
		    net_where(s->c, work.plan.ops[0].origin, where));
}

/* The kernel gives lo its addresses as it comes up, and a service may be about them. */
static bool brings_up_lo(const struct net_state *state, const struct net_op *op) {
	const struct net_link *link = net_link_at(state, op->index);
	return link && link->flags & IFF_LOOPBACK;
}

/* Whether it is enough that the kernel acknowledged the plan: nothing was taken away, which might
 * have taken along more. */
static bool is_enough(const struct setup *s) {
	for (unsigned n = 0; n < work.plan.count; n++)
		switch (work.plan.ops[n].kind) {
		case NET_LINK_DOWN:
		case NET_ADDRESS_DELETE:
		case NET_ROUTE_DELETE:
			return false;
		case NET_LINK_UP:
			if (s->c->services && brings_up_lo(s->state, &work.plan.ops[n]))
				return false;
			break;
		case NET_LINK_MTU:
		case NET_ADDRESS_ADD:
		case NET_ROUTE_REPLACE:
			break;
		}
	return true;
}

static int apply(struct setup *s, struct error *e) {
	if (plan_now(s, e) < 0)
		return -1;
	for (unsigned round = 0; work.plan.count > 0; round++) {
		if (round == MAX_ROUNDS)
			return not_taken(s, e);
		int sent = net_send_plan(s->kernel, s->c, &work.plan, e);
		if (sent == 0 && is_enough(s)) {
			net_note_addresses(s->state, &work.plan);
			noted = true;
			return 0;
		}
		if (net_read(s->kernel, s->state, s->c, e) < 0 || sent < 0 || plan_now(s, e) < 0)
			return -1;
	}
	return 0;
}

static int configure(struct setup *s, struct error *e) {
	if (s->c->net.mode != CONFIG_MODE_APPLY)
		net_read_surroundings(s->state);
	if (net_read(s->kernel, s->state, s->c, e) < 0)
		return -1;
	if (!s->c->interfaces && s->c->net.mode != CONFIG_MODE_APPLY)
		return 0;
	*s->mode = net_decide(s->c, s->state);
	if (s->mode->mode == CONFIG_MODE_LEAVE)
		return 0;
	int result = wait_for_others(s, e);
	if (result != 0)
		return result;
	return s->mode->mode == CONFIG_MODE_VERIFY ? verify(s, e) : apply(s, e);
}

/* Where the machine's pages are bigger than ours, others' data may be on them as well. */
static void give_back(struct net_state *state) {
	size_t routes = sizeof *state - offsetof(struct net_state, routes);
	if (getauxval(AT_PAGESZ) != MEMORY_PAGE)
		return;
	state->routes_count = state->found_count = 0;
	(void)madvise(&work, sizeof work, MADV_DONTNEED);
	(void)madvise(state->routes, routes, MADV_DONTNEED);
}

void net_settle(struct net_state *state) {
	struct error ignored = { 0 };
	if (noted)
		(void)net_read_addresses(&work.kernel, state, &ignored);
	if (work.kernel.fd > 0) /* 0: there was none yet */
		net_kernel_close(&work.kernel);
	noted = false;
	give_back(state);
}

int net_configure(struct net_state *state, const struct config *c, struct net_mode *mode,
		  int (*wake)(void), struct error *e) {
	struct setup s = {
		.kernel = &work.kernel, .state = state, .c = c, .mode = mode, .wake = wake
	};
	*mode = (struct net_mode){ CONFIG_MODE_LEAVE, "no [interface] is configured" };
	if (!c->interfaces && !c->services && c->net.mode != CONFIG_MODE_APPLY)
		return 0;
	if (net_kernel_open(&work.kernel, e) < 0)
		return -1;
	int result = configure(&s, e);
	if (result != 0)
		net_kernel_close(&work.kernel);
	return result;
}
