/* SPDX-License-Identifier: Apache-2.0 */
/* The whole way: observe, decide, wait, plan, apply, observe again, wait for the kernel. */
#include <linux/if_addr.h>
#include <net/if.h>
#include <stdalign.h>
#include <string.h>
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
#include "netcfg/select.h"
#include "netcfg/wait.h"

/* A deletion may take along what was as wanted when it was planned: the second round sets it
 * again. What is not so after the third never will be. */
enum { MAX_ROUNDS = 3 };

/* What only the configuring needs, on pages of its own. */
static MEMORY_BULK struct {
	alignas(MEMORY_PAGE) struct net_kernel kernel;
	bool noted; /* the state's addresses are what they should be now: nobody has looked */
	struct net_plan plan;
} work;

static int say_waited(const struct setup *s, struct error *e) {
	if (s->deadline && net_kernel_now() >= s->deadline)
		(void)fail(e, "waited %lld ms for it", (long long)s->c->net.wait);
	return -1;
}

static int verify(struct setup *s, const struct net_mode *mode, struct error *e) {
	if (net_plan(s->plan, s->c, s->state, e) < 0)
		return say_waited(s, e);
	if (net_differences(s->plan) == 0)
		return 0;
	return net_report_differences(s->plan, s->c, s->state, mode, e);
}

static int not_taken(const struct setup *s, struct error *e) {
	const struct net_op *op = &s->plan->ops[s->plan->sent];
	char text[NET_OP_TEXT], where[NET_WHERE];
	(void)net_op_text(op, text, sizeof text);
	return fail(e, "%s%s: the kernel accepted it, but it is not so", text,
		    net_where(s->c, op->origin, where));
}

/* Of each [interface] that may come and go, in their order: the index of the link that was as
 * wanted; 0: there is none. */
static MEMORY_BULK int joined[CONFIG_INTERFACES];

static unsigned place_of(const struct config *c, const struct config_interface *i) {
	unsigned place = 0;
	for (const struct config_interface *j = c->interfaces; j != i; j = j->head.next)
		place++;
	return place;
}

/* A reconnected network is another link; what we make gets the same number again. */
static bool is_new(const struct setup *s, const struct config_interface *i) {
	const struct net_link *link = i && i->hotplug ? net_link_of(s->state, i) : NULL;
	return link && (link->create || joined[place_of(s->c, i)] != link->index);
}

/* Once a plan asks for nothing more of them. */
static void note_joined(const struct setup *s) {
	const struct config_interface *i = s->c->interfaces;
	for (unsigned place = 0; i; i = i->head.next, place++) {
		bool asked = net_check_interface(s->c, i, s->state, NULL) != 0;
		for (unsigned n = s->plan->sent; n < s->plan->count; n++)
			asked |= s->plan->ops[n].interface == i;
		if (net_is_away(s->c, i, s->state))
			joined[place] = 0;
		else if (i->hotplug && !asked)
			joined[place] = net_link_of(s->state, i)->index;
	}
}

/* Whether the members of a service are what has changed. */
static bool follows(const struct net_op *op) {
	bool neighbour = op->kind == NET_NEIGHBOUR_REPLACE || op->kind == NET_NEIGHBOUR_DELETE;
	return neighbour && op->interface && op->interface->members;
}

static bool may_be_done(const struct setup *s, const struct net_op *op) {
	return (op->created || !s->only_created) &&
	       (!s->only_new || follows(op) || is_new(s, op->interface));
}

static void keep_allowed(const struct setup *s) {
	struct net_plan *plan = s->plan;
	unsigned kept = plan->sent;
	for (unsigned n = plan->sent; n < plan->count; n++)
		if (may_be_done(s, &plan->ops[n]))
			plan->ops[kept++] = plan->ops[n];
	plan->count = kept;
}

/* Whether somebody may ask for the addresses of lo, which are only taken where they are named. */
static bool asks_for_loopback(const struct config *c) {
	for (const struct config_service *s = c->services; s; s = s->head.next)
		for (const struct config_word *a = s->address; a; a = a->head.next)
			if (strncmp(a->text, "lo", 2) == 0 || strchr(a->text, '/'))
				return true;
	return c->checks;
}

