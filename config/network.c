/* SPDX-License-Identifier: Apache-2.0 */
#include "config/network.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "config/ip.h"
#include "config/number.h"

/* The words that may follow: each once, some with a value. */
enum clause { PEER, NODAD, DAD, SCOPE, LABEL, METRIC, ONLINK, VIA, SRC, TABLE, MTU, CLAUSES };

static const struct {
	char name[8];
	bool alone;
} clauses[CLAUSES] = {
	[PEER] = { "peer" },           [NODAD] = { "nodad", true }, [DAD] = { "dad", true },
	[SCOPE] = { "scope" },         [LABEL] = { "label" },       [METRIC] = { "metric" },
	[ONLINK] = { "onlink", true }, [VIA] = { "via" },           [SRC] = { "src" },
	[TABLE] = { "table" },         [MTU] = { "mtu" },
};

struct named {
	char name[8];
	int64_t number;
};

static const struct named scopes[] = {
	{ "global", RT_SCOPE_UNIVERSE },
	{ "site", RT_SCOPE_SITE },
	{ "link", RT_SCOPE_LINK },
	{ "host", RT_SCOPE_HOST },
	{ "", 0 },
};
static const struct named tables[] = {
	{ "main", RT_TABLE_MAIN },
	{ "default", RT_TABLE_DEFAULT },
	{ "", 0 },
};

#define MAY(clause) (1u << (clause))

/* Takes the line apart: what comes first, and the value (or the name) of each clause. */
static int take_apart(char *text, unsigned allowed, char **first, char *found[static CLAUSES],
		      struct error *e) {
	char *rest = text;

	*first = strtok_r(rest, " \t", &rest);
	if (!*first)
		return fail(e, "has an empty item");
	for (char *word; (word = strtok_r(rest, " \t", &rest)) != NULL;) {
		unsigned n = 0;

		while (n < CLAUSES && !(allowed & MAY(n) && strcmp(clauses[n].name, word) == 0))
			n++;
		if (n == CLAUSES)
			return fail(e, "'%s' is not understood after %s", word, *first);
		if (found[n])
			return fail(e, "'%s' is there twice", word);
		found[n] = clauses[n].alone ? word : strtok_r(rest, " \t", &rest);
		if (!found[n])
			return fail(e, "'%s' needs a value", word);
	}
	return 0;
}

static int read_optional(const char *text, int64_t min, int64_t *number, struct error *e) {
	*number = CONFIG_NONE;
	return text ? number_read(text, min, UINT32_MAX, number, e) : 0;
}

static int read_named(const char *text, const struct named *names, int64_t max, int64_t *number,
		      struct error *e) {
	*number = CONFIG_NONE;
	if (!text)
		return 0;
	for (; names->name[0]; names++) {
		if (strcmp(names->name, text) == 0) {
			*number = names->number;
			return 0;
		}
	}
	return number_read(text, 0, max, number, e);
}

static void write_optional(struct writer *w, const char *name, int64_t number) {
	if (number == CONFIG_NONE)
		return;
	writer_texts(w, " ", name, " ", NULL);
	writer_number(w, number);
}

static void write_host(struct writer *w, const char *name, const struct config_ip *ip) {
	char text[IP_TEXT];

	if (ip->family)
		writer_texts(w, " ", name, " ", ip_text(ip, text), NULL);
}

/* A single host's address of the same family as the other one, if any. */
static int read_host(const char *text, unsigned family, struct config_ip *ip, struct error *e) {
	if (!text)
		return 0;
	if (ip_parse(text, IP_ALONE, ip, e) < 0 || ip_need_host(ip, text, e) < 0)
		return -1;
	if (family && ip->family != family)
		return fail(e, "'%s' is not an IPv%d address", text, family == AF_INET ? 4 : 6);
	return 0;
}

int network_parse_ip(const struct schema_key *key, char *text, void *field, struct error *e) {
	struct config_ip ip = { 0 };

	(void)key;
	if (ip_parse(text, IP_ALONE, &ip, e) < 0)
		return -1;
	if (ip.bytes[0] == 0xff || (ip.family == AF_INET && ip.bytes[0] >= 0xe0))
		return fail(e, "'%s' is not an address to listen on", text);
	*(struct config_ip *)field = ip;
	return 0;
}

void network_write_ip(const struct schema_key *key, const void *field, struct writer *w) {
	char text[IP_TEXT];

	(void)key;
	writer_text(w, ip_text(field, text));
}

/* The kernel takes the network's own address and its broadcast address, and nobody answers. For
 * IPv6 the former is the subnet router's anycast address, RFC 4291 2.6.1. */
static int need_usable(const struct config_ip *ip, const char *text, struct error *e) {
	if (ip_need_host(ip, text, e) < 0)
		return -1;
	if (ip->prefix == 0)
		return fail(e, "'%s': a prefix of 0 is the whole internet", text);
	if (ip->prefix + 1u >= ip_bits(ip))
		return 0;
	if (ip_is_network(ip))
		return fail(e, "'%s' is the network itself and no host in it", text);
	if (ip->family == AF_INET && ip_is_broadcast(ip))
		return fail(e, "'%s' is the broadcast address of its network", text);
	return 0;
}

static int read_peer(const char *text, struct config_address *a, struct error *e) {
	if (!text)
		return 0;
	if (ip_parse(text, IP_EITHER, &a->peer, e) < 0 || ip_need_host(&a->peer, text, e) < 0)
		return -1;
	if (a->peer.family != a->ip.family)
		return fail(e, "the peer '%s' is of another family than the address", text);
	return 0;
}

