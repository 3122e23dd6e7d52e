/* SPDX-License-Identifier: Apache-2.0 */
#include "config/value.h"

#include <string.h>

#include "config/capability.h"
#include "config/change.h"
#include "config/limit.h"
#include "config/link.h"
#include "config/listen.h"
#include "config/memory.h"
#include "config/moment.h"
#include "config/network.h"
#include "config/number.h"
#include "config/stopping.h"
#include "config/syscall.h"
#include "config/words.h"

bool value_is_variable(const char *text) {
	size_t len = strcspn(text, "=:#;[]\x7f");

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] <= ' ')
			return false;
	return len > 0 && len <= CONFIG_VARIABLE && text[len] == '\0';
}

static int parse_text(const struct schema_key *key, char *text, void *field, struct error *e) {
	(void)key;
	(void)e;
	*(const char **)field = text;
	return 0;
}

static void write_text(const struct schema_key *key, const void *field, struct writer *w) {
	(void)key;
	words_write_text(w, *(const char *const *)field);
}

static int parse_path(const struct schema_key *key, char *text, void *field, struct error *e) {
	if (*text != '/' && !(key->none && strcmp(text, "none") == 0))
		return fail(e, "'%s' is not an absolute path%s", text, key->none ? " or none" : "");
	return parse_text(key, text, field, e);
}

static const char *choices_of(const struct schema_key *key) {
	return key->choices ? schema_text(key->choices) : value_type(key)->form;
}

static int find_choice(const struct schema_key *key, const char *text) {
	int n = 0;

	for (const char *name = choices_of(key); *name; n++) {
		size_t len = strcspn(name, "|");

		if (strlen(text) == len && memcmp(name, text, len) == 0)
			return n;
		name += len + (name[len] == '|');
	}
	return -1;
}

static int parse_profile(const struct schema_key *key, char *text, void *field, struct error *e) {
	if (*text != '/' && find_choice(key, text) < 0)
		return fail(e, "'%s' is neither one of %s nor an absolute path", text,
			    schema_text(key->choices));
	return parse_text(key, text, field, e);
}

/* A text that begins with a digit is an id. 4294967295 is (uid_t)-1, "leave it as it is". */
static bool is_sound_id(const char *text) {
	int64_t id;

	return *text < '0' || *text > '9' ||
	       number_read(text, 0, UINT32_MAX - (int64_t)1, &id, NULL) == 0;
}

static int parse_user(const struct schema_key *key, char *text, void *field, struct error *e) {
	char *colon = strchr(text, ':');
	bool sound = text[0] && text[0] != '-' && !strpbrk(text, " \t/,");

	if (colon) {
		*colon = '\0';
		sound = sound && text[0] && colon[1] && !strchr(colon + 1, ':') &&
			is_sound_id(colon + 1);
	}
	sound = sound && is_sound_id(text);
	if (colon)
		*colon = ':';
	if (!sound)
		return fail(e, "'%s' is not a user: a name, or uid[:gid]", text);
	return parse_text(key, text, field, e);
}

/* The words are moved together, so that the text becomes a row of strings. */
static int count_words(char *text, size_t *count, struct error *e) {
	struct words w = { .rest = text, .separators = " \t\n" };
	char *word, *end = text;
	int more;

	while ((more = words_next(&w, &word, e)) > 0) {
		size_t size = strlen(word) + 1;

		memmove(end, word, size);
		end += size;
		++*count;
	}
	return more;
}

int value_parse_words(const struct schema_key *key, char *text, void *field, struct error *e) {
	size_t count = 0;
	const char **list;

	(void)key;
	if (count_words(text, &count, e) < 0)
		return -1;
	if (count == 0 || *text == '\0')
		return fail(e, "names no program");
	list = memory_take((count + 1) * sizeof(*list));
	if (!list)
		return fail(e, "there is no memory left for it (CONFIG_MEMORY)");
	for (size_t i = 0; i < count; i++) {
		list[i] = text;
		text += strlen(text) + 1;
	}
	*(const char *const **)field = list;
	return 0;
}

void value_write_words(const struct schema_key *key, const void *field, struct writer *w) {
	const char *const *list = *(const char *const *const *)field;

	(void)key;
	for (size_t i = 0; list[i]; i++) {
		if (i > 0)
			writer_char(w, ' ');
		words_write(w, list[i]);
	}
}

static int parse_flag(const struct schema_key *key, char *text, void *field, struct error *e) {
	bool yes = strcmp(text, "yes") == 0;

	(void)key;
	if (!yes && strcmp(text, "no") != 0)
		return fail(e, "'%s' is not yes or no", text);
	*(bool *)field = yes;
	return 0;
}

