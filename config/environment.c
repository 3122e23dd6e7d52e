/* SPDX-License-Identifier: Apache-2.0 */
#include "config/environment.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/expansion.h"
#include "config/memory.h"
#include "config/set.h"
#include "config/suggest.h"

static const char prefix[] = "PINTLE_";
enum { PREFIX = sizeof(prefix) - 1 };

/* A variable, and the settings that it may mean. */
struct match {
	const char *name; /* without the prefix */
	unsigned count;
	struct load_place place; /* of the first */
	char key[CONFIG_VARIABLE + 1]; /* for place.name */
	char instance[CONFIG_VARIABLE + 1]; /* of one that is not there yet */
};

static bool names(const char *text, const char *key) {
	const char *rest = expansion_after(text, key);

	return rest && *rest == '\0';
}

/* What follows "NAME_", if text begins so. */
static const char *below(const char *text, const char *name) {
	const char *rest = expansion_after(text, name);

	return rest && *rest == '_' ? rest + 1 : NULL;
}

static void found(struct match *m, const struct schema_section *section, void *object,
		  const char *instance, const struct schema_key *key, const char *name) {
	if (m->count++)
		return;
	m->place.section = section;
	m->place.object = object;
	m->place.instance = instance;
	m->place.key = key;
	(void)snprintf(m->key, sizeof(m->key), "%s", name);
	m->place.name = m->key;
}

/* Of an open key only the names that the file has. */
static void match_pairs(struct match *m, const struct schema_section *section,
			struct config_head *object, const struct schema_key *key,
			const char *text) {
	const struct config_pair *pair = *(struct config_pair **)((char *)object + key->offset);

	for (; pair; pair = pair->head.next) {
		char name[CONFIG_VARIABLE + 1];

		(void)snprintf(name, sizeof(name), "%.*s%s", (int)schema_fixed_part(key),
			       schema_text(key->name), pair->key);
		if (names(text, name))
			found(m, section, object, object->name, key, name);
	}
}

static void match_keys(struct match *m, const struct schema_section *section,
		       struct config_head *object, const char *instance, const char *text) {
	for (SCHEMA_EACH_KEY(section, k)) {
		if (schema_is_open(k))
			match_pairs(m, section, object, k, text);
		else if (names(text, schema_text(k->name)))
			found(m, section, object, instance, k, schema_text(k->name));
	}
}

static void match_instances(struct match *m, const struct config *c,
			    const struct schema_section *section, const char *text) {
	for (struct config_head *h = schema_first(section, c); h; h = h->next) {
		const char *rest = below(text, h->name);

		if (rest && h->origin.source == CONFIG_FILE)
			match_keys(m, section, h, h->name, rest);
	}
}

/* The names of hosts know no case, and may be new. */
static void match_single(struct match *m, const struct schema_section *s, void *object,
			 const char *rest) {
	unsigned before = m->count;

	match_keys(m, s, object, NULL, rest);
	if (m->count > before || !schema_is_open(schema_first_key(s)))
		return;
	found(m, s, object, NULL, schema_first_key(s), rest);
	for (char *c = m->key; *c; c++)
		*c = (char)tolower((unsigned char)*c);
}

/* What is there already: the only sections of a kind, and the instances in the file. */
static void match_present(struct match *m, const struct config *c) {
	for (SCHEMA_EACH_SECTION(s)) {
		const char *rest = below(m->name, schema_text(s->kind));

		if (!rest || !*rest)
			continue;
		if (s->headless)
			found(m, s, schema_object(s, c), NULL, schema_first_key(s), rest);
		else if (s->size)
			match_instances(m, c, s, rest);
		else
			match_single(m, s, schema_object(s, c), rest);
	}
}

/* The longest key at the end; what is left is the name of a new instance. */
static void match_new_in(struct match *m, const struct schema_section *section, const char *text) {
	const struct schema_key *longest = NULL;
	size_t len = strlen(text), name_len;

	for (SCHEMA_EACH_KEY(section, k)) {
		size_t n = strlen(schema_text(k->name));

		if (len > n + 1 && text[len - n - 1] == '_' &&
		    names(text + len - n, schema_text(k->name)) && !schema_is_open(k) &&
		    (!longest || n > strlen(schema_text(longest->name))))
			longest = k;
	}
	if (!longest)
		return;
	found(m, section, NULL, NULL, longest, schema_text(longest->name));
	name_len = len - strlen(schema_text(longest->name)) - 1;
	for (size_t i = 0; i < name_len; i++)
		m->instance[i] = (char)tolower((unsigned char)text[i]);
	m->instance[name_len] = '\0';
}

static void match_new(struct match *m) {
	for (SCHEMA_EACH_SECTION(s)) {
		const char *rest = below(m->name, schema_text(s->kind));

		if (rest && s->size)
			match_new_in(m, s, rest);
	}
}

static bool starts(const char *text, const char *with) {
	return strncmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, size_t len, const char *with) {
	size_t n = strlen(with);

	return len >= n && memcmp(text + len - n, with, n) == 0;
}

/* PORT_<n>_(TCP|UDP|SCTP), at the end or before a _. */
static bool is_link_port(const char *text, const char *end) {
	static const char *const protocols[] = { "_TCP", "_UDP", "_SCTP" };

	for (; (text = strstr(text, "PORT_")) != NULL && text < end; text++) {
		const char *number = text + 5, *rest = number + strspn(number, "0123456789");

		for (size_t i = 0; i < 3 && rest > number; i++) {
			size_t n = strlen(protocols[i]);

			if (starts(rest, protocols[i]) && (rest[n] == '_' || rest[n] == '='))
				return true;
		}
	}
	return false;
}

