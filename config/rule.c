/* SPDX-License-Identifier: Apache-2.0 */
/* Policy rules. What they do not say they do not ask for, and is 0. */
#include <linux/fib_rules.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>

#include "config/clause.h"
#include "config/link.h"
#include "config/network.h"
#include "config/number.h"

static const struct clause_name protocols[] = {
	{ "tcp", IPPROTO_TCP },   { "udp", IPPROTO_UDP },       { "icmp", IPPROTO_ICMP },
	{ "sctp", IPPROTO_SCTP }, { "icmpv6", IPPROTO_ICMPV6 }, { "", 0 },
};

static const struct {
	uint8_t clause, action;
} actions[] = {
	{ CLAUSE_BLACKHOLE, FR_ACT_BLACKHOLE },
	{ CLAUSE_UNREACHABLE, FR_ACT_UNREACHABLE },
	{ CLAUSE_PROHIBIT, FR_ACT_PROHIBIT },
};
enum { ACTIONS = sizeof(actions) / sizeof(actions[0]) };

/* "all", and a prefix of 0, are no condition; the latter tells the family. */
static int read_network(const char *text, struct config_rule_key *k, struct config_ip *ip,
			struct error *e) {
	struct config_ip read = { 0 };

	if (!text || strcmp(text, "all") == 0)
		return 0;
	if (clause_network(text, &read, e) < 0)
		return -1;
	if (k->family && k->family != read.family)
		return fail(e, "from and to are of different families");
	k->family = read.family;
	if (read.prefix)
		*ip = read;
	return 0;
}

/* The names of interfaces, padded with NULs. */
static int read_name(const char *text, char name[static CONFIG_LINK_NAME], struct error *e) {
	if (text && link_check_name(text, e) < 0)
		return -1;
	if (text)
		memcpy(name, text, strlen(text));
	return 0;
}

/* Decimal, or hexadecimal with 0x, as marks are written. */
static int read_mark(const char *text, uint32_t *mark, struct error *e) {
	int64_t n = 0;

	if (strncmp(text, "0x", 2) != 0) {
		if (number_read(text, 0, UINT32_MAX, &n, e) < 0)
			return -1;
		*mark = (uint32_t)n;
		return 0;
	}
	if (!text[2] || strlen(text) > 10 || text[2 + strspn(text + 2, "0123456789abcdefABCDEF")])
		return fail(e, "'%s' is not a mark", text);
	for (const char *c = text + 2; *c; c++)
		n = n << 4 | (*c <= '9' ? *c - '0' : (*c | 0x20) - 'a' + 10);
	*mark = (uint32_t)n;
	return 0;
}

/* The kernel takes a mark alone for one with all bits in its mask, and 0 for none. */
static int read_marks(char *text, struct config_rule_key *k, struct error *e) {
	char *mask;

	if (!text)
		return 0;
	mask = strchr(text, '/');
	if (mask)
		*mask++ = '\0';
	k->mask = UINT32_MAX;
	if (read_mark(text, &k->mark, e) < 0 || (mask && read_mark(mask, &k->mask, e) < 0))
		return -1;
	if (k->mark & ~k->mask)
		return fail(e, "the mark '%s' has bits outside of its mask", text);
	if (!k->mask || (!mask && !k->mark))
		return fail(e, "this fwmark asks for nothing");
	return 0;
}

/* N or A-B. */
static int read_span(char *text, int64_t min, int64_t max, int64_t span[static 2],
		     struct error *e) {
	char *dash = strchr(text, '-');

	if (dash)
		*dash++ = '\0';
	if (number_read(text, min, max, &span[0], e) < 0 ||
	    number_read(dash ? dash : text, min, max, &span[1], e) < 0)
		return -1;
	return span[0] > span[1] ? fail(e, "'%s-%s' ends before it begins", text, dash) : 0;
}

static int read_ports(char *text, uint16_t ports[static 2], struct error *e) {
	int64_t span[2];

	if (!text)
		return 0;
	if (read_span(text, 1, UINT16_MAX, span, e) < 0)
		return -1;
	ports[0] = (uint16_t)span[0];
	ports[1] = (uint16_t)span[1];
	return 0;
}

/* The last user id that there is is 4294967294. */
static int read_users(char *text, struct config_rule_key *k, struct error *e) {
	int64_t span[2];

	if (!text)
		return 0;
	if (read_span(text, 0, UINT32_MAX - (int64_t)1, span, e) < 0)
		return -1;
	k->user = (uint32_t)span[0];
	k->users_end = (uint32_t)span[1] + 1;
	return 0;
}