static void write_flag(const struct schema_key *key, const void *field, struct writer *w) {
	(void)key;
	writer_text(w, *(const bool *)field ? "yes" : "no");
}

static int parse_choice(const struct schema_key *key, char *text, void *field, struct error *e) {
	int n = find_choice(key, text);

	if (n < 0)
		return fail(e, "'%s' is not one of %s", text, choices_of(key));
	*(unsigned *)field = (unsigned)n;
	return 0;
}

static void write_choice(const struct schema_key *key, const void *field, struct writer *w) {
	const char *name = choices_of(key);

	for (unsigned n = *(const unsigned *)field; n > 0; n--)
		name += strcspn(name, "|") + 1;
	while (*name && *name != '|')
		writer_char(w, *name++);
}

static int parse_word(const struct schema_key *key, char *text, void *field, struct error *e) {
	(void)key;
	if (*text == '\0')
		return fail(e, "has an empty item");
	((struct config_word *)field)->text = text;
	return 0;
}

static int parse_group(const struct schema_key *key, char *text, void *field, struct error *e) {
	if (!text[0] || text[0] == '-' || strpbrk(text, " \t\n/:") || !is_sound_id(text))
		return fail(e, "'%s' is not a group: a name, or gid", text);
	return parse_word(key, text, field, e);
}

static int parse_variable(const struct schema_key *key, char *text, void *field, struct error *e) {
	if (!value_is_variable(text))
		return fail(e, "'%s' is not the name of a variable", text);
	return parse_word(key, text, field, e);
}

static void write_word(const struct schema_key *key, const void *field, struct writer *w) {
	(void)key;
	words_write(w, ((const struct config_word *)field)->text);
}

static int parse_pair(const struct schema_key *key, char *text, void *field, struct error *e) {
	return parse_text(key, text, &((struct config_pair *)field)->value, e);
}

static void write_pair(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_pair *pair = field;

	(void)key;
	if (pair->value)
		words_write_text(w, pair->value);
}

#define SIZE(type) .size = sizeof(FIELD_##type)
#define LIST(type, how, of) SIZE(type), .item = sizeof(struct of), .cut = (how), .adds = true

