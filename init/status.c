/* SPDX-License-Identifier: Apache-2.0 */
#include "init/status.h"

#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "config/ip.h"
#include "init/agent_process.h"
#include "init/app.h"
#include "init/control.h"
#include "init/dependency.h"
#include "init/health.h"
#include "init/job.h"
#include "init/lifecycle.h"
#include "init/log.h"
#include "init/page.h"
#include "init/ready.h"
#include "init/reconcile.h"
#include "init/verdict.h"

static const struct config *config;
static const struct port_list *ports;
static const struct net_state *network;
static const struct net_mode *network_mode;
static const struct service_list *services;

static const char *const modes[] = {
	[CONFIG_MODE_AUTO] = "auto",
	[CONFIG_MODE_APPLY] = "apply",
	[CONFIG_MODE_VERIFY] = "verify",
	[CONFIG_MODE_LEAVE] = "leave",
};

static const char *const states[] = {
	[MESSAGE_OFF] = "off",
	[MESSAGE_TRYING] = "trying",
	[MESSAGE_LISTED] = "listed",
	[MESSAGE_GONE] = "gone",
};

static void tell_application(struct page *p) {
	page_single(p, "application");
	page_text(p, "program", app_program());
	page_number(p, "pid", app_pid());
	page_number(p, "restarts", verdict_restarts());
	page_number(p, "age-ms", app_age());
	page_item_end(p);
}

static void tell_ports(struct page *p) {
	page_list(p, "ports");
	for (unsigned i = 0; i < ports->count; i++) {
		const struct port *port = &ports->items[i];

		page_item(p, "port", port->config->head.name);
		page_number(p, "number", port->number);
		page_text(p, "protocol", port->config->protocol == CONFIG_TCP ? "tcp" : "udp");
		page_text(p, "from", *port->variable ? port->variable : "configuration");
		page_item_end(p);
	}
	page_list_end(p);
}

/* "10.0.0.2/24 fd00::2/64" */
static void list_addresses(int index, char *text, size_t size) {
	size_t len = 0;

	*text = '\0';
	for (unsigned i = 0; i < network->addresses_count && len < size; i++) {
		const struct net_address *a = &network->addresses[i];
		char ip[IP_TEXT];

		if (a->index == index)
			len += (size_t)snprintf(text + len, size - len, "%s%s", len ? " " : "",
						ip_text_prefix(&a->ip, ip));
	}
}

static void tell_interfaces(struct page *p) {
	page_list(p, "interfaces");
	for (unsigned i = 0; i < network->links_count; i++) {
		const struct net_link *l = &network->links[i];
		char addresses[1024];

		list_addresses(l->index, addresses, sizeof(addresses));
		page_item(p, "interface", l->name);
		page_text(p, "link", l->flags & IFF_UP ? "up" : "down");
		page_number(p, "mtu", l->mtu);
		page_text(p, "addresses", *addresses ? addresses : "none");
		page_item_end(p);
	}
	page_list_end(p);
}

static void tell_services(struct page *p) {
	page_list(p, "services");
	for (unsigned i = 0; i < services->count; i++) {
		const struct service *s = &services->items[i];

		page_item(p, "service", s->config->head.name);
		page_text(p, "id", s->id);
		page_text(p, "address", s->address);
		page_number(p, "port", s->port);
		page_text(p, "state", states[agent_process_state(i)]);
		page_item_end(p);
	}
	page_list_end(p);
}

static void tell_jobs(struct page *p) {
	struct job_view v;

	page_list(p, "jobs");
	for (unsigned i = 0; job_view(i, &v); i++) {
		page_item(p, "job", v.name);
		page_text(p, "when", v.when);
		page_text(p, "state", v.state);
		page_number(p, "pid", v.pid);
		page_number(p, "runs", v.runs);
		if (v.status != CONFIG_NONE)
			page_number(p, "status", v.status);
		page_item_end(p);
	}
	page_list_end(p);
}

static void tell_checks(struct page *p) {
	struct health_view v;

	page_list(p, "checks");
	for (unsigned i = 0; health_view(i, &v); i++) {
		page_item(p, "check", v.name);
		page_text(p, "state", health_word(v.state));
		page_text(p, "target", v.target);
		if (*v.result)
			page_text(p, "result", v.result);
		page_item_end(p);
	}
	page_list_end(p);
}

