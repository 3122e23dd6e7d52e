/* SPDX-License-Identifier: Apache-2.0 */
/* Ports, services and the registry they are announced in. */
#include "config/check.h"

#include <stdio.h>
#include <string.h>

#include "config/expansion.h"
#include "config/ip.h"
#include "config/number.h"
#include "config/suggest.h"

static void check_names(struct load *l, const char *kind, const void *first) {
	for (const struct config_head *a = first; a; a = a->next)
		for (const struct config_head *b = a->next; b; b = b->next)
			if (expansion_same(a->name, b->name))
				check_mistake(l, kind, b, NULL,
					      "gives the application the same variables as [%s %s]",
					      kind, a->name);
}

static bool overlap(const struct config_port *a, const struct config_port *b) {
	return !a->bind.family || !b->bind.family || ip_equal(&a->bind, &b->bind);
}

static void check_conflict(struct load *l, const struct config_port *a,
			   const struct config_port *b) {
	if (a->preset > 0 && a->preset == b->preset && a->protocol == b->protocol &&
	    b->taken == CONFIG_TAKEN_FAIL && !b->share && overlap(a, b))
		check_mistake(l, "port", b, "default", "%d is the default of [port %s] already",
			      (int)b->preset, a->head.name);
}

/* sd_listen_fds_with_names(3): in LISTEN_FDNAMES the names stand between colons. */
static void check_handover(struct load *l, const struct config_port *p) {
	if (p->handover == CONFIG_SOCKET && strchr(p->head.name, ':'))
		check_mistake(l, "port", p, "handover", "a name with ':' can't be handed over");
	if (p->handover == CONFIG_SOCKET && p->reserve == CONFIG_NO)
		check_mistake(l, "port", p, "reserve",
			      "with handover = socket it is held in any case");
	if (p->handover != CONFIG_SOCKET && p->protocol == CONFIG_UDP && p->reserve == CONFIG_YES)
		check_mistake(l, "port", p, "reserve", "only a tcp port can be held");
}

void check_ports(struct load *l) {
	check_names(l, "port", l->config->ports);
	for (const struct config_port *a = l->config->ports; a; a = a->head.next) {
		check_handover(l, a);
		for (const struct config_port *b = a->head.next; b; b = b->head.next)
			check_conflict(l, a, b);
	}
}

/* Of labels in DNS and of Consul's meta keys. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

static bool starts(const char *text, const char *with) {
	return strncmp(text, with, strlen(with)) == 0;
}

/* RFC 1123 2.1, which is what makes NAME.service.consul a name that can be looked up; and _, which
 * servers and resolvers let through, and which stands in names that variables have made. */
static bool is_label(const char *text) {
	size_t len = strlen(text);

	return len >= 1 && len <= 63 && text[0] != '-' && text[0] != '_' && text[len - 1] != '-' &&
	       text[len - 1] != '_' && strspn(text, letters) == len;
}

static void check_title(struct load *l, const struct config_service *s) {
	const char *name = s->title ? s->title : s->head.name;

	if (!config_is_late(name) && !is_label(name))
		check_mistake(l, "service", s, "name",
			      "'%s' can't be looked up in DNS: that needs 1 to 63 letters, digits, "
			      "- and _, and no - or _ at the ends",
			      name);
}

static void check_service_port(struct load *l, const struct config_service *s) {
	struct suggest near = { .written = s->port };
	struct error e = { 0 };
	int64_t number;

	if (!s->port)
		return;
	if (starts(s->port, "env:")) {
		if (!value_is_variable(s->port + 4))
			check_mistake(l, "service", s, "port", "'%s' names no variable", s->port);
		return;
	}
	for (const struct config_port *p = l->config->ports; p; p = p->head.next) {
		if (strcmp(p->head.name, s->port) == 0)
			return;
		suggest_try(&near, p->head.name);
	}
	if (number_read(s->port, 1, UINT16_MAX, &number, &e) < 0)
		check_mistake(l, "service", s, "port",
			      "there is no [port %s], and it is no number from 1 to 65535 and no "
			      "env:NAME%s",
			      s->port, suggest_hint(&near));
}

/* NAME, NAME:inet, NAME:inet6, NAME[N], NAME:inet6[N]. */
static bool is_interface_form(const char *text) {
	size_t name = strcspn(text, ":[");
	const char *rest = text + name;

	if (name > 15)
		return false;
	if (starts(rest, ":inet6"))
		rest += 6;
	else if (starts(rest, ":inet"))
		rest += 5;
	if (*rest == '[') {
		size_t digits = strspn(rest + 1, "0123456789");

		return digits > 0 && digits < 4 && strcmp(rest + 1 + digits, "]") == 0;
	}
	return name > 0 && *rest == '\0';
}

