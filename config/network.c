/* SPDX-License-Identifier: Apache-2.0 */
#include "config/network.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "config/clause.h"

static const struct clause_name scopes[] = {
	{ "global", RT_SCOPE_UNIVERSE },
	{ "site", RT_SCOPE_SITE },
	{ "link", RT_SCOPE_LINK },
	{ "host", RT_SCOPE_HOST },
	{ "", 0 },
};

#define MAY CLAUSE_MAY

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
	const unsigned allowed = MAY(CLAUSE_PEER) | MAY(CLAUSE_NODAD) | MAY(CLAUSE_DAD) |
				 MAY(CLAUSE_SCOPE) | MAY(CLAUSE_LABEL) | MAY(CLAUSE_METRIC);
	struct config_address *to = field, a = *to;
	struct clause_line line;
	char **found = line.found;

	(void)key;
	if (clause_split(text, allowed, false, &line, e) < 0 ||
	    ip_parse(line.first, found[CLAUSE_PEER] ? IP_EITHER : IP_WITH_PREFIX, &a.ip, e) < 0 ||
	    need_usable(&a.ip, line.first, e) < 0 || read_peer(found[CLAUSE_PEER], &a, e) < 0 ||
	    clause_named(found[CLAUSE_SCOPE], scopes, UINT8_MAX, &a.scope, e) < 0 ||
	    read_label(found[CLAUSE_LABEL], &a, e) < 0 ||
	    clause_number(found[CLAUSE_METRIC], 0, &a.metric, e) < 0)
		return -1;
	if (found[CLAUSE_DAD] && found[CLAUSE_NODAD])
		return fail(e, "either dad or nodad, not both");
	if (found[CLAUSE_DAD] && a.ip.family != AF_INET6)
		return fail(e, "dad: only IPv6 addresses have it");
	a.dad = found[CLAUSE_DAD];
	*to = a;
	return 0;
}

static void write_scope(struct writer *w, int64_t scope) {
	for (const struct clause_name *n = scopes; n->name[0]; n++) {
		if (n->number == scope) {
			clause_write_text(w, CLAUSE_SCOPE, n->name);
			return;
		}
	}
	clause_write_number(w, CLAUSE_SCOPE, scope);
}

void network_write_address(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_address *a = field;
	char text[IP_TEXT];

	(void)key;
	writer_text(w, ip_text_prefix(&a->ip, text));
	clause_write_host(w, CLAUSE_PEER, &a->peer);
	if (a->dad)
		clause_write_text(w, CLAUSE_DAD, NULL);
	write_scope(w, a->scope);
	if (a->label)
		clause_write_text(w, CLAUSE_LABEL, a->label);
	clause_write_number(w, CLAUSE_METRIC, a->metric);
}

int network_parse_gateway(const struct schema_key *key, char *text, void *field, struct error *e) {
	struct config_gateway *to = field, g = *to;
	struct clause_line line;

	(void)key;
	if (clause_split(text, MAY(CLAUSE_METRIC) | MAY(CLAUSE_ONLINK), false, &line, e) < 0 ||
	    clause_host(line.first, 0, &g.ip, e) < 0 ||
	    clause_number(line.found[CLAUSE_METRIC], 0, &g.metric, e) < 0)
		return -1;
	g.onlink = line.found[CLAUSE_ONLINK];
	*to = g;
	return 0;
}

void network_write_gateway(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_gateway *g = field;
	char text[IP_TEXT];

	(void)key;
	writer_text(w, ip_text(&g->ip, text));
	clause_write_number(w, CLAUSE_METRIC, g->metric);
	if (g->onlink)
		clause_write_text(w, CLAUSE_ONLINK, NULL);
}
