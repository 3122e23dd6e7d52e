/* SPDX-License-Identifier: Apache-2.0 */
/* All settings as one table: a row is a setting. Parsing, limits, environment names, --check and
 * the reference follow from it. To add a setting: a field in config.h and a row in schema.gen.c. A
 * new kind of value is a line in enum schema_type, its FIELD_ type here, and its row in value.c. */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

enum schema_type {
	SCHEMA_TEXT,
	SCHEMA_PATH,
	SCHEMA_PROFILE,
	SCHEMA_USER,
	SCHEMA_GROUPS,
	SCHEMA_CAPABILITIES,
	SCHEMA_WORDS,
	SCHEMA_FLAG,
	SCHEMA_CHOICE,
	SCHEMA_NUMBER,
	SCHEMA_OCTAL,
	SCHEMA_DURATION,
	SCHEMA_LIMIT,
	SCHEMA_LIMIT_SIZE,
	SCHEMA_PORT,
	SCHEMA_RANGE,
	SCHEMA_IP,
	SCHEMA_SIGNALS,
	SCHEMA_STOPS,
	SCHEMA_EXITS,
	SCHEMA_LIST,
	SCHEMA_VARIABLES,
	SCHEMA_SYSCALLS,
	SCHEMA_ADDRESSES,
	SCHEMA_GATEWAYS,
	SCHEMA_ROUTES,
	SCHEMA_RULES,
	SCHEMA_KIND,
	SCHEMA_MATCH,
	SCHEMA_LINK,
	SCHEMA_MAC,
	SCHEMA_NEIGHBOURS,
	SCHEMA_PEERS,
	SCHEMA_FLOODS,
	SCHEMA_PAIRS,
	SCHEMA_WHEN,
	SCHEMA_CHANGE,
	SCHEMA_LISTEN,
	SCHEMA_TYPES,
};

/* The C type of a field of each kind of value. */
#define FIELD_TEXT const char *
#define FIELD_PATH const char *
#define FIELD_PROFILE const char *
#define FIELD_USER const char *
#define FIELD_GROUPS struct config_word *
#define FIELD_CAPABILITIES struct config_capabilities
#define FIELD_WORDS const char *const *
#define FIELD_FLAG bool
#define FIELD_CHOICE unsigned
#define FIELD_NUMBER int64_t
#define FIELD_OCTAL int64_t
#define FIELD_DURATION int64_t
#define FIELD_LIMIT struct config_limit
#define FIELD_LIMIT_SIZE struct config_limit
#define FIELD_PORT int64_t
#define FIELD_RANGE struct config_range
#define FIELD_IP struct config_ip
#define FIELD_SIGNALS uint64_t
#define FIELD_STOPS struct config_stop *
#define FIELD_EXITS struct config_exit *
#define FIELD_LIST struct config_word *
#define FIELD_VARIABLES struct config_word *
#define FIELD_SYSCALLS struct config_word *
#define FIELD_ADDRESSES struct config_address *
#define FIELD_GATEWAYS struct config_gateway *
#define FIELD_ROUTES struct config_route *
#define FIELD_RULES struct config_rule *
#define FIELD_KIND unsigned
#define FIELD_MATCH struct config_match
#define FIELD_LINK const char *
#define FIELD_MAC struct config_mac
#define FIELD_NEIGHBOURS struct config_neighbour *
#define FIELD_PEERS struct config_neighbour *
#define FIELD_FLOODS struct config_neighbour *
#define FIELD_PAIRS struct config_pair *
#define FIELD_WHEN struct config_moment
#define FIELD_CHANGE struct config_change
#define FIELD_LISTEN struct config_listen

/* The texts of all rows are packed: offsets instead of pointers, so that the table needs no
 * relocation and its pages stay clean and shared. 0 is "". */
struct schema_key {
	uint16_t name; /* of schema_text: "*", "meta.*": what stands for * is the user's own */
	uint16_t preset; /* likewise: the default, as a user would write it; 0: not set */
	uint16_t choices; /* "tcp|udp", in the order of the enum; of a profile, the built-in ones */
	uint16_t help; /* of schema_help */
	uint32_t min, max; /* of a number or a duration; both 0: no limit but the type's */
	uint16_t offset;
	uint8_t type;
	bool none : 1; /* "none" may be written: CONFIG_NONE for a number, "none" for a path */
	bool secret : 1; /* never shown; file:PATH reads it from a file */
	bool late : 1; /* may hold names that pintle computes: its reader calls config_expand */
};

struct schema_section {
	uint16_t kind; /* of schema_text */
	uint16_t group; /* of schema_help: of the reference, where one begins */
	uint16_t help; /* of schema_help */
	uint16_t first; /* in schema_keys */
	uint16_t count; /* of keys */
	uint16_t offset; /* in struct config: of the struct, or of the pointer to the first one */
	uint16_t size; /* of an instance: [kind name]; 0: there is one [kind] */
	uint16_t limit; /* how many instances there may be */
	bool headless; /* its keys are fields of struct config itself */
};

/* Made from schema.gen.c when pintle is built. */
extern const struct schema_section schema_sections[]; /* the last one has no keys */
extern const struct schema_key schema_keys[];
extern const char schema_texts[];

static inline const char *schema_text(uint16_t text) {
	return schema_texts + text;
}

/* The texts of the reference are shortened as well: a byte from SCHEMA_PAIR on stands for a pair.
 */
enum { SCHEMA_HELP = 160, SCHEMA_PAIR = 128 };
extern const unsigned char schema_helps[], schema_pairs[][2];
const char *schema_help(uint16_t help, char text[static SCHEMA_HELP]);

static inline const struct schema_key *schema_first_key(const struct schema_section *section) {
	return schema_keys + section->first;
}

#define SCHEMA_EACH_SECTION(s)                                                                     \
	const struct schema_section *s = schema_sections;                                          \
	s->count;                                                                                  \
	s++
#define SCHEMA_EACH_KEY(section, k)                                                                \
	const struct schema_key *k = schema_first_key(section);                                    \
	k < schema_first_key(section) + (section)->count;                                          \
	k++

/* The section of this kind, and its key for this name ("meta.*" for "meta.version"); NULL if there
 * is none. */
const struct schema_section *schema_section(const char *kind);
const struct schema_key *schema_key(const struct schema_section *, const char *name);

/* Whether the key's name ends with a *, how many bytes come before that, and the user's own part of
 * a name that matches it. */
bool schema_is_open(const struct schema_key *);
size_t schema_fixed_part(const struct schema_key *);
const char *schema_own_part(const struct schema_key *, const char *name);

/* The object that holds a [kind]'s fields, or the pointer to the first of its instances. */
void *schema_object(const struct schema_section *, const struct config *);
#define schema_first(section, config) (*(struct config_head **)schema_object(section, config))

/* Where the key's value came from; NULL where each item knows for itself. */
const struct config_origin *schema_origin(const struct schema_section *, const struct schema_key *,
					  const void *object);

#endif
