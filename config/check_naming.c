/* SPDX-License-Identifier: Apache-2.0 */
/* Names of hosts, and what tells them. */
#include "config/check.h"

#include <string.h>

#include "config/follow.h"
#include "config/ip.h"

enum {
	SERVERS = 3, /* MAXNS of resolv.conf(5) */
	SEARCH = 256, /* bytes of a search list there */
	LABEL = 63, /* RFC 1035 2.3.4 */
};

/* Of RFC 1123 2.1; and _, as in names that variables have made. */
static bool is_name(const char *text) {
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

	for (;; text++) {
		size_t len = strspn(text, letters);

		if (len == 0 || len > LABEL || *text == '-' || text[len - 1] == '-')
			return false;
		text += len;
		if (*text != '.')
			return *text == '\0';
	}
}

static void check_servers(struct load *l, const struct config_dns *dns) {
	unsigned count = 0;

	for (const struct config_neighbour *n = dns->nameservers; n; n = n->head.next)
		if (++count > SERVERS)
			check_item_mistake(l, "dns", dns, "nameserver", &n->head.origin,
					   "resolvers look at no more than %d", SERVERS);
}

static void check_search(struct load *l, const struct config_dns *dns) {
	size_t len = 0;

	for (const struct config_word *w = dns->search; w; w = w->head.next) {
		len += strlen(w->text) + 1;
		if (!is_name(w->text) && strcmp(w->text, ".") != 0)
			check_item_mistake(l, "dns", dns, "search", &w->head.origin,
					   "'%s' is not a domain", w->text);
		else if (len > SEARCH)
			check_item_mistake(l, "dns", dns, "search", &w->head.origin,
					   "the list has more than %d bytes", SEARCH - 1);
	}
}

static void check_options(struct load *l, const struct config_dns *dns) {
	for (const struct config_word *w = dns->options; w; w = w->head.next)
		if (w->text[strspn(w->text, "abcdefghijklmnopqrstuvwxyz0123456789:-_")])
			check_item_mistake(l, "dns", dns, "options", &w->head.origin,
					   "'%s' is not an option such as ndots:1", w->text);
}

static void check_hosts(struct load *l, const struct config_hosts *hosts) {
	for (const struct config_pair *h = hosts->list; h; h = h->head.next) {
		struct error e = { 0 };
		struct config_ip ip;

		if (!is_name(h->key))
			check_item_mistake(l, "hosts", hosts, h->key, &h->head.origin,
					   "is not the name of a host");
		else if (!follow_service(h->value) && ip_parse(h->value, IP_ALONE, &ip, &e) < 0)
			check_item_mistake(l, "hosts", hosts, h->key, &h->head.origin, "%s",
					   e.text);
	}
}

void check_naming(struct load *l) {
	const struct config *c = l->config;

	check_servers(l, &c->dns);
	check_search(l, &c->dns);
	check_options(l, &c->dns);
	check_hosts(l, &c->hosts);
	if (c->host.name && (!is_name(c->host.name) || strlen(c->host.name) > CONFIG_HOST_NAME))
		check_mistake(l, "host", &c->host, "name",
			      "'%s' is not a name of 1 to %d letters, digits, - and .",
			      c->host.name, CONFIG_HOST_NAME);
}
