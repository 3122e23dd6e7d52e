/* SPDX-License-Identifier: Apache-2.0 */
#include "init/service.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/error.h"
#include "init/address.h"
#include "init/log.h"

enum { HOST = 256, VARIABLE = 256, VALUE = 4096 };

/* What the sections are resolved from and to. */
struct work {
	struct service_list *list;
	const struct config *config;
	const struct net_state *net;
	config_lookup *lookup;
};

/* The value with what pintle computes filled in: itself where there is nothing to fill in. */
static const char *expand(struct work *w, const char *value, struct error *e) {
	char text[VALUE];
	char *kept = w->list->text + w->list->used;
	size_t size;

	if (config_expand(value, w->lookup, NULL, text, sizeof(text), e) < 0)
		return NULL;
	if (strcmp(text, value) == 0)
		return value;
	size = strlen(text) + 1;
	if (size > sizeof(w->list->text) - w->list->used) {
		fail(e, "its values need more than %d bytes", SERVICE_TEXT);
		return NULL;
	}
	memcpy(kept, text, size);
	w->list->used += size;
	return kept;
}

static int parse_port(const char *text, uint16_t *port) {
	char *end;
	long n = strtol(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || n < 1 || n > 65535)
		return -1;
	*port = (uint16_t)n;
	return 0;
}

static int port_from_environment(const char *name, uint16_t *port, struct error *e) {
	const char *value = getenv(name);

	if (!value || !*value)
		return fail(e, "port: %s is not set", name);
	if (parse_port(value, port) < 0)
		return fail(e, "port: %s: '%s' is not a number from 1 to 65535", name, value);
	return 0;
}

/* PORT_<NAME>, upper case, other characters as _. */
static void port_name(const char *name, char *variable, size_t size) {
	snprintf(variable, size, "PORT_%s", name);
	for (char *c = variable; *c; c++)
		*c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
}

static int port_of_section(struct work *w, const struct config_port *p, uint16_t *port,
			   struct error *e) {
	char variable[VARIABLE];
	const char *number;

	port_name(p->head.name, variable, sizeof(variable));
	number = w->lookup(NULL, variable);
	if (!number || parse_port(number, port) < 0)
		return fail(e, "port: [port %s] has no number", p->head.name);
	return 0;
}

static const struct config_port *find_port(const struct config *c, const char *name) {
	for (const struct config_port *p = c->ports; p; p = p->head.next)
		if (strcmp(p->head.name, name) == 0)
			return p;
	return NULL;
}

static int given_port(struct work *w, const char *text, uint16_t *port, struct error *e) {
	const struct config_port *p;

	if (strncmp(text, "env:", 4) == 0)
		return port_from_environment(text + 4, port, e);
	p = find_port(w->config, text);
	if (p)
		return port_of_section(w, p, port, e);
	if (parse_port(text, port) < 0)
		return fail(e,
			    "port: '%s' is neither a [port], nor a number from 1 to 65535, nor "
			    "env:NAME",
			    text);
	return 0;
}

/* What Nomad maps the port to on its host, else the [port] of the service's name, else the only
 * one. */
static int usual_port(struct work *w, const char *name, uint16_t *port, struct error *e) {
	const struct config_port *p = find_port(w->config, name);
	char variable[VARIABLE];

	snprintf(variable, sizeof(variable), "NOMAD_HOST_PORT_%s", name);
	if (getenv(variable))
		return port_from_environment(variable, port, e);
	if (!p && w->config->ports && !w->config->ports->head.next)
		p = w->config->ports;
	if (!p)
		return fail(e, "port: there is no [port %s], and not just one other", name);
	return port_of_section(w, p, port, e);
}

static int resolve_port(struct work *w, struct service *s, struct error *e) {
	const char *setting = s->config->port;

	if (setting)
		return given_port(w, setting, &s->port, e);
	return usual_port(w, s->config->head.name, &s->port, e);
}

/* "eth0 10.0.0.5, lo 127.0.0.1": what there was to choose from. */
static void describe(const struct net_state *net, char *text, size_t size) {
	char address[SERVICE_ADDRESS], selector[NET_NAME + 16];
	size_t len = 0;

	snprintf(text, size, "none");
	for (unsigned i = 0; i < net->links_count && len < size; i++)
		for (unsigned n = 0; len < size; n++) {
			struct error ignored = { 0 };

			snprintf(selector, sizeof(selector), "%s[%u]", net->links[i].name, n);
			if (address_select(selector, net, address, sizeof(address), &ignored) <= 0)
				break;
			len += (size_t)snprintf(text + len, size - len, "%s%s %s", len ? ", " : "",
						net->links[i].name, address);
		}
}