const struct value_type value_types[SCHEMA_TYPES] = {
	[SCHEMA_TEXT] = { "text", parse_text, write_text, SIZE(TEXT), .keeps = true },
	[SCHEMA_PATH] = { "path", parse_path, write_text, SIZE(PATH), .keeps = true },
	[SCHEMA_PROFILE] = { "none|default|strict|path", parse_profile, write_text, SIZE(PROFILE),
			     .keeps = true },
	[SCHEMA_USER] = { "user", parse_user, write_text, SIZE(USER), .keeps = true },
	[SCHEMA_GROUPS] = { "group, ...", parse_group, write_word,
			    LIST(GROUPS, VALUE_INTO_WORDS, config_word), .keeps = true,
			    .quoted = true },
	[SCHEMA_CAPABILITIES] = { "capability, ...|all|none", capability_parse, capability_write,
				  SIZE(CAPABILITIES), .adds = true },
	[SCHEMA_WORDS] = { "words", value_parse_words, value_write_words, SIZE(WORDS),
			   .keeps = true, .quoted = true },
	[SCHEMA_FLAG] = { "yes|no", parse_flag, write_flag, SIZE(FLAG), .unset = VALUE_ALWAYS_SET },
	[SCHEMA_CHOICE] = { "", parse_choice, write_choice, SIZE(CHOICE),
			    .unset = VALUE_ALWAYS_SET },
	[SCHEMA_NUMBER] = { "number", number_parse, number_write, SIZE(NUMBER),
			    .unset = VALUE_NONE },
	[SCHEMA_OCTAL] = { "octal", number_parse_octal, number_write_octal, SIZE(OCTAL),
			   .unset = VALUE_NONE },
	[SCHEMA_DURATION] = { "duration", number_parse_duration, number_write_time, SIZE(DURATION),
			      .unset = VALUE_NONE },
	[SCHEMA_LIMIT] = { "number|soft:hard|unlimited", limit_parse, limit_write, SIZE(LIMIT) },
	[SCHEMA_LIMIT_SIZE] = { "size|soft:hard|unlimited", limit_parse, limit_write,
				SIZE(LIMIT_SIZE) },
	[SCHEMA_PORT] = { "number|auto", number_parse_port, number_write_port, SIZE(PORT),
			  .unset = VALUE_NONE },
	[SCHEMA_RANGE] = { "first-last", number_parse_range, number_write_range, SIZE(RANGE) },
	[SCHEMA_IP] = { "IP", network_parse_ip, network_write_ip, SIZE(IP) },
	[SCHEMA_SIGNALS] = { "signals", stopping_parse_signals, stopping_write_signals,
			     SIZE(SIGNALS), .adds = true },
	[SCHEMA_STOPS] = { "signal [duration], ...", stopping_parse_step, stopping_write_step,
			   LIST(STOPS, VALUE_AT_COMMAS, config_stop) },
	[SCHEMA_EXITS] = { "[stop:]status=status, ...", stopping_parse_exit, stopping_write_exit,
			   LIST(EXITS, VALUE_INTO_WORDS, config_exit) },
	[SCHEMA_LIST] = { "word, ...", parse_word, write_word,
			  LIST(LIST, VALUE_INTO_WORDS, config_word), .keeps = true,
			  .quoted = true },
	[SCHEMA_VARIABLES] = { "name, ...", parse_variable, write_word,
			       LIST(VARIABLES, VALUE_INTO_WORDS, config_word), .keeps = true,
			       .quoted = true },
	[SCHEMA_SYSCALLS] = { "name, ...", syscall_parse, write_word,
			      LIST(SYSCALLS, VALUE_INTO_WORDS, config_word), .keeps = true,
			      .quoted = true },
	[SCHEMA_ADDRESSES] = { "address, ...", network_parse_address, network_write_address,
			       LIST(ADDRESSES, VALUE_AT_COMMAS, config_address), .keeps = true },
	[SCHEMA_GATEWAYS] = { "gateway, ...", network_parse_gateway, network_write_gateway,
			      LIST(GATEWAYS, VALUE_AT_COMMAS, config_gateway) },
	[SCHEMA_ROUTES] = { "route, ...", network_parse_route, network_write_route,
			    LIST(ROUTES, VALUE_AT_COMMAS, config_route) },
	[SCHEMA_RULES] = { "rule, ...", network_parse_rule, network_write_rule,
			   LIST(RULES, VALUE_AT_COMMAS, config_rule) },
	[SCHEMA_KIND] = { "existing|veth|bridge|vlan|macvlan|ipvlan|vxlan|dummy", parse_choice,
			  write_choice, SIZE(KIND), .unset = VALUE_ALWAYS_SET },
	[SCHEMA_MATCH] = { "name:NAME|mac:MAC|subnet:NETWORK", link_parse_match, link_write_match,
			   SIZE(MATCH), .keeps = true },
	[SCHEMA_LINK] = { "name", link_parse_name, write_text, SIZE(LINK), .keeps = true },
	[SCHEMA_MAC] = { "MAC", link_parse_mac, link_write_mac, SIZE(MAC) },
	[SCHEMA_NEIGHBOURS] = { "IP MAC, ...", link_parse_neighbour, link_write_neighbour,
				LIST(NEIGHBOURS, VALUE_AT_COMMAS, config_neighbour) },
	[SCHEMA_PEERS] = { "IP MAC VTEP, ...", link_parse_peer, link_write_peer,
			   LIST(PEERS, VALUE_AT_COMMAS, config_neighbour), .keeps = true },
	[SCHEMA_FLOODS] = { "IP, ...", link_parse_flood, link_write_flood,
			    LIST(FLOODS, VALUE_INTO_WORDS, config_neighbour) },
	[SCHEMA_PAIRS] = { "text", parse_pair, write_pair, SIZE(PAIRS),
			   .item = sizeof(struct config_pair), .keeps = true },
	[SCHEMA_WHEN] = { "pre-start|post-start|pre-stop|post-stop|alongside|every duration",
			  moment_parse, moment_write, SIZE(WHEN), .unset = VALUE_ALWAYS_SET },
	[SCHEMA_CHANGE] = { "none|signal NAME|exec COMMAND|restart", change_parse, change_write,
			    SIZE(CHANGE), .unset = VALUE_ALWAYS_SET, .keeps = true,
			    .quoted = true },
	[SCHEMA_LISTEN] = { "ADDRESS:PORT|none", listen_parse, listen_write, SIZE(LISTEN),
			    .unset = VALUE_ALWAYS_SET },
};

const struct value_type *value_type(const struct schema_key *key) {
	return &value_types[key->type];
}

bool value_is_set(const struct schema_key *key, const void *field) {
	static const char zero[32];
	const struct value_type *type = value_type(key);

	switch ((enum value_unset)type->unset) {
	case VALUE_ZERO:
		return memcmp(field, zero, type->size) != 0;
	case VALUE_NONE:
		return key->none || *(const int64_t *)field != CONFIG_NONE;
	case VALUE_ALWAYS_SET:
		break;
	}
	return true;
}

void value_clear(const struct schema_key *key, void *field) {
	if (value_type(key)->unset == VALUE_NONE)
		*(int64_t *)field = CONFIG_NONE;
	else
		memset(field, 0, value_type(key)->size);
}
