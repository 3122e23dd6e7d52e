/* SPDX-License-Identifier: Apache-2.0 */
#include "config/expansion.h"

#include <string.h>

#include "config/memory.h"
#include "config/value.h"
#include "config/words.h"

/* What stands between the braces. */
struct reference {
	char name[CONFIG_VARIABLE + 1];
	char kind; /* '-', '?', or '\0' */
	const char *more; /* the default or the message: len bytes */
	size_t len;
};

/* Where the expanded text goes. */
struct output {
	char *text;
	size_t len, size;
	bool full;
};

static void put(struct output *o, const char *text, size_t len) {
	o->full = o->full || len > o->size - o->len;
	if (o->full)
		return;
	memcpy(o->text + o->len, text, len);
	o->len += len;
}

static void put_char(struct output *o, char c) {
	put(o, &c, 1);
}

static char upper(char c) {
	if (c >= 'a' && c <= 'z')
		return (char)(c - 'a' + 'A');
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ? c : '_';
}

const char *expansion_after(const char *text, const char *name) {
	for (; *name; name++, text++)
		if (upper(*name) != *text)
			return NULL;
	return text;
}

bool expansion_same(const char *a, const char *b) {
	while (*a && upper(*a) == upper(*b))
		a++, b++;
	return *a == *b;
}

int expansion_refuse_control(const char *text, const char *allowed, struct error *e) {
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < ' ' && c != '\t' && !strchr(allowed, c)) || c == 0x7f)
			return fail(e, "holds the control character 0x%02x", c);
	}
	return 0;
}

static bool is_name(char c, bool first) {
	return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (!first && c >= '0' && c <= '9');
}

/* text: what follows "${", up to its "}". */
static int read_reference(const char *text, size_t len, struct reference *r, struct error *e) {
	size_t n = 0;

	while (n < len && is_name(text[n], n == 0))
		n++;
	if (n == 0 || n >= sizeof(r->name) ||
	    (n < len && (len - n < 2 || text[n] != ':' || !strchr("-?", text[n + 1]))))
		return fail(e, "'${%.*s}' is not ${VAR}, ${VAR:-default} or ${VAR:?message}",
			    (int)len, text);
	memcpy(r->name, text, n);
	r->name[n] = '\0';
	r->kind = n < len ? text[n + 1] : '\0';
	r->more = n < len ? text + n + 2 : "";
	r->len = n < len ? len - n - 2 : 0;
	return 0;
}

static bool among(const struct config_head *head, const char *name, const char *prefix,
		  const char *suffix) {
	size_t len = strlen(prefix);

	if (strncmp(name, prefix, len) != 0)
		return false;
	for (; head; head = head->next) {
		const char *rest = expansion_after(name + len, head->name);

		if (rest && strcmp(rest, suffix) == 0)
			return true;
	}
	return false;
}

#define HEADS(list) ((const struct config_head *)(list))

/* Names that have a value only while the application runs. */
static bool is_computed(const struct config *c, const char *name) {
	return (c->ports && strcmp(name, "PORT") == 0) ||
	       among(HEADS(c->ports), name, "PORT_", "") ||
	       among(HEADS(c->interfaces), name, "ADDRESS_", "") ||
	       among(HEADS(c->services), name, "SERVICE_", "_ID") ||
	       among(HEADS(c->services), name, "SERVICE_", "_ADDRESS") ||
	       among(HEADS(c->watches), name, "", "_HOST") ||
	       among(HEADS(c->watches), name, "", "_PORT") ||
	       among(HEADS(c->watches), name, "", "_ADDRESSES");
}

static const char *variable(char *const *environment, const char *name) {
	size_t len = strlen(name);

	for (; environment && *environment; environment++)
		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return *environment + len + 1;
	return NULL;
}

