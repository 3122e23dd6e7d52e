/* SPDX-License-Identifier: Apache-2.0 */
#include "init/probe.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "config/ip.h"
#include "init/address.h"
#include "init/port.h"
#include "init/service.h"

static uint64_t services_of(const struct config_check *c, const struct service_list *services) {
	const char *name = c->service ? c->service : c->head.name;

	for (unsigned i = 0; i < services->count; i++)
		if (strcmp(services->items[i].config->head.name, name) == 0)
			return 1ULL << i;
	return services->count == SERVICE_MAX ? UINT64_MAX : (1ULL << services->count) - 1;
}

/* A number of the file is what the application listens on as well; one of the environment is
 * what somebody maps it to. */
static bool is_own_number(const struct service *s) {
	const char *text = s->config->port;

	return text && strncmp(text, "env:", 4) != 0;
}

/* The [port] of a service: the one it names, or the one of its name; NULL if there is none. */
static const struct port *port_of(const struct service *s, const struct port_list *ports) {
	const struct port *port = s->config->port ? port_find(ports, s->config->port) : NULL;

	return port ? port : port_find(ports, s->config->head.name);
}

/* Without any service it is the first port. */
static const struct port *choose_port(struct probe *p, const struct service *s,
				      const struct port_list *ports) {
	const struct port *port = s ? port_of(s, ports) : NULL;

	if (!port && ports->count && !(s && is_own_number(s)))
		port = &ports->items[0];
	p->port = port ? port->number : s ? s->port : 0;
	return port;
}

static bool is_own_address(const struct config_ip *ip, const struct net_state *net) {
	for (unsigned i = 0; i < net->addresses_count; i++)
		if (net->addresses[i].ip.family == ip->family &&
		    memcmp(net->addresses[i].ip.bytes, ip->bytes, sizeof(ip->bytes)) == 0)
			return !ip_is_link_local(ip);
	return false;
}

static bool add_text(struct probe *p, const char *text) {
	struct error ignored = { 0 };

	if (ip_parse(text, IP_ALONE, &p->addresses[p->addresses_count], &ignored) < 0)
		return false;
	p->addresses_count++;
	return true;
}

static bool is_any(const struct config_ip *ip) {
	static const uint8_t zero[sizeof(ip->bytes)];

	return memcmp(ip->bytes, zero, sizeof(zero)) == 0;
}

static void choose_addresses(struct probe *p, const struct service *s, const struct port *port,
			     const struct net_state *net) {
	struct error ignored = { 0 };
	char own[SERVICE_ADDRESS];

	if (port && !is_any(&port->config->bind)) {
		p->addresses[p->addresses_count++] = port->config->bind;
		return;
	}
	if (s && add_text(p, s->address) && is_own_address(&p->addresses[0], net))
		return;
	p->addresses_count = 0;
	(void)add_text(p, "127.0.0.1");
	(void)add_text(p, "::1");
	if (address_select("inet", net, own, sizeof(own), &ignored) > 0)
		(void)add_text(p, own);
}

void probe_resolve(struct probe_list *list, const struct config *c,
		   const struct service_list *services, const struct port_list *ports,
		   const struct net_state *net) {
	list->count = 0;
	for (const struct config_check *check = c->checks; check; check = check->head.next) {
		struct probe *p = &list->items[list->count++];
		const struct service *s = services->count ? services->items : NULL;
		const struct port *port;

		*p = (struct probe){ .config = check };
		p->services = services_of(check, services);
		if (p->services)
			s += __builtin_ctzll(p->services);
		port = choose_port(p, s, ports);
		choose_addresses(p, s, port, net);
	}
}

bool probe_is_remote(const struct probe *p) {
	return !p->config->exec;
}

bool probe_is_good(enum message_result result, unsigned detail) {
	return result == MESSAGE_CONNECTED ||
	       (result == MESSAGE_ANSWERED && detail >= 200 && detail < 400);
}

void probe_host(const struct probe *p, char text[static PROBE_HOST]) {
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop(p->addresses[0].family, p->addresses[0].bytes, address, sizeof(address));
	snprintf(text, PROBE_HOST, p->addresses[0].family == AF_INET6 ? "[%s]:%u" : "%s:%u",
		 address, p->port);
}

void probe_describe(const struct probe *p, char text[static PROBE_TARGET]) {
	const struct config_check *c = p->config;
	char host[PROBE_HOST];

	if (c->exec) {
		snprintf(text, PROBE_TARGET, "%s",
			 config_is_late(c->exec[0]) ? "a command" : c->exec[0]);
		return;
	}
	probe_host(p, host);
	snprintf(text, PROBE_TARGET, "%s://%s%s", c->http ? "http" : "tcp", host,
		 c->http ? c->http : "");
}

void probe_pace_begin(struct probe_pace *p, int64_t now) {
	*p = (struct probe_pace){ .due = now, .haste = PROBE_HASTE };
}

bool probe_pace_counts(const struct probe_pace *p, bool good) {
	return good || !p->extra;
}

int64_t probe_pace_next(struct probe_pace *p, int64_t now, int64_t interval, bool good) {
	int64_t left;

	if (good)
		p->haste = 0;
	if (!p->extra)
		p->due += interval;
	if (p->due < now)
		p->due = now;
	left = p->due - now;
	p->extra = p->haste && p->haste < left;
	if (!p->extra)
		return left;
	left = p->haste;
	p->haste *= 2;
	return left;
}