static int read_numbers(char *const *found, struct config_rule *r, struct error *e) {
	int64_t table, suppress, protocol;

	if (clause_number(found[CLAUSE_PRIORITY], 1, &r->priority, e) < 0 ||
	    clause_named(found[CLAUSE_TABLE], clause_tables, UINT32_MAX, &table, e) < 0 ||
	    clause_named(found[CLAUSE_IPPROTO], protocols, UINT8_MAX, &protocol, e) < 0)
		return -1;
	suppress = CONFIG_NONE;
	if (found[CLAUSE_SUPPRESS] && number_read(found[CLAUSE_SUPPRESS], 0, 128, &suppress, e) < 0)
		return -1;
	if (table == 0)
		return fail(e, "there is no table 0");
	if (protocol == 0)
		return fail(e, "protocol 0 is all of them");
	r->key.table = table == CONFIG_NONE ? 0 : (uint32_t)table;
	r->key.protocol = protocol == CONFIG_NONE ? 0 : (uint8_t)protocol;
	r->key.suppress = (uint32_t)(suppress + 1);
	return 0;
}

/* Without one of them the kernel takes the rule, and nothing comes of it. */
static int read_action(char *const *found, struct config_rule_key *k, struct error *e) {
	unsigned count = k->table != 0;

	k->action = FR_ACT_TO_TBL;
	for (unsigned n = 0; n < ACTIONS; n++) {
		if (!found[actions[n].clause])
			continue;
		count++;
		k->action = actions[n].action;
	}
	if (count != 1)
		return fail(e, "needs one of table, blackhole, unreachable and prohibit");
	if (k->suppress && !k->table)
		return fail(e, "suppress_prefixlength is about the routes of a table");
	return 0;
}

int network_parse_rule(const struct schema_key *key, char *text, void *field, struct error *e) {
	const unsigned allowed = ~(CLAUSE_MAY(CLAUSE_NOT) - 1) | CLAUSE_MAY(CLAUSE_TABLE);
	struct config_rule *to = field, r = *to;
	struct config_rule_key *k = &r.key;
	struct clause_line line;
	char **found = line.found;

	(void)key;
	if (clause_split(text, allowed, true, &line, e) < 0 ||
	    read_network(found[CLAUSE_FROM], k, &k->from, e) < 0 ||
	    read_network(found[CLAUSE_TO], k, &k->to, e) < 0 ||
	    read_name(found[CLAUSE_IIF], k->iif, e) < 0 ||
	    read_name(found[CLAUSE_OIF], k->oif, e) < 0 ||
	    read_marks(found[CLAUSE_FWMARK], k, e) < 0 ||
	    read_users(found[CLAUSE_UIDRANGE], k, e) < 0 ||
	    read_ports(found[CLAUSE_SPORT], k->sport, e) < 0 ||
	    read_ports(found[CLAUSE_DPORT], k->dport, e) < 0 || read_numbers(found, &r, e) < 0 ||
	    read_action(found, k, e) < 0)
		return -1;
	k->invert = found[CLAUSE_NOT] != NULL;
	if (!k->family)
		k->family = AF_INET;
	*to = r;
	return 0;
}

static void write_span(struct writer *w, enum clause n, int64_t first, int64_t last) {
	if (!last)
		return;
	clause_write_number(w, n, first);
	if (last != first) {
		writer_char(w, '-');
		writer_number(w, last);
	}
}

static void write_conditions(struct writer *w, const struct config_rule_key *k) {
	clause_write_host(w, CLAUSE_TO, &k->to);
	if (k->iif[0])
		clause_write_text(w, CLAUSE_IIF, k->iif);
	if (k->oif[0])
		clause_write_text(w, CLAUSE_OIF, k->oif);
	if (k->mask) {
		clause_write_number(w, CLAUSE_FWMARK, k->mark);
		writer_char(w, '/');
		writer_number(w, k->mask);
	}
	if (k->users_end)
		write_span(w, CLAUSE_UIDRANGE, k->user, (int64_t)k->users_end - 1);
	if (k->protocol)
		clause_write_number(w, CLAUSE_IPPROTO, k->protocol);
	write_span(w, CLAUSE_SPORT, k->sport[0], k->sport[1]);
	write_span(w, CLAUSE_DPORT, k->dport[0], k->dport[1]);
}

/* Begins with from, so that the family can be told. */
void network_write_rule(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_rule *r = field;
	const struct config_rule_key *k = &r->key;
	const char *all = k->family == AF_INET6 ? "::/0" : "all";
	char text[IP_TEXT];

	(void)key;
	writer_texts(w, k->invert ? "not " : "", "from ",
		     k->from.family ? ip_text(&k->from, text) : all, NULL);
	write_conditions(w, k);
	clause_write_number(w, CLAUSE_PRIORITY, r->priority);
	for (unsigned n = 0; n < ACTIONS; n++)
		if (actions[n].action == k->action)
			clause_write_text(w, actions[n].clause, NULL);
	if (k->table)
		clause_write_number(w, CLAUSE_TABLE, k->table);
	if (k->suppress)
		clause_write_number(w, CLAUSE_SUPPRESS, (int64_t)k->suppress - 1);
}