/* What docker links and Kubernetes tell about a neighbour whose name begins with pintle: never
 * ours. variable: NAME=value without the prefix. */
static bool is_link(const char *variable, size_t len) {
	const char *value = variable + len + 1;

	return (ends(variable, len, "PORT") &&
		(starts(value, "tcp://") || starts(value, "udp://") || starts(value, "sctp://"))) ||
	       is_link_port(variable, variable + len);
}

/* The same, but the name may be one of ours as well. */
static bool may_be_link(const char *name) {
	const char *port = strstr(name, "SERVICE_PORT");

	while (port && port[12] != '\0' && port[12] != '_')
		port = strstr(port + 1, "SERVICE_PORT");
	return port || ends(name, strlen(name), "SERVICE_HOST");
}

static bool has_prefix(const char *variable) {
	return variable[0] == prefix[0] && strncmp(variable, prefix, PREFIX) == 0;
}

/* Takes the name out of PINTLE_NAME=value; false if it is none of ours for sure. */
static bool take_name(const char *variable, char *name, size_t size) {
	size_t len = strcspn(variable, "=");

	if (variable[len] == '\0' || is_link(variable + PREFIX, len - PREFIX))
		return false;
	(void)snprintf(name, size, "%.*s", (int)len, variable);
	return true;
}

static bool is_ours(const char *variable) {
	char name[CONFIG_VARIABLE + 1];
	struct match m = { .name = name + PREFIX };

	if (!take_name(variable, name, sizeof(name)))
		return false;
	if (!may_be_link(name + PREFIX))
		return true;
	match_new(&m);
	return m.count > 0;
}

bool config_is_ours(const char *variable) {
	return has_prefix(variable) && is_ours(variable);
}

/* "PINTLE_KIND_NAME_KEY" as it should have been. */
static void try_name(struct suggest *s, const char *kind, const char *instance, size_t instance_len,
		     const char *key) {
	char name[SUGGEST_TEXT];

	(void)snprintf(name, sizeof(name), "%s%s_%.*s%s%s", prefix, kind, (int)instance_len,
		       instance, instance_len ? "_" : "", key);
	for (char *c = name; *c; c++)
		*c = isalnum((unsigned char)*c) ? (char)toupper((unsigned char)*c) : '_';
	suggest_try(s, name);
}

/* As many words at the end as the key has are taken for the misspelt key. */
static void try_new(struct suggest *s, const char *kind, const char *text, const char *key) {
	const char *end = memrchr(text, '_', strlen(text));

	for (const char *c = key; end && (c = strpbrk(c, "-_.")) != NULL; c++)
		end = memrchr(text, '_', (size_t)(end - text));
	if (end)
		try_name(s, kind, text, (size_t)(end - text), key);
}

static void unknown(struct load *l, const struct load_place *p, const char *name) {
	struct suggest s = { .written = name };

	for (SCHEMA_EACH_SECTION(section)) {
		const char *rest = below(name + PREFIX, schema_text(section->kind));

		for (SCHEMA_EACH_KEY(section, k)) {
			if (schema_is_open(k))
				continue;
			if (section->size == 0)
				try_name(&s, schema_text(section->kind), "", 0,
					 schema_text(k->name));
			else if (rest)
				try_new(&s, schema_text(section->kind), rest, schema_text(k->name));
		}
	}
	load_mistake(l, p, "there is no such setting%s", suggest_hint(&s));
}

static void set_found(struct load *l, struct match *m, const char *value) {
	struct error e = { 0 };

	if (!m->place.object)
		m->place.object = set_instance(l->config, m->place.section, m->instance,
					       &m->place.origin, &e);
	if (!m->place.object)
		load_mistake(l, &m->place, "%s", e.text);
	else
		set_value(l, &m->place, value);
}

static void load_one(struct load *l, const char *variable) {
	char name[CONFIG_VARIABLE + 1];
	struct match m = { .name = name + PREFIX };

	if (!take_name(variable, name, sizeof(name)) || strcmp(name, "PINTLE_CONFIG") == 0)
		return;
	m.place.origin = (struct config_origin){
		.source = CONFIG_ENVIRONMENT,
		.variable = memory_text(name, strlen(name)),
	};
	match_present(&m, l->config);
	if (!m.count)
		match_new(&m);
	if (!m.count && may_be_link(m.name))
		return;
	l->config->given = true;
	if (!m.place.origin.variable)
		load_mistake(l, &m.place, "there is no memory left for it (CONFIG_MEMORY)");
	else if (strcspn(variable, "=") > CONFIG_VARIABLE)
		load_mistake(l, &m.place, "the name has more than %d bytes", CONFIG_VARIABLE);
	else if (m.count > 1)
		load_mistake(l, &m.place, "means several settings, [%s %s] %s among them",
			     schema_text(m.place.section->kind),
			     m.place.instance ? m.place.instance : m.instance, m.place.name);
	else if (!m.count)
		unknown(l, &m.place, name);
	else
		set_found(l, &m, strchr(variable, '=') + 1);
}

void environment_load(struct load *l) {
	for (char *const *v = l->input->environment; v && *v; v++)
		if (has_prefix(*v))
			load_one(l, *v);
}