static int select_address(struct work *w, struct service *s, const char *selector,
			  struct error *e) {
	struct error why = { 0 };
	int found = address_select(selector, w->net, s->address, sizeof(s->address), &why);

	return found < 0 ? fail(e, "address: %s", why.text) : found;
}

static int no_address(struct work *w, const char *selectors, struct error *e) {
	char there[512];

	describe(w->net, there, sizeof(there));
	return fail(e, "address: nothing matches '%s'; there is: %s", selectors, there);
}

static int usual_address(struct work *w, struct service *s, struct error *e) {
	char nomad[VARIABLE];
	const char *const selectors[] = { nomad, "inet", "inet6" };
	int found = 0;

	snprintf(nomad, sizeof(nomad), "env:NOMAD_HOST_IP_%s", s->config->head.name);
	for (size_t i = 0; i < sizeof(selectors) / sizeof(*selectors) && !found; i++) {
		found = select_address(w, s, selectors[i], e);
		s->rank = (unsigned)i;
	}
	if (found)
		return found < 0 ? -1 : 0;
	return no_address(w, "inet inet6", e);
}

/* Every selector is looked at even after one has matched: a mistake in the last one shows on the
 * first machine, not on the one where it would be needed. */
static int given_address(struct work *w, struct service *s, struct error *e) {
	char selectors[256] = "", chosen[SERVICE_ADDRESS] = "";
	unsigned rank = 0;
	size_t len = 0;

	for (const struct config_word *word = s->config->address; word; word = word->head.next) {
		int found = select_address(w, s, word->text, e);

		if (found < 0)
			return -1;
		if (found && !*chosen) {
			memcpy(chosen, s->address, sizeof(chosen));
			s->rank = rank;
		}
		rank++;
		if (len < sizeof(selectors))
			len += (size_t)snprintf(selectors + len, sizeof(selectors) - len, "%s%s",
						len ? " " : "", word->text);
	}
	if (!*chosen)
		return no_address(w, selectors, e);
	memcpy(s->address, chosen, sizeof(chosen));
	return 0;
}

static int resolve_address(struct work *w, struct service *s, struct error *e) {
	return s->config->address ? given_address(w, s, e) : usual_address(w, s, e);
}

static int resolve_id(struct work *w, struct service *s, struct error *e) {
	char host[HOST] = "", id[SERVICE_ID];
	const char *given = s->config->id ? expand(w, s->config->id, e) : NULL;
	int n;

	if (s->config->id && !given)
		return -1;
	if (gethostname(host, sizeof(host) - 1) < 0)
		return fail(e, "id: the host's name: %m");
	n = given ? snprintf(id, sizeof(id), "%s", given)
		  : snprintf(id, sizeof(id), "%s-%s-%s-%u", s->name, host, s->address, s->port);
	if (n <= 0 || n >= (int)sizeof(id))
		return fail(e, "id: has %d bytes, 1 to %d are possible", n, SERVICE_ID - 1);
	memcpy(s->id, id, sizeof(id));
	for (unsigned i = 0; i < w->list->count; i++)
		if (strcmp(w->list->items[i].id, s->id) == 0)
			return fail(e, "id: '%s' is that of [service %s] too", s->id,
				    w->list->items[i].config->head.name);
	return 0;
}

static int resolve_tags(struct work *w, struct service *s, struct error *e) {
	for (const struct config_word *tag = s->config->tags; tag; tag = tag->head.next) {
		if (s->tags_count == SERVICE_TAGS)
			return fail(e, "tags: more than %d", SERVICE_TAGS);
		s->tags[s->tags_count] = expand(w, tag->text, e);
		if (!s->tags[s->tags_count++])
			return -1;
	}
	return 0;
}

static int resolve_meta(struct work *w, struct service *s, struct error *e) {
	for (const struct config_pair *pair = s->config->meta; pair; pair = pair->head.next) {
		if (!pair->value)
			continue;
		if (s->meta_count == SERVICE_META)
			return fail(e, "meta: more than %d", SERVICE_META);
		s->meta[s->meta_count].key = pair->key;
		s->meta[s->meta_count].value = expand(w, pair->value, e);
		if (!s->meta[s->meta_count++].value)
			return -1;
	}
	return 0;
}