static int missing(const struct load *l, const struct reference *r, struct error *e) {
	if (r->kind == '?' && r->len)
		return fail(e, "%s: %.*s", r->name, (int)r->len, r->more);
	if (is_computed(l->config, r->name))
		return fail(e, "${%s} is only known while running, which is too late here",
			    r->name);
	return fail(e, "the variable %s is not set; ${%s:-default} has a default", r->name,
		    r->name);
}

/* As in a shell: an empty variable is as good as none where there is a default or a message. */
static int put_variable(const struct load *l, const struct schema_key *key,
			const struct reference *r, struct output *o, struct error *e) {
	const char *value = variable(l->input->environment, r->name);
	size_t len = value ? strlen(value) : 0;
	bool quoted = value_type(key)->quoted;

	if (value && expansion_refuse_control(value, quoted ? "\n" : "", e) < 0)
		return fail(e, "in the variable %s", r->name);
	if (!value || (len == 0 && r->kind)) {
		if (r->kind != '-')
			return missing(l, r, e);
		value = r->more;
		len = r->len;
	}
	if (quoted)
		put_char(o, WORDS_FENCE);
	put(o, value, len);
	if (quoted)
		put_char(o, WORDS_FENCE_END);
	return 0;
}

/* *text is at "${", and is left behind "}". */
static int expand_one(const struct load *l, const struct schema_key *key, const char **text,
		      struct output *o, struct error *e) {
	const char *inner = *text + 2, *end = strchr(inner, '}');
	struct reference r;

	if (!end)
		return fail(e, "a } is missing after '%s'", *text);
	if (read_reference(inner, (size_t)(end - inner), &r, e) < 0)
		return -1;
	*text = end + 1;
	if (!key->late || !is_computed(l->config, r.name))
		return put_variable(l, key, &r, o, e);
	put_char(o, WORDS_LATE);
	put(o, inner, (size_t)(end - inner));
	put_char(o, WORDS_LATE_END);
	return 0;
}

char *expansion_expand(struct load *l, const struct schema_key *key, const char *value,
		       struct error *e) {
	struct output o = { 0 };

	o.text = memory_rest(&o.size);
	while (*value) {
		size_t plain = strcspn(value, "$");

		put(&o, value, plain);
		value += plain;
		if (value[0] == '$' && value[1] == '{') {
			if (expand_one(l, key, &value, &o, e) < 0)
				return NULL;
		} else if (value[0] == '$') {
			put_char(&o, '$');
			value += value[1] == '$' ? 2 : 1;
		}
	}
	put_char(&o, '\0');
	if (o.full) {
		fail(e, "there is no memory left for it (CONFIG_MEMORY, %d bytes)", CONFIG_MEMORY);
		return NULL;
	}
	memory_keep(o.len);
	return o.text;
}

static int expand_late(const char *inner, size_t len, config_lookup *lookup, void *context,
		       struct output *o, struct error *e) {
	struct reference r;
	const char *value;

	if (read_reference(inner, len, &r, e) < 0)
		return -1;
	value = lookup(context, r.name);
	if (value && *value)
		put(o, value, strlen(value));
	else if (r.kind == '-')
		put(o, r.more, r.len);
	else if (r.kind == '?')
		return fail(e, "%s: %.*s", r.name, (int)r.len, r.more);
	return 0;
}

bool config_is_late(const char *value) {
	return strchr(value, WORDS_LATE) != NULL;
}

int config_expand(const char *value, config_lookup *lookup, void *context, char *text, size_t size,
		  struct error *e) {
	struct output o = { .text = text, .size = size };

	for (;;) {
		const char *late = strchrnul(value, WORDS_LATE),
			   *end = strchr(late, WORDS_LATE_END);

		put(&o, value, (size_t)(late - value));
		if (!end)
			break;
		if (expand_late(late + 1, (size_t)(end - late - 1), lookup, context, &o, e) < 0)
			return -1;
		value = end + 1;
	}
	put_char(&o, '\0');
	if (o.full)
		return fail(e, "is longer than %zu bytes with its variables", size - 1);
	return 0;
}
