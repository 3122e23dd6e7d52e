/* SPDX-License-Identifier: Apache-2.0 */
#include "init/export.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "config/memory.h"
#include "init/environment.h"
#include "init/log.h"
#include "netcfg/ip.h"
#include "netcfg/select.h"

static void set_variable(void *e, const char *name, const char *value) {
	(void)environment_set(name, value, e);
}

int export_ports(const struct port_list *ports, struct error *e) {
	port_export(ports, set_variable, e);
	return e->len ? -1 : 0;
}

static const struct net_address *first_address(const struct net_state *network, int index) {
	for (unsigned i = 0; i < network->addresses_count; i++)
		if (network->addresses[i].index == index)
			return &network->addresses[i];
	return NULL;
}

static void export_address(const struct net_state *network, const struct net_link *l,
			   const char *name, struct error *e) {
	const struct net_address *a = first_address(network, l->index);
	char variable[PORT_VARIABLE], address[IP_TEXT];
	struct config_ip alone;

	if (!a)
		return;
	port_variable("ADDRESS_", name, variable, sizeof(variable));
	alone = net_ip_alone(&a->ip);
	set_variable(e, variable, ip_text(&alone, address));
}

int export_addresses(const struct config *config, const struct net_state *network,
		     struct error *e) {
	for (unsigned i = 0; i < network->links_count; i++)
		if (strcmp(network->links[i].name, "lo") != 0)
			export_address(network, &network->links[i], network->links[i].name, e);
	for (const struct config_interface *i = config->interfaces; i; i = i->head.next) {
		const struct net_link *l = net_link_of(network, i);

		if (l && strcmp(l->name, i->head.name) != 0)
			export_address(network, l, i->head.name, e);
	}
	return e->len ? -1 : 0;
}

int export_services(const struct service_list *services, struct error *e) {
	for (unsigned i = 0; i < services->count; i++) {
		const struct service *s = &services->items[i];
		char variable[PORT_VARIABLE], whole[PORT_VARIABLE + 16];

		port_variable("SERVICE_", s->config->head.name, variable, sizeof(variable));
		snprintf(whole, sizeof(whole), "%s_ID", variable);
		set_variable(e, whole, s->id);
		snprintf(whole, sizeof(whole), "%s_ADDRESS", variable);
		set_variable(e, whole, s->address);
	}
	return e->len ? -1 : 0;
}

int export_settings(const struct config *config, struct error *e) {
	static MEMORY_BULK char expanded[CONFIG_LINE + 1];

	for (const struct config_pair *p = config->env; p; p = p->head.next) {
		const char *value = p->value;

		if (value && config_is_late(value)) {
			value = expanded;
			if (config_expand(p->value, environment_look_up, NULL, expanded,
					  sizeof(expanded), e) < 0)
				return fail(e, "[env] %s", p->key), EX_CONFIG;
		}
		if (environment_set(p->key, value, e) < 0)
			return EX_UNAVAILABLE;
	}
	return 0;
}

/* Each has room of its own from the first time on. */
void export_settings_again(const struct config *config) {
	static MEMORY_BULK char *variables[CONFIG_ITEMS];
	unsigned n = 0;

	for (const struct config_pair *p = config->env; p; p = p->head.next) {
		struct error e = { 0 };

		if (!p->value || !config_is_late(p->value) || n == CONFIG_ITEMS)
			continue;
		if (!variables[n])
			variables[n] = environment_room(p->key, CONFIG_LINE + 1, &e);
		if (!variables[n] ||
		    config_expand(p->value, environment_look_up, NULL,
				  variables[n] + strlen(p->key) + 1, CONFIG_LINE + 1, &e) < 0 ||
		    environment_put(variables[n], &e) < 0)
			log_warn("[env] %s: %s", p->key, e.text);
		n++;
	}
}