/* The vxlan interface that has the address. */
static const struct net_link *tunnel_of(const struct net_state *net, const char *address) {
	struct error ignored = { 0 };
	struct config_ip ip;

	if (ip_parse(address, IP_ALONE, &ip, &ignored) < 0)
		return NULL;
	for (unsigned i = 0; i < net->addresses_count; i++) {
		const struct net_link *link = net_link_at(net, net->addresses[i].index);

		if (link && ip_equal(&net->addresses[i].ip, &ip) && !strcmp(link->kind, "vxlan"))
			return link;
	}
	return NULL;
}

/* The file's own word is stronger. */
static void tell_meta(struct service *s, const char *key, const char *value) {
	for (unsigned i = 0; i < s->meta_count; i++)
		if (strcmp(s->meta[i].key, key) == 0)
			return;
	if (s->meta_count < SERVICE_META)
		s->meta[s->meta_count++] = (struct service_pair){ key, value };
}

static bool is_told(const struct service *s) {
	const char *last = s->meta_count ? s->meta[s->meta_count - 1].value : NULL;

	return last && (last == s->mac || last == s->vtep);
}

/* Once the address is known, and again when it is another one. */
static void tell_tunnel(struct service *s, const struct net_state *net) {
	const struct net_link *link = tunnel_of(net, s->address);

	while (is_told(s))
		s->meta_count--;
	if (!link)
		return;
	tell_meta(s, SERVICE_MAC, link_mac_text(link->mac, s->mac));
	if (link->local.family)
		tell_meta(s, SERVICE_VTEP, ip_text(&link->local, s->vtep));
}

static int resolve(struct work *w, struct service *s, struct error *e) {
	const char *title = s->config->title ? s->config->title : s->config->head.name;

	s->name = expand(w, title, e);
	if (!s->name)
		return -1;
	if (!*s->name)
		return fail(e, "name: is empty");
	if (resolve_port(w, s, e) < 0)
		return -1;
	if (resolve_address(w, s, e) < 0)
		return -1;
	if (resolve_id(w, s, e) < 0 || resolve_tags(w, s, e) < 0)
		return -1;
	if (resolve_meta(w, s, e) < 0)
		return -1;
	tell_tunnel(s, w->net);
	return 0;
}

int service_resolve(struct service_list *list, const struct config *c, const struct net_state *net,
		    config_lookup *lookup, struct error *e) {
	struct work w = { .list = list, .config = c, .net = net, .lookup = lookup };

	list->count = 0;
	list->used = 0;
	for (const struct config_service *s = c->services; s; s = s->head.next) {
		struct service *item = &list->items[list->count];
		struct error why = { 0 };

		if (list->count == SERVICE_MAX)
			return fail(e, "more than %d [service] sections", SERVICE_MAX);
		*item = (struct service){ .config = s };
		if (resolve(&w, item, &why) < 0)
			return fail(e, "service %s: %s", s->head.name, why.text);
		list->count++;
	}
	return 0;
}

static bool is_literal(const char *selector) {
	return strncmp(selector, "static:", 7) == 0 || strncmp(selector, "env:", 4) == 0;
}

bool service_may_move(const struct service_list *list) {
	for (unsigned i = 0; i < list->count; i++) {
		const struct service *s = &list->items[i];

		/* Without any setting the first one looked at is Nomad's variable. */
		if (s->rank > 0 || (s->config->address && !is_literal(s->config->address->text)))
			return true;
	}
	return false;
}

static bool is_there(const char *address, const struct net_state *net) {
	char selector[SERVICE_ADDRESS + 4], text[SERVICE_ADDRESS];
	struct error ignored = { 0 };

	snprintf(selector, sizeof(selector), "%s/%d", address, strchr(address, ':') ? 128 : 32);
	return address_select(selector, net, text, sizeof(text), &ignored) > 0;
}

static bool follow(struct work *w, struct service *s) {
	struct service now = { .config = s->config };
	struct error why = { 0 };

	if (resolve_address(w, &now, &why) < 0 || strcmp(now.address, s->address) == 0 ||
	    (now.rank >= s->rank && is_there(s->address, w->net)))
		return false;
	log_info("service %s: was at %s, and is at %s now", s->config->head.name, s->address,
		 now.address);
	memcpy(s->address, now.address, sizeof(s->address));
	s->rank = now.rank;
	tell_tunnel(s, w->net);
	return true;
}

bool service_follow(struct service_list *list, const struct config *c,
		    const struct net_state *net) {
	struct work w = { .list = list, .config = c, .net = net };
	bool moved = false;

	for (unsigned i = 0; i < list->count; i++)
		moved |= follow(&w, &list->items[i]);
	return moved;
}
