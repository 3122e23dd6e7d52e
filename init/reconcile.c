/* SPDX-License-Identifier: Apache-2.0 */
#include "init/reconcile.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "init/agent_process.h"
#include "init/announce.h"
#include "init/health.h"
#include "init/log.h"
#include "init/loop.h"
#include "init/service.h"
#include "netcfg/kernel.h"
#include "netcfg/netcfg.h"

/* A change is many events: they are looked at together, and the less often the longer they go on.
 * Whoever changes something back and forth with us gets tired of it first. */
enum { SOON = 50, LATEST = 800, QUIET = 1000 };

static const struct config *config;
static struct net_state *network;
static const struct net_mode *mode;
static struct service_list *services;
static bool compares; /* with what is wanted */
static char drift[ERROR_TEXT];
static int64_t pause = SOON, last;

static void tell(enum net_drift found, const struct error *e) {
	bool known = strcmp(drift, e->text) == 0;

	if (found == NET_REPAIRED)
		log_warn("network: repaired: %s", e->text);
	else if (found == NET_JOINED)
		log_info("network: connected: %s", e->text);
	else if (found == NET_FOLLOWED)
		log_info("network: followed: %s", e->text);
	else if (found == NET_DRIFTED && !known)
		log_warn("network: not as configured: %s", e->text);
	else if (found == NET_AS_WANTED && *drift)
		log_warn("network: as configured again");
	(void)snprintf(drift, sizeof(drift), "%s", found == NET_DRIFTED ? e->text : "");
}

static void look(struct loop_timer *);
static void changed(struct loop_watch *, uint32_t events);

static struct loop_timer timer = { .fire = look };
static struct loop_watch watch = { .ready = changed };

static void compare(void) {
	bool repair = config->net.reconcile == CONFIG_RECONCILE_REPAIR;
	struct error e = { 0 };
	enum net_drift found = net_reconcile(network, config, mode, repair, &e);

	tell(found, &e);
	if (found == NET_REPAIRED || found == NET_JOINED)
		announce_start(config, network);
}

static void observe(void) {
	struct error e = { 0 };

	if (net_observe(network, config, &e) < 0)
		log_warn("network: %s", e.text);
	net_settle(network);
}

static void follow(void) {
	if (!service_follow(services, config, network))
		return;
	health_follow(network);
	agent_process_renew();
}

/* What has come until now, this look sees. */
static void look(struct loop_timer *t) {
	(void)t;
	last = loop_now();
	net_kernel_discard(watch.fd);
	(void)loop_watch(&watch, EPOLLIN);
	if (compares)
		compare();
	else
		observe();
	follow();
	loop_rest();
}

/* Nobody listens until the look: a thousand more events in the meantime wake nobody. */
static void changed(struct loop_watch *w, uint32_t events) {
	(void)events;
	loop_forget(w);
	pause = loop_now() - last > QUIET ? SOON : 2 * pause;
	if (pause > LATEST)
		pause = LATEST;
	loop_arm(&timer, pause);
}

static bool expects_any(const struct config *c) {
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next)
		if (i->hotplug || i->members)
			return true;
	return false;
}

/* The first look is for what has changed since the network was set up. */
void reconcile_start(const struct config *c, struct net_state *state, const struct net_mode *m,
		     struct service_list *list) {
	struct error e = { 0 };

	compares = c->interfaces && m->mode != CONFIG_MODE_LEAVE &&
		   (c->net.reconcile != CONFIG_RECONCILE_NO || expects_any(c));
	if (!compares && !service_may_move(list))
		return;
	services = list;
	config = c;
	network = state;
	mode = m;
	watch.fd = net_kernel_listen(false, &e);
	if (watch.fd < 0)
		log_warn("network: changes will not be noticed: %s", e.text);
	else
		loop_arm(&timer, SOON);
}

void reconcile_follow(void) {
	if (compares && network)
		loop_arm(&timer, 0);
}

const char *reconcile_drift(void) {
	return drift;
}