/* The kernel gives lo its addresses as it comes up. */
static bool brings_addresses(const struct setup *s, const struct net_op *op) {
	const struct net_link *link =
		op->kind == NET_LINK_UP ? net_link_at(s->state, op->index) : NULL;
	return link && link->flags & IFF_LOOPBACK && asks_for_loopback(s->c);
}

/* Whether it is enough that the kernel acknowledged the plan: nothing was taken away, which might
 * have taken along more, made or named anew; and nobody waits for the end of a detection. */
static bool is_enough(const struct setup *s, unsigned first) {
	static const bool additions[] = {
		[NET_LINK_MAC] = true, [NET_LINK_MTU] = true,      [NET_LINK_CONF] = true,
		[NET_LINK_UP] = true,  [NET_ADDRESS_ADD] = true,   [NET_NEIGHBOUR_REPLACE] = true,
		[NET_RULE_ADD] = true, [NET_ROUTE_REPLACE] = true,
	};
	for (unsigned n = first; n < s->plan->count; n++) {
		const struct net_op *op = &s->plan->ops[n];
		bool detection = op->kind == NET_ADDRESS_ADD && op->address.ip.family == AF_INET6 &&
				 !(op->address.flags & IFA_F_NODAD);
		if (!additions[op->kind] || detection || brings_addresses(s, op))
			return false;
	}
	return s->hasty;
}

/* One round. Returns 1 if there may be more to do, 0 if there is not. What can't be had at all is
 * told the first time; the rest is done if a warning is enough. */
static int apply_once(struct setup *s, unsigned round, struct error *e) {
	struct error told = { 0 };
	unsigned first = s->plan->sent;
	int planned = net_plan(s->plan, s->c, s->state, round > 0 ? &told : e);
	if (planned < 0 && !s->persists)
		return say_waited(s, e);
	keep_allowed(s);
	if (s->plan->count == first)
		return planned;
	if (round == MAX_ROUNDS)
		return not_taken(s, e);
	s->state->changed = true;
	int sent = net_send_plan(s->kernel, s->c, s->state, s->plan, s->persists, e);
	if (sent == 0 && is_enough(s, first)) {
		net_note_addresses(s->state, s->plan);
		work.noted = true;
		return planned;
	}
	return net_read(s->kernel, s->state, s->c, e) < 0 || sent < 0 ? -1 : 1;
}

static int apply(struct setup *s, struct error *e) {
	int result = 1;
	for (unsigned round = 0; result == 1; round++)
		result = apply_once(s, round, e);
	return result;
}

static int settle(struct setup *s, struct error *e) {
	int result = wait_for_kernel(s, e);
	if (result != 0)
		return result;
	result = net_check_settled(s->c, s->state, e);
	return result == NET_MISSING ? say_waited(s, e) : result;
}

static int change(struct setup *s, const struct net_mode *mode, struct error *e) {
	bool all = mode->mode == CONFIG_MODE_APPLY;
	s->only_created = !all;
	int result = all || mode->creates ? apply(s, e) : 0;
	if (!all && result == 0)
		result = wait_for_others(s, e);
	if (!all && result == 0)
		result = verify(s, mode, e);
	if (result == 0)
		result = settle(s, e);
	if (result >= 0 || s->persists || s->plan->sent == 0)
		return result;
	net_undo(s->kernel, s->plan);
	return fail(e, "what had been done was taken back");
}

static int configure(struct setup *s, struct net_mode *mode, struct error *e) {
	net_read_surroundings(s->state, s->c);
	s->state->changed = false;
	s->plan->sent = 0;
	if (net_read(s->kernel, s->state, s->c, e) < 0)
		return -1;
	if (!s->c->interfaces && s->c->net.mode != CONFIG_MODE_APPLY)
		return 0;
	*mode = net_decide(s->c, s->state);
	if (mode->mode == CONFIG_MODE_LEAVE)
		return 0;
	int result = wait_for_interfaces(s, e);
	return result != 0 ? result : change(s, mode, e);
}

