/* SPDX-License-Identifier: Apache-2.0 */
/* Values in the words of ip(8): something first, then clauses in any order, each once, as in
 * "10.0.0.0/8 via 10.0.0.1 metric 5". A new clause is a line here and its name in clause.c. */
#ifndef CONFIG_CLAUSE_H
#define CONFIG_CLAUSE_H

#include "config/ip.h"
#include "config/writer.h"

enum clause {
	CLAUSE_PEER,
	CLAUSE_NODAD,
	CLAUSE_DAD,
	CLAUSE_SCOPE,
	CLAUSE_LABEL,
	CLAUSE_METRIC,
	CLAUSE_ONLINK,
	CLAUSE_VIA,
	CLAUSE_SRC,
	CLAUSE_TABLE,
	CLAUSE_MTU,
	CLAUSE_WEIGHT,
	/* Of rules. */
	CLAUSE_NOT,
	CLAUSE_FROM,
	CLAUSE_TO,
	CLAUSE_IIF,
	CLAUSE_OIF,
	CLAUSE_FWMARK,
	CLAUSE_PRIORITY,
	CLAUSE_SUPPRESS,
	CLAUSE_UIDRANGE,
	CLAUSE_IPPROTO,
	CLAUSE_SPORT,
	CLAUSE_DPORT,
	CLAUSE_BLACKHOLE,
	CLAUSE_UNREACHABLE,
	CLAUSE_PROHIBIT,
	CLAUSES,
};

#define CLAUSE_MAY(clause) (1u << (clause))

struct clause_line {
	char *first;
	char *found[CLAUSES]; /* the value, or the name of one that stands alone; NULL: not said */
};

struct clause_name {
	char name[8];
	int64_t number;
};

/* The names of routing tables, and "" at their end. */
extern const struct clause_name clause_tables[];

/* Takes the text apart in place. allowed: CLAUSE_MAY of those that may be there; headless: there is
 * nothing before them. */
int clause_split(char *text, unsigned allowed, bool headless, struct clause_line *, struct error *);

/* A value of one: CONFIG_NONE, and success, where text is NULL. */
int clause_number(const char *text, int64_t min, int64_t *number, struct error *);
int clause_named(const char *text, const struct clause_name *, int64_t max, int64_t *number,
		 struct error *);
/* A single host's address, of the family unless that is 0; untouched where text is NULL. */
int clause_host(const char *text, unsigned family, struct config_ip *, struct error *);
/* A network without host bits, or one address. */
int clause_network(const char *text, struct config_ip *, struct error *);

/* Write " NAME VALUE", or nothing where there is none. */
void clause_write_number(struct writer *, enum clause, int64_t number);
void clause_write_host(struct writer *, enum clause, const struct config_ip *);
void clause_write_text(struct writer *, enum clause, const char *text);
const char *clause_name(enum clause);

#endif