static int judge_selector(const char *text, struct error *e) {
	struct config_ip ip;
	struct error is_ip = { 0 };

	if (starts(text, "env:"))
		return value_is_variable(text + 4) ? 0 : fail(e, "'%s' names no variable", text);
	if (starts(text, "static:"))
		return text[7] ? 0 : fail(e, "'%s' has no address", text);
	if (strchr(text, '/'))
		return ip_parse(text, IP_WITH_PREFIX, &ip, e);
	if (ip_parse(text, IP_ALONE, &ip, &is_ip) == 0)
		return fail(e, "'%s' has to be written static:%s", text, text);
	if (!is_interface_form(text))
		return fail(e,
			    "'%s' is no address such as eth0, eth0:inet6, eth0[1], inet, "
			    "10.0.0.0/8, static:192.0.2.7 or env:NAME",
			    text);
	return 0;
}

static void check_selectors(struct load *l, const struct config_service *s) {
	for (const struct config_word *w = s->address; w; w = w->head.next) {
		struct error e = { 0 };

		if (judge_selector(w->text, &e) < 0)
			check_item_mistake(l, "service", s, "address", &w->head.origin, "%s",
					   e.text);
	}
}

/* What Consul takes: agent/structs ValidateMetadata; 64 pairs, 128 bytes, 512 bytes. */
static void check_meta(struct load *l, const struct config_service *s) {
	unsigned count = 0;

	for (const struct config_pair *m = s->meta; m; m = m->head.next) {
		const char *wrong = NULL;

		if (strspn(m->key, letters) != strlen(m->key) || strlen(m->key) > 128)
			wrong = "the key has other characters than letters, digits, - and _, or "
				"more than 128";
		else if (m->value && strlen(m->value) > 512)
			wrong = "the value has more than 512 bytes";
		else if (++count == 65)
			wrong = "there are more than 64 of them";
		if (wrong)
			check_item_mistake(l, "service", s, "meta", &m->head.origin, "'%s': %s",
					   m->key, wrong);
	}
}

static void check_ids(struct load *l, const struct config_service *a) {
	for (const struct config_service *b = a->head.next; b; b = b->head.next)
		if (a->id && b->id && strcmp(a->id, b->id) == 0)
			check_mistake(l, "service", b, "id", "'%s' is the id of [service %s]",
				      b->id, a->head.name);
}

static int judge_server(const char *address, struct error *e) {
	const char *rest = address;

	if (starts(address, "http://") || starts(address, "https://"))
		rest = strchr(address, ':') + 3;
	if (starts(address, "unix:"))
		return address[5] == '/' ? 0 : fail(e, "'%s' is not unix:/PATH", address);
	if (*rest == '\0' || *rest == ':' || strstr(rest, "://") || strpbrk(rest, " \t/"))
		return fail(e,
			    "'%s' is not http://HOST:PORT, https://HOST:PORT, HOST:PORT or "
			    "unix:/PATH",
			    address);
	return 0;
}

/* One, or several with commas between them. */
static int judge_etcd(const char *addresses, struct error *e) {
	char one[CONFIG_LINE + 1];
	size_t length;

	for (;; addresses += length + 1) {
		length = strcspn(addresses, ",");
		(void)snprintf(one, sizeof(one), "%.*s", (int)length, addresses);
		if (judge_server(one, e) < 0)
			return -1;
		if (!addresses[length])
			return 0;
	}
}

static int judge_registry(const struct config_discovery *d, struct error *e) {
	switch (d->registry) {
	case CONFIG_REGISTRY_NONE:
		return 0;
	case CONFIG_REGISTRY_CONSUL:
		return judge_server(d->address, e);
	case CONFIG_REGISTRY_ETCD:
		return judge_etcd(d->address, e);
	case CONFIG_REGISTRY_FILE:
		return d->address[0] == '/' ? 0
					    : fail(e, "'%s' is not an absolute path", d->address);
	}
	return 0;
}

static void check_discovery(struct load *l, const struct config_discovery *d) {
	struct error e = { 0 };

	if (d->address && judge_registry(d, &e) < 0)
		check_mistake(l, "discovery", d, "address", "%s", e.text);
	if (d->required && (!d->registry || (!l->config->services && !l->config->watches)))
		check_mistake(l, "discovery", d, "required",
			      "'yes' needs a registry, and a [service] or a [watch]");
}

static void check_watches(struct load *l, enum config_registry registry) {
	check_names(l, "watch", l->config->watches);
	for (const struct config_watch *w = l->config->watches; w; w = w->head.next) {
		if (registry == CONFIG_REGISTRY_NONE)
			check_mistake(l, "watch", w, NULL,
				      "needs a registry: [discovery] registry = consul");
		else if (w->near && registry != CONFIG_REGISTRY_CONSUL)
			check_mistake(l, "watch", w, "near", "only consul knows who is near");
	}
}

void check_services(struct load *l) {
	check_discovery(l, &l->config->discovery);
	check_watches(l, l->config->discovery.registry);
	check_names(l, "service", l->config->services);
	for (const struct config_service *s = l->config->services; s; s = s->head.next) {
		check_title(l, s);
		check_service_port(l, s);
		check_selectors(l, s);
		check_meta(l, s);
		check_ids(l, s);
	}
}