/* Where the machine's pages are bigger than ours, others' data may be on them as well. */
static void give_back(struct net_state *state) {
	size_t routes = sizeof *state - offsetof(struct net_state, routes);
	net_forget_wanted_links(state);
	if (getauxval(AT_PAGESZ) != MEMORY_PAGE)
		return;
	state->routes_count = state->found_count = state->neighbours_count = 0;
	state->rules_count = state->sysctls_count = 0;
	(void)madvise(&work, sizeof work, MADV_DONTNEED);
	(void)madvise(state->routes, routes, MADV_DONTNEED);
}

void net_settle(struct net_state *state) {
	struct error ignored = { 0 };
	if (work.noted)
		(void)net_read_addresses(&work.kernel, state, &ignored);
	if (work.kernel.fd > 0) /* 0: there was none yet */
		net_kernel_close(&work.kernel);
	work.noted = false;
	give_back(state);
}

int net_configure(struct net_state *state, const struct config *c, struct net_mode *mode,
		  const struct net_wake *wake, struct error *e) {
	struct setup s = {
		.kernel = &work.kernel,
		.state = state,
		.plan = &work.plan,
		.c = c,
		.wake = wake,
		.persists = c->net.on_error == CONFIG_WARN,
		.hasty = true,
	};
	*mode = (struct net_mode){ CONFIG_MODE_LEAVE, false, "no [interface] is configured" };
	if (!c->interfaces && !c->services && c->net.mode != CONFIG_MODE_APPLY)
		return 0;
	if (net_kernel_open(&work.kernel, e) < 0)
		return -1;
	int result = configure(&s, mode, e);
	if (result == 0)
		note_joined(&s);
	else
		net_kernel_close(&work.kernel);
	return result;
}

/* Whether all that is to be done is about interfaces that have come, or about members. */
static enum net_drift reason(const struct setup *s) {
	bool joins = true, all_follow = true;
	for (unsigned n = s->plan->sent; n < s->plan->count; n++) {
		joins &= is_new(s, s->plan->ops[n].interface);
		all_follow &= follows(&s->plan->ops[n]);
	}
	return joins ? NET_JOINED : all_follow ? NET_FOLLOWED : NET_REPAIRED;
}

static enum net_drift repair_drift(struct setup *s, bool possible, struct error *e) {
	enum net_drift done = possible ? reason(s) : NET_REPAIRED;
	struct error told = { 0 };
	(void)apply(s, &told);
	bool planned = net_plan(s->plan, s->c, s->state, NULL) == 0;
	note_joined(s);
	if (planned && net_differences(s->plan) == 0)
		return done;
	if (possible && told.len)
		(void)fail(e, "%s", told.text);
	return NET_DRIFTED;
}

static enum net_drift look_again(struct setup *s, const struct net_mode *mode, struct error *e) {
	s->only_created = mode->mode != CONFIG_MODE_APPLY;
	if (net_read(s->kernel, s->state, s->c, e) < 0)
		return NET_DRIFTED;
	bool possible = net_plan(s->plan, s->c, s->state, e) == 0;
	if (possible && net_differences(s->plan) == 0) {
		note_joined(s);
		return NET_AS_WANTED;
	}
	net_name_differences(s->plan, s->c, s->state, e);
	if (s->only_created && !mode->creates)
		return NET_DRIFTED;
	return repair_drift(s, possible, e);
}

enum net_drift net_reconcile(struct net_state *state, const struct config *c,
			     const struct net_mode *mode, bool repair, struct error *e) {
	struct setup s = {
		.kernel = &work.kernel,
		.state = state,
		.plan = &work.plan,
		.c = c,
		.persists = true,
		.only_new = !repair,
	};
	if (net_kernel_open(&work.kernel, e) < 0)
		return NET_DRIFTED;
	state->changed = false;
	work.plan.sent = 0;
	enum net_drift drift = look_again(&s, mode, e);
	net_kernel_close(&work.kernel);
	give_back(state);
	return drift;
}
