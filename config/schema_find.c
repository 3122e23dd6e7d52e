/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "config/schema.h"

const struct schema_section *schema_section(const char *kind) {
	for (SCHEMA_EACH_SECTION(s))
		if (strcmp(schema_text(s->kind), kind) == 0)
			return s;
	return NULL;
}

bool schema_is_open(const struct schema_key *key) {
	return key->type == SCHEMA_PAIRS;
}

size_t schema_fixed_part(const struct schema_key *key) {
	return strlen(schema_text(key->name)) - 1;
}

const char *schema_own_part(const struct schema_key *key, const char *name) {
	return name + schema_fixed_part(key);
}

static bool matches(const struct schema_key *key, const char *name) {
	const char *wanted = schema_text(key->name);
	size_t fixed;

	if (!schema_is_open(key))
		return strcmp(wanted, name) == 0;
	fixed = schema_fixed_part(key);
	return strncmp(wanted, name, fixed) == 0 && name[fixed];
}

const struct schema_key *schema_key(const struct schema_section *section, const char *name) {
	for (SCHEMA_EACH_KEY(section, k))
		if (matches(k, name))
			return k;
	return NULL;
}

void *schema_object(const struct schema_section *section, const struct config *c) {
	return (char *)(uintptr_t)c + section->offset;
}

const struct config_origin *schema_origin(const struct schema_section *section,
					  const struct schema_key *key, const void *object) {
	static const struct config_origin none = { .source = CONFIG_DEFAULT };
	const struct config_head *head = object;

	if (section->headless)
		return NULL;
	return head->origins ? &head->origins[key - schema_first_key(section)] : &none;
}

static char *unpack(unsigned char byte, char *to) {
	const unsigned char *pair;

	if (byte < SCHEMA_PAIR) {
		*to = (char)byte;
		return to + 1;
	}
	pair = schema_pairs[byte - SCHEMA_PAIR];
	return unpack(pair[1], unpack(pair[0], to));
}

const char *schema_help(uint16_t help, char text[static SCHEMA_HELP]) {
	char *end = text;

	for (const unsigned char *packed = schema_helps + help; *packed; packed++)
		end = unpack(*packed, end);
	*end = '\0';
	return text;
}
