/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/wait.h"

#include <linux/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netcfg/check.h"
#include "netcfg/difference.h"
#include "netcfg/kernel.h"
#include "netcfg/observe.h"
#include "netcfg/select.h"

typedef bool enough(struct setup *);

static bool interfaces_there(struct setup *s) {
	return net_check(s->c, s->state, NULL) != NET_MISSING;
}

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
	const struct net_link *link = net_link_of(state, i);
	if (!link && i->hotplug)
		return false;
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

static bool as_wanted(struct setup *s) {
	return net_plan(s->plan, s->c, s->state, NULL) == 0 && net_differences(s->plan) == 0;
}

static bool settled(struct setup *s) {
	return net_check_settled(s->c, s->state, NULL) != NET_MISSING;
}

/* Observes anew with each event until enough. Listens before it looks, so that nothing is missed.
 * What else wakes us does not begin the wait again. */
static int wait_until(struct setup *s, enough *done, struct error *e) {
	int result, wake = s->wake ? s->wake->descriptor() : -1;
	int events = net_kernel_listen(false, e);
	if (events < 0)
		return -1;
	if (!s->deadline)
		s->deadline = net_kernel_now() + s->c->net.wait;
	do {
		result = net_read(s->kernel, s->state, s->c, e);
		if (result < 0 || done(s))
			break;
		do
			result = net_kernel_wait(events, s->deadline, wake);
		while (result == NET_KERNEL_WOKEN && s->wake && !s->wake->come());
	} while (result == 1);
	(void)close(events);
	return result == NET_KERNEL_WOKEN ? NET_WOKEN : result;
}

static int wait_unless(struct setup *s, enough *done, struct error *e) {
	return s->c->net.wait <= 0 || done(s) ? 0 : wait_until(s, done, e);
}

int wait_for_interfaces(struct setup *s, struct error *e) {
	return wait_unless(s, interfaces_there, e);
}

int wait_for_others(struct setup *s, struct error *e) {
	return others_at_work(s) ? wait_unless(s, as_wanted, e) : 0;
}

int wait_for_kernel(struct setup *s, struct error *e) {
	return wait_unless(s, settled, e);
}
