/* SPDX-License-Identifier: Apache-2.0 */
/* pintle --reference: all settings, from the schema, in the words of three formats. */
#include <string.h>

#include "config/value.h"

struct format {
	void (*group)(struct writer *, const char *title);
	void (*section)(struct writer *, const struct schema_section *, const char *help);
	void (*key)(struct writer *, const struct schema_section *, const struct schema_key *,
		    const char *help);
	void (*end)(struct writer *, const struct schema_section *);
};

/* "meta.KEY" for "meta.*"; a variable's name is a NAME. */
static void write_name(struct writer *w, const struct schema_section *section,
		       const struct schema_key *key) {
	for (const char *c = schema_text(key->name); *c; c++) {
		if (*c != '*')
			writer_char(w, *c);
		else
			writer_text(w, section->headless ? "NAME" : "KEY");
	}
}

static void write_bounds(struct writer *w, const struct schema_key *key) {
	if (key->type != SCHEMA_NUMBER)
		return;
	writer_char(w, ' ');
	writer_number(w, key->min);
	writer_char(w, '-');
	writer_number(w, key->max);
}

/* What may be written, with this between the alternatives. */
static void write_form(struct writer *w, const struct schema_key *key, const char *between) {
	const char *form =
		key->type == SCHEMA_CHOICE ? schema_text(key->choices) : value_type(key)->form;

	for (; *form; form++) {
		if (*form == '|')
			writer_text(w, between);
		else
			writer_char(w, *form);
	}
	write_bounds(w, key);
}

static void ini_group(struct writer *w, const char *title) {
	writer_texts(w, "# --- ", title, " ---\n\n", NULL);
}

static void ini_section(struct writer *w, const struct schema_section *s, const char *help) {
	writer_texts(w, "# ", help, "\n", s->size ? "#[" : "[", schema_text(s->kind),
		     s->size ? " NAME" : "", "]\n", NULL);
}

static void ini_key(struct writer *w, const struct schema_section *s, const struct schema_key *k,
		    const char *help) {
	writer_texts(w, "\n# ", help, "\n# (", NULL);
	write_form(w, k, " | ");
	writer_text(w, value_type(k)->adds ? "; may be repeated)\n#" : ")\n#");
	write_name(w, s, k);
	writer_texts(w, " = ", schema_text(k->preset), "\n", NULL);
}

static void ini_end(struct writer *w, const struct schema_section *s) {
	(void)s;
	writer_text(w, "\n\n");
}

static void man_group(struct writer *w, const char *title) {
	(void)w;
	(void)title;
}

static void man_section(struct writer *w, const struct schema_section *s, const char *help) {
	writer_texts(w, ".Ss [", schema_text(s->kind), s->size ? " NAME" : "", "]\n", help,
		     "\n.Bl -tag -width Ds\n", NULL);
}

static void man_key(struct writer *w, const struct schema_section *s, const struct schema_key *k,
		    const char *help) {
	writer_text(w, ".It Cm ");
	write_name(w, s, k);
	writer_text(w, " No = Ar \"");
	write_form(w, k, " | ");
	writer_texts(w, "\"\n", help, "\n", NULL);
	if (value_type(k)->adds)
		writer_text(w, "May be repeated.\n");
	if (k->preset)
		writer_texts(w, "Default:\n.Ql ", schema_text(k->preset), " .\n", NULL);
}

static void man_end(struct writer *w, const struct schema_section *s) {
	(void)s;
	writer_text(w, ".El\n");
}

static void markdown_group(struct writer *w, const char *title) {
	writer_texts(w, "### ", title, "\n\n", NULL);
}

static void markdown_section(struct writer *w, const struct schema_section *s, const char *help) {
	writer_texts(w, "**`[", schema_text(s->kind), s->size ? " NAME" : "", "]`** ", help,
		     "\n\n| key | value | default | |\n|---|---|---|---|\n", NULL);
}

static void markdown_key(struct writer *w, const struct schema_section *s,
			 const struct schema_key *k, const char *help) {
	writer_text(w, "| `");
	write_name(w, s, k);
	writer_text(w, "` | ");
	write_form(w, k, ", ");
	writer_texts(w, value_type(k)->adds ? " (list)" : "", " | ", k->preset ? "`" : "",
		     schema_text(k->preset), k->preset ? "`" : "", " | ", NULL);
	for (const char *c = help; *c; c++) {
		if (*c == '|' || *c == '<')
			writer_char(w, '\\');
		writer_char(w, *c);
	}
	writer_text(w, " |\n");
}

static void markdown_end(struct writer *w, const struct schema_section *s) {
	(void)s;
	writer_char(w, '\n');
}

static const struct format formats[] = {
	[CONFIG_REFERENCE_INI] = { ini_group, ini_section, ini_key, ini_end },
	[CONFIG_REFERENCE_MAN] = { man_group, man_section, man_key, man_end },
	[CONFIG_REFERENCE_MARKDOWN] = { markdown_group, markdown_section, markdown_key,
					markdown_end },
};

void config_reference(enum config_reference which, int fd) {
	const struct format *format = &formats[which];
	struct writer w = { .fd = fd };
	char help[SCHEMA_HELP];

	for (SCHEMA_EACH_SECTION(s)) {
		if (s->group)
			format->group(&w, schema_help(s->group, help));
		format->section(&w, s, schema_help(s->help, help));
		for (SCHEMA_EACH_KEY(s, k))
			format->key(&w, s, k, schema_help(k->help, help));
		format->end(&w, s);
	}
	writer_flush(&w);
}
