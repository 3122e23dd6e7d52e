/* SPDX-License-Identifier: Apache-2.0 */
/* pintle --check: every setting as a file would have it, and behind it where it comes from. (A file
 * itself has no comments behind its values: who wants to use this as one cuts them off.) */
#include <string.h>

#include "config/value.h"

struct print {
	const struct config *config;
	struct writer writer;
	const struct schema_section *section;
	const struct config_head *instance; /* NULL: there is one [kind] */
	bool headed; /* its header is written */
	bool begun; /* something is written */
};

static void write_origin(struct print *p, const struct config_origin *origin) {
	char where[ERROR_TEXT];

	config_where(p->config, origin, where, sizeof(where));
	writer_texts(&p->writer, "\t# ",
		     origin->source == CONFIG_ENVIRONMENT ? "environment: " : "", where, "\n",
		     NULL);
}

static void write_header(struct print *p) {
	if (p->headed)
		return;
	writer_text(&p->writer, p->begun ? "\n" : "");
	p->begun = p->headed = true;
	writer_texts(&p->writer, "[", schema_text(p->section->kind), p->instance ? " " : "",
		     p->instance ? p->instance->name : "", "]\n", NULL);
}

/* A file can't hold line breaks in a value, nor blanks at its ends. */
static bool fits_text(const char *text) {
	size_t len = text ? strlen(text) : 0;

	return len == 0 ||
	       (!strchr(text, '\n') && !strchr(" \t", text[0]) && !strchr(" \t", text[len - 1]));
}

static bool fits_words(const char *const *words) {
	for (; *words; words++)
		if (strchr(*words, '\n'))
			return false;
	return true;
}

/* Only what keeps its text has any; of addresses and their like it is a name without blanks. */
static bool fits(const struct schema_key *key, const void *field) {
	const struct value_type *type = value_type(key);
	const struct config_change *change = field;

	if (!type->keeps)
		return true;
	if (key->type == SCHEMA_PAIRS)
		return fits_text(((const struct config_pair *)field)->value);
	if (key->type == SCHEMA_WORDS)
		return fits_words(*(const char *const *const *)field);
	if (key->type == SCHEMA_CHANGE)
		return !change->command || fits_words(change->command);
	if (type->item)
		return type->cut != VALUE_INTO_WORDS ||
		       !strchr(((const struct config_word *)field)->text, '\n');
	return fits_text(*(const char *const *)field);
}

/* own: what stands for the * in the key's name. */
static void write_name(struct writer *w, const struct schema_key *key, const char *own) {
	for (const char *c = schema_text(key->name); *c && *c != '*'; c++)
		writer_char(w, *c);
	writer_text(w, own);
}

static void write_setting(struct print *p, const struct schema_key *key, const char *own,
			  const void *field, const struct config_origin *origin) {
	write_header(p);
	if (!key->secret && !fits(key, field)) {
		writer_text(&p->writer, "# ");
		write_name(&p->writer, key, own);
		writer_text(&p->writer,
			    ": can't be written in a file (line breaks, or blanks at its ends)");
		write_origin(p, origin);
		return;
	}
	write_name(&p->writer, key, own);
	writer_text(&p->writer, " = ");
	if (key->secret)
		writer_text(&p->writer, "(set)");
	else
		value_type(key)->write(key, field, &p->writer);
	write_origin(p, origin);
}

static void write_items(struct print *p, const struct schema_key *key,
			const struct config_head *item) {
	for (; item; item = item->next) {
		const char *own = "";

		if (schema_is_open(key))
			own = ((const struct config_pair *)(const void *)item)->key;
		write_setting(p, key, own, item, &item->origin);
	}
}

static void write_keys(struct print *p, const void *object) {
	for (SCHEMA_EACH_KEY(p->section, k)) {
		const void *field = (const char *)object + k->offset;

		if (value_type(k)->item)
			write_items(p, k, *(struct config_head *const *)field);
		else if (value_is_set(k, field))
			write_setting(p, k, "", field, schema_origin(p->section, k, object));
	}
}

void config_print(const struct config *c, int fd) {
	struct print p = { .config = c, .writer = { .fd = fd } };

	for (SCHEMA_EACH_SECTION(s)) {
		p.section = s;
		p.headed = false;
		p.instance = NULL;
		if (s->size == 0) {
			write_keys(&p, schema_object(s, c));
			continue;
		}
		for (p.instance = schema_first(s, c); p.instance; p.instance = p.instance->next) {
			p.headed = false;
			write_header(&p);
			write_keys(&p, p.instance);
		}
	}
	writer_flush(&p.writer);
}