static void tell_watches(struct page *p) {
	struct dependency_view v;

	page_list(p, "watches");
	for (unsigned i = 0; dependency_view(i, &v); i++) {
		page_item(p, "watch", v.name);
		page_text(p, "state", v.state);
		page_number(p, "instances", v.instances);
		if (*v.addresses)
			page_text(p, "addresses", v.addresses);
		page_item_end(p);
	}
	page_list_end(p);
}

/* What went wrong unseen. */
static void tell_log(struct page *p) {
	if (!log_dropped())
		return;
	page_single(p, "log");
	page_number(p, "lines-dropped", (long long)log_dropped());
	page_item_end(p);
}

static int tell_all(char *text, size_t size, bool json) {
	struct page p;

	page_begin(&p, text, size, json);
	page_fact(&p, "phase", lifecycle_state());
	tell_log(&p);
	tell_application(&p);
	if (config->interfaces)
		page_fact(&p, "network", modes[network_mode->mode]);
	if (*reconcile_drift())
		page_fact(&p, "drift", reconcile_drift());
	tell_interfaces(&p);
	tell_ports(&p);
	tell_services(&p);
	tell_jobs(&p);
	tell_checks(&p);
	tell_watches(&p);
	return page_end(&p) ? 0 : 1;
}

/* The first check that fails, of that name if one is given. While the application starts, and once
 * it is told to stop, nobody is to be restarted for it. */
static bool find_failing(const char *name, struct health_view *v) {
	for (unsigned i = 0; ready_is_due() && health_view(i, v); i++)
		if (v->state == STREAK_FAILING && (!name || strcmp(name, v->name) == 0))
			return true;
	return false;
}

static bool exists(const char *name) {
	struct health_view v;

	for (unsigned i = 0; health_view(i, &v); i++)
		if (strcmp(name, v.name) == 0)
			return true;
	return false;
}

static int tell_health(const char *name, char *text, size_t size) {
	struct health_view v;

	if (name && !exists(name))
		return snprintf(text, size, "there is no check '%s'\n", name), CONTROL_NO_SUCH;
	if (lifecycle_is_over())
		snprintf(text, size, "the application has ended: %s\n", lifecycle_state());
	else if (find_failing(name, &v))
		snprintf(text, size, "check %s: failing: %s: %s\n", v.name, v.target, v.result);
	else
		return snprintf(text, size, "healthy: %s\n", lifecycle_state()), 0;
	return 1;
}

static int tell_ready(char *text, size_t size) {
	struct health_view v;

	if (!lifecycle_is_ready())
		snprintf(text, size, "not ready: %s\n", lifecycle_state());
	else if (find_failing(NULL, &v))
		snprintf(text, size, "not ready: check %s: failing: %s: %s\n", v.name, v.target,
			 v.result);
	else
		return snprintf(text, size, "ready: %s\n", lifecycle_state()), 0;
	return 1;
}

static int maintain(bool out, char *text, size_t size) {
	if (!lifecycle_maintain(out)) {
		snprintf(text, size, "there is nothing to %s: %s\n", out ? "withdraw" : "announce",
			 lifecycle_state());
		return 1;
	}
	snprintf(text, size, "%s\n", out ? "withdrawing; the application goes on" : "announcing");
	return 0;
}

static int answer(enum control_request request, const char *name, char *text, size_t size) {
	switch (request) {
	case CONTROL_HEALTH:
		return tell_health(name, text, size);
	case CONTROL_READY:
		return tell_ready(text, size);
	case CONTROL_STATUS:
		return tell_all(text, size, false);
	case CONTROL_STATUS_JSON:
		return tell_all(text, size, true);
	case CONTROL_DRAIN:
		return maintain(true, text, size);
	case CONTROL_RESUME:
		return maintain(false, text, size);
	case CONTROL_REQUESTS:
		break;
	}
	snprintf(text, size, "there is no such request\n");
	return 1;
}

void status_open(const struct config *c, const struct port_list *p, const struct net_state *n,
		 const struct net_mode *m, const struct service_list *s) {
	struct error e = { 0 };

	config = c;
	ports = p;
	network = n;
	network_mode = m;
	services = s;
	if (control_open(&c->control, answer, &e) < 0)
		log_warn("control: %s", e.text);
}
