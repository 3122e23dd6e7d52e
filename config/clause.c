/* SPDX-License-Identifier: Apache-2.0 */
#include "config/clause.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "config/number.h"

/* One after the other, so that they need no pointers: first all of enum clause in its order, then
 * other words for some of them, as ip(8) has them. A - means that no value follows. */
static const char names[] =
	"peer\0-nodad\0-dad\0scope\0label\0metric\0-onlink\0via\0src\0table\0mtu\0"
	"weight\0-not\0from\0to\0iif\0oif\0fwmark\0priority\0"
	"suppress_prefixlength\0uidrange\0ipproto\0sport\0dport\0-blackhole\0"
	"-unreachable\0-prohibit\0"
	"pref\0preference\0order\0lookup\0sup_pl\0";
static const uint8_t others[] = { CLAUSE_PRIORITY, CLAUSE_PRIORITY, CLAUSE_PRIORITY, CLAUSE_TABLE,
				  CLAUSE_SUPPRESS };

const struct clause_name clause_tables[] = {
	{ "main", RT_TABLE_MAIN },
	{ "default", RT_TABLE_DEFAULT },
	{ "", 0 },
};

static const char *skip_dash(const char *name) {
	return name + (*name == '-');
}

static const char *entry(unsigned n) {
	const char *name = names;

	while (n-- > 0)
		name += strlen(name) + 1;
	return name;
}

const char *clause_name(enum clause n) {
	return skip_dash(entry(n));
}

/* CLAUSES if the word is none of the allowed ones. */
static unsigned clause_of(const char *word, unsigned allowed, bool *alone) {
	unsigned n = 0, clause;

	for (const char *name = names; *name; name += strlen(name) + 1, n++) {
		clause = n < CLAUSES ? n : others[n - CLAUSES];
		*alone = *name == '-';
		if (allowed & CLAUSE_MAY(clause) && strcmp(skip_dash(name), word) == 0)
			return clause;
	}
	return CLAUSES;
}

int clause_split(char *text, unsigned allowed, bool headless, struct clause_line *line,
		 struct error *e) {
	char *rest = text;
	bool alone;

	*line = (struct clause_line){ .first = headless ? NULL : strtok_r(rest, " \t", &rest) };
	if (headless ? !*text : !line->first)
		return fail(e, "has an empty item");
	for (char *word; (word = strtok_r(rest, " \t", &rest)) != NULL;) {
		unsigned n = clause_of(word, allowed, &alone);

		if (n == CLAUSES)
			return fail(e, "'%s' is not understood%s%s", word,
				    headless ? "" : " after ", headless ? "" : line->first);
		if (line->found[n])
			return fail(e, "'%s' is there twice", word);
		line->found[n] = alone ? word : strtok_r(rest, " \t", &rest);
		if (!line->found[n])
			return fail(e, "'%s' needs a value", word);
	}
	return 0;
}

int clause_number(const char *text, int64_t min, int64_t *number, struct error *e) {
	*number = CONFIG_NONE;
	return text ? number_read(text, min, UINT32_MAX, number, e) : 0;
}

int clause_named(const char *text, const struct clause_name *known, int64_t max, int64_t *number,
		 struct error *e) {
	*number = CONFIG_NONE;
	if (!text)
		return 0;
	for (; known->name[0]; known++) {
		if (strcmp(known->name, text) == 0) {
			*number = known->number;
			return 0;
		}
	}
	return number_read(text, 0, max, number, e);
}

int clause_host(const char *text, unsigned family, struct config_ip *ip, struct error *e) {
	if (!text)
		return 0;
	if (ip_parse(text, IP_ALONE, ip, e) < 0 || ip_need_host(ip, text, e) < 0)
		return -1;
	if (family && ip->family != family)
		return fail(e, "'%s' is not an IPv%d address", text, family == AF_INET ? 4 : 6);
	return 0;
}

int clause_network(const char *text, struct config_ip *ip, struct error *e) {
	char network[IP_TEXT];

	if (ip_parse(text, IP_EITHER, ip, e) < 0)
		return -1;
	if (ip_is_network(ip))
		return 0;
	for (unsigned n = ip->prefix; n < ip_bits(ip); n++)
		ip->bytes[n / 8] &= (uint8_t) ~(0x80 >> n % 8);
	return fail(e, "'%s' has bits behind its prefix: the network is %s", text,
		    ip_text_prefix(ip, network));
}

void clause_write_text(struct writer *w, enum clause n, const char *text) {
	writer_texts(w, " ", clause_name(n), text ? " " : "", text ? text : "", NULL);
}

void clause_write_number(struct writer *w, enum clause n, int64_t number) {
	if (number == CONFIG_NONE)
		return;
	clause_write_text(w, n, "");
	writer_number(w, number);
}

void clause_write_host(struct writer *w, enum clause n, const struct config_ip *ip) {
	char text[IP_TEXT];

	if (ip->family)
		clause_write_text(w, n, ip_text(ip, text));
}