/* The limit is IFNAMSIZ with its NUL, if(7); IPv6 addresses have no label. */
static int read_label(const char *text, struct config_address *a, struct error *e) {
	if (text && a->ip.family != AF_INET)
		return fail(e, "label: only IPv4 addresses have one");
	if (text && strlen(text) > 15)
		return fail(e, "the label '%s' is longer than 15 bytes", text);
	a->label = text;
	return 0;
}

int network_parse_address(const struct schema_key *key, char *text, void *field, struct error *e) {
	const unsigned allowed =
		MAY(PEER) | MAY(NODAD) | MAY(DAD) | MAY(SCOPE) | MAY(LABEL) | MAY(METRIC);
	struct config_address *to = field, a = *to;
	char *found[CLAUSES] = { 0 }, *first;

	(void)key;
	if (take_apart(text, allowed, &first, found, e) < 0 ||
	    ip_parse(first, found[PEER] ? IP_EITHER : IP_WITH_PREFIX, &a.ip, e) < 0 ||
	    need_usable(&a.ip, first, e) < 0 || read_peer(found[PEER], &a, e) < 0 ||
	    read_named(found[SCOPE], scopes, UINT8_MAX, &a.scope, e) < 0 ||
	    read_label(found[LABEL], &a, e) < 0 ||
	    read_optional(found[METRIC], 0, &a.metric, e) < 0)
		return -1;
	if (found[DAD] && found[NODAD])
		return fail(e, "either dad or nodad, not both");
	if (found[DAD] && a.ip.family != AF_INET6)
		return fail(e, "dad: only IPv6 addresses have it");
	a.dad = found[DAD];
	*to = a;
	return 0;
}

static void write_scope(struct writer *w, int64_t scope) {
	for (const struct named *n = scopes; n->name[0]; n++) {
		if (n->number == scope) {
			writer_texts(w, " scope ", n->name, NULL);
			return;
		}
	}
	write_optional(w, "scope", scope);
}

void network_write_address(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_address *a = field;
	char text[IP_TEXT];

	(void)key;
	writer_text(w, ip_text_prefix(&a->ip, text));
	write_host(w, "peer", &a->peer);
	if (a->dad)
		writer_text(w, " dad");
	write_scope(w, a->scope);
	if (a->label)
		writer_texts(w, " label ", a->label, NULL);
	write_optional(w, "metric", a->metric);
}

int network_parse_gateway(const struct schema_key *key, char *text, void *field, struct error *e) {
	struct config_gateway *to = field, g = *to;
	char *found[CLAUSES] = { 0 }, *first;

	(void)key;
	if (take_apart(text, MAY(METRIC) | MAY(ONLINK), &first, found, e) < 0 ||
	    read_host(first, 0, &g.ip, e) < 0 || read_optional(found[METRIC], 0, &g.metric, e) < 0)
		return -1;
	g.onlink = found[ONLINK];
	*to = g;
	return 0;
}

void network_write_gateway(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_gateway *g = field;
	char text[IP_TEXT];

	(void)key;
	writer_text(w, ip_text(&g->ip, text));
	write_optional(w, "metric", g->metric);
	writer_text(w, g->onlink ? " onlink" : "");
}

/* "default" is all addresses, of the gateway's family. */
static int read_destination(const char *text, const char *via, struct config_ip *to,
			    struct error *e) {
	char address[IP_TEXT];

	if (strcmp(text, "default") == 0)
		return ip_parse(via && strchr(via, ':') ? "::/0" : "0.0.0.0/0", IP_EITHER, to, e);
	if (ip_parse(text, IP_EITHER, to, e) < 0)
		return -1;
	if (ip_is_network(to))
		return 0;
	for (unsigned n = to->prefix; n < ip_bits(to); n++)
		to->bytes[n / 8] &= (uint8_t) ~(0x80 >> n % 8);
	return fail(e, "'%s' has bits behind its prefix: the network is %s", text,
		    ip_text_prefix(to, address));
}

int network_parse_route(const struct schema_key *key, char *text, void *field, struct error *e) {
	const unsigned allowed =
		MAY(VIA) | MAY(SRC) | MAY(METRIC) | MAY(TABLE) | MAY(ONLINK) | MAY(MTU);
	struct config_route *to = field, r = *to;
	char *found[CLAUSES] = { 0 }, *first;

	(void)key;
	if (take_apart(text, allowed, &first, found, e) < 0 ||
	    read_destination(first, found[VIA], &r.to, e) < 0 ||
	    read_host(found[VIA], r.to.family, &r.via, e) < 0 ||
	    read_host(found[SRC], r.to.family, &r.src, e) < 0 ||
	    read_optional(found[METRIC], 0, &r.metric, e) < 0 ||
	    read_optional(found[MTU], 68, &r.mtu, e) < 0 ||
	    read_named(found[TABLE], tables, UINT32_MAX, &r.table, e) < 0)
		return -1;
	if (r.table == 0 || r.table == RT_TABLE_LOCAL)
		return fail(e, "table '%s' is the kernel's own", found[TABLE]);
	if (found[ONLINK] && !found[VIA])
		return fail(e, "onlink says something about a via, and there is none");
	r.onlink = found[ONLINK];
	*to = r;
	return 0;
}

void network_write_route(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_route *r = field;
	char text[IP_TEXT];

	(void)key;
	writer_text(w, ip_text(&r->to, text));
	write_host(w, "via", &r->via);
	write_host(w, "src", &r->src);
	write_optional(w, "metric", r->metric);
	write_optional(w, "table", r->table);
	writer_text(w, r->onlink ? " onlink" : "");
	write_optional(w, "mtu", r->mtu);
}
