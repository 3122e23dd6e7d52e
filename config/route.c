/* SPDX-License-Identifier: Apache-2.0 */
/* Routes: through a gateway, on the link, over several next hops, or to nowhere. */
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "config/clause.h"
#include "config/memory.h"
#include "config/network.h"
#include "config/number.h"

#define MAY CLAUSE_MAY

/* "blackhole " and its like: packets to there are dropped, or refused. */
static const enum clause nowhere[] = {
	[RTN_BLACKHOLE] = CLAUSE_BLACKHOLE,
	[RTN_UNREACHABLE] = CLAUSE_UNREACHABLE,
	[RTN_PROHIBIT] = CLAUSE_PROHIBIT,
};

/* Takes the word off, if the route begins with one. */
static uint8_t take_type(char **text) {
	size_t len = strcspn(*text, " \t");

	if (**text < 'a') /* an address, as in most of them */
		return RTN_UNICAST;
	for (unsigned type = RTN_BLACKHOLE; type <= RTN_PROHIBIT; type++) {
		const char *name = clause_name(nowhere[type]);

		if (strlen(name) == len && strncmp(*text, name, len) == 0) {
			*text += len;
			return (uint8_t)type;
		}
	}
	return RTN_UNICAST;
}

/* "default" is all addresses, of the gateway's family. */
static int read_destination(const char *text, const char *via, struct config_ip *to,
			    struct error *e) {
	if (strcmp(text, "default") == 0)
		return ip_parse(via && strchr(via, ':') ? "::/0" : "0.0.0.0/0", IP_EITHER, to, e);
	return clause_network(text, to, e);
}

/* Cuts the text before the next " nexthop ", and returns what is behind it; NULL: there is none. */
static char *cut_hops(char *text) {
	static const char word[] = "nexthop";

	for (char *at = text; (at = strstr(at, word)) != NULL; at++) {
		char *behind = at + sizeof(word) - 1;

		if (at > text && strchr(" \t", at[-1]) && strchr(" \t", *behind)) {
			at[-1] = '\0';
			return behind + (*behind != '\0');
		}
	}
	return NULL;
}

/* The limit of weights is that of rtnh_hops, a byte that is one less. */
static int read_hop(char *text, struct config_hop *hop, struct error *e) {
	struct clause_line line;
	int64_t weight = 1;

	if (clause_split(text, MAY(CLAUSE_VIA) | MAY(CLAUSE_WEIGHT), true, &line, e) < 0)
		return -1;
	if (!line.found[CLAUSE_VIA])
		return fail(e, "a nexthop needs a via");
	if (clause_host(line.found[CLAUSE_VIA], 0, &hop->via, e) < 0 ||
	    (line.found[CLAUSE_WEIGHT] &&
	     number_read(line.found[CLAUSE_WEIGHT], 1, 256, &weight, e) < 0))
		return -1;
	hop->weight = (uint16_t)weight;
	return 0;
}

static int read_hops(char *text, struct config_route *r, struct error *e) {
	struct config_hop hops[CONFIG_HOPS] = { 0 };

	for (char *next; text; text = next) {
		next = cut_hops(text);
		if (r->hops_count == CONFIG_HOPS)
			return fail(e, "more than %d next hops", CONFIG_HOPS);
		if (read_hop(text + strspn(text, " \t"), &hops[r->hops_count++], e) < 0)
			return -1;
	}
	if (r->hops_count == 1)
		return fail(e, "only one nexthop: that is a via");
	r->hops = memory_take(r->hops_count * sizeof(*hops));
	if (!r->hops)
		return fail(e, "there is no memory left for it (CONFIG_MEMORY)");
	memcpy(r->hops, hops, r->hops_count * sizeof(*hops));
	return 0;
}

static int check_hops(const struct config_route *r, struct error *e) {
	for (unsigned a = 0; a < r->hops_count; a++) {
		if (r->hops[a].via.family != r->to.family)
			return fail(e,
				    "the nexthops and the destination are of different families");
		for (unsigned b = 0; b < a; b++)
			if (ip_equal(&r->hops[a].via, &r->hops[b].via))
				return fail(e, "a nexthop is there twice; give it a weight");
	}
	return 0;
}

static unsigned allowed_for(const struct config_route *r, bool hops) {
	const unsigned all = MAY(CLAUSE_METRIC) | MAY(CLAUSE_TABLE);
	const unsigned unicast = all | MAY(CLAUSE_SRC) | MAY(CLAUSE_MTU);

	if (r->type != RTN_UNICAST)
		return all;
	return hops ? unicast : unicast | MAY(CLAUSE_VIA) | MAY(CLAUSE_ONLINK);
}

static int read_numbers(char *const *found, struct config_route *r, struct error *e) {
	if (clause_host(found[CLAUSE_SRC], r->to.family, &r->src, e) < 0 ||
	    clause_number(found[CLAUSE_METRIC], 0, &r->metric, e) < 0 ||
	    clause_number(found[CLAUSE_MTU], 68, &r->mtu, e) < 0 ||
	    clause_named(found[CLAUSE_TABLE], clause_tables, UINT32_MAX, &r->table, e) < 0)
		return -1;
	if (r->table == 0 || r->table == RT_TABLE_LOCAL)
		return fail(e, "table '%s' is the kernel's own", found[CLAUSE_TABLE]);
	if (found[CLAUSE_ONLINK] && !found[CLAUSE_VIA])
		return fail(e, "onlink says something about a via, and there is none");
	r->onlink = found[CLAUSE_ONLINK];
	return 0;
}

int network_parse_route(const struct schema_key *key, char *text, void *field, struct error *e) {
	struct config_route *to = field, r = *to;
	struct clause_line line;
	char *hops, *via;

	(void)key;
	r.type = take_type(&text);
	hops = cut_hops(text);
	if (hops && r.type != RTN_UNICAST)
		return fail(e, "what leads nowhere has no nexthop");
	if (clause_split(text, allowed_for(&r, hops), false, &line, e) < 0)
		return -1;
	via = hops ? hops : line.found[CLAUSE_VIA];
	if (read_destination(line.first, via, &r.to, e) < 0 ||
	    clause_host(line.found[CLAUSE_VIA], r.to.family, &r.via, e) < 0 ||
	    read_numbers(line.found, &r, e) < 0 || (hops && read_hops(hops, &r, e) < 0) ||
	    check_hops(&r, e) < 0)
		return -1;
	*to = r;
	return 0;
}

static void write_hops(struct writer *w, const struct config_route *r) {
	for (unsigned n = 0; n < r->hops_count; n++) {
		writer_text(w, " nexthop");
		clause_write_host(w, CLAUSE_VIA, &r->hops[n].via);
		clause_write_number(w, CLAUSE_WEIGHT, r->hops[n].weight);
	}
}

void network_write_route(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_route *r = field;
	char text[IP_TEXT];

	(void)key;
	if (r->type != RTN_UNICAST)
		writer_texts(w, clause_name(nowhere[r->type]), " ", NULL);
	writer_text(w, ip_text(&r->to, text));
	clause_write_host(w, CLAUSE_VIA, &r->via);
	clause_write_host(w, CLAUSE_SRC, &r->src);
	clause_write_number(w, CLAUSE_METRIC, r->metric);
	clause_write_number(w, CLAUSE_TABLE, r->table);
	if (r->onlink)
		clause_write_text(w, CLAUSE_ONLINK, NULL);
	clause_write_number(w, CLAUSE_MTU, r->mtu);
	write_hops(w, r);
}
