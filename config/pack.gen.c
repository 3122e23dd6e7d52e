/* SPDX-License-Identifier: Apache-2.0 */
/* Runs at build time and prints the table of settings packed as C: each text once, and numbers that
 * say where it is. What only the reference wants to know comes apart from what starts read, and is
 * shortened: a byte that is in no text stands for the two bytes that are most often side by side,
 * another one for the next two, which may be such themselves, and so on. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/row.gen.h"

enum { PAIRS = UCHAR_MAX + 1 - SCHEMA_PAIR };

struct texts {
	size_t len; /* begins with "" */
	char bytes[UINT16_MAX];
};

static struct texts texts = { .len = 1 }, helps = { .len = 1 }, shortened;
static unsigned char pairs[PAIRS][2];

static unsigned place(struct texts *t, const char *text) {
	size_t size = strlen(text ? text : "") + 1;
	char *at = t->bytes;

	if (size == 1)
		return 0;
	if (size > sizeof(t->bytes) - t->len) {
		fprintf(stderr, "pack: there is no room for '%s'\n", text);
		exit(EXIT_FAILURE);
	}
	while (at < t->bytes + t->len && strcmp(at, text) != 0)
		at += strlen(at) + 1;
	if (at == t->bytes + t->len) {
		memcpy(at, text, size);
		t->len += size;
	}
	return (unsigned)(at - t->bytes);
}

/* Where a text of helps has got to: in both there are as many before it. */
static unsigned place_help(const char *text) {
	const char *end = helps.bytes + place(&helps, text), *at = shortened.bytes;

	for (const char *before = helps.bytes; before < end; before += strlen(before) + 1)
		at += strlen(at) + 1;
	return (unsigned)(at - shortened.bytes);
}

static void add_help(const char *text) {
	for (const char *c = text ? text : ""; *c; c++)
		if ((unsigned char)*c >= SCHEMA_PAIR || c - text == SCHEMA_HELP - 1) {
			fprintf(stderr, "pack: too long, or not ASCII: '%s'\n", text);
			exit(EXIT_FAILURE);
		}
	(void)place(&helps, text);
}

/* How often the pair is there, which is most often there. */
static unsigned find_pair(unsigned char pair[static 2]) {
	static unsigned counts[UCHAR_MAX + 1][UCHAR_MAX + 1];
	const unsigned char *bytes = (const unsigned char *)shortened.bytes;
	unsigned most = 0;

	memset(counts, 0, sizeof(counts));
	for (size_t i = 0; i + 1 < shortened.len; i++) {
		unsigned *count = &counts[bytes[i]][bytes[i + 1]];

		if (bytes[i] && bytes[i + 1] && ++*count > most) {
			most = *count;
			memcpy(pair, bytes + i, 2);
		}
	}
	return most;
}

static void replace(const unsigned char pair[static 2], int with) {
	size_t len = 0;

	for (size_t i = 0; i < shortened.len; i++) {
		bool is_pair = i + 1 < shortened.len && memcmp(shortened.bytes + i, pair, 2) == 0;

		shortened.bytes[len++] = is_pair ? (char)with : shortened.bytes[i];
		i += is_pair;
	}
	shortened.len = len;
}

static void shorten_helps(void) {
	for (const struct row_section *s = row_sections; s->kind; s++) {
		add_help(s->group);
		add_help(s->help);
		for (const struct row *r = s->rows; r < s->rows + s->count; r++)
			add_help(r->help);
	}
	shortened = helps;
	for (int i = 0; i < PAIRS && find_pair(pairs[i]) > 0; i++)
		replace(pairs[i], SCHEMA_PAIR + i);
}

static void print_row(const struct row *r) {
	printf("\t{ .name = %u, .preset = %u, .choices = %u, .help = %u, .min = %u, .max = %u, "
	       ".offset = %u, .type = %u, .none = %d, .secret = %d, .late = %d },\n",
	       place(&texts, r->name), place(&texts, r->preset), place(&texts, r->choices),
	       place_help(r->help), r->min, r->max, r->offset, r->type, r->none, r->secret,
	       r->late);
}

static void print_section(const struct row_section *s, unsigned first) {
	printf("\t{ .kind = %u, .group = %u, .help = %u, .first = %u, .count = %u, .offset = %u, "
	       ".size = %u, .limit = %u, .headless = %d },\n",
	       place(&texts, s->kind), place_help(s->group), place_help(s->help), first, s->count,
	       s->offset, s->size, s->limit, s->headless);
}

static void print_bytes(const char *declaration, const void *bytes, size_t len) {
	printf("\n%s = {", declaration);
	for (size_t i = 0; i < len; i++)
		printf("%s%d,", i % 20 ? " " : "\n\t", ((const unsigned char *)bytes)[i]);
	puts("\n};");
}

int main(void) {
	unsigned first = 0;

	shorten_helps();
	puts("#include \"config/schema.h\"\n\nconst struct schema_key schema_keys[] = {");
	for (const struct row_section *s = row_sections; s->kind; s++)
		for (const struct row *r = s->rows; r < s->rows + s->count; r++)
			print_row(r);
	puts("};\n\nconst struct schema_section schema_sections[] = {");
	for (const struct row_section *s = row_sections; s->kind; s++) {
		print_section(s, first);
		first += s->count;
	}
	puts("\t{ .count = 0 },\n};");
	print_bytes("const char schema_texts[]", texts.bytes, texts.len);
	print_bytes("const unsigned char schema_helps[]", shortened.bytes, shortened.len);
	puts("\nconst unsigned char schema_pairs[][2] = {");
	for (int i = 0; i < PAIRS; i++)
		printf("\t{ %d, %d },\n", pairs[i][0], pairs[i][1]);
	puts("};");
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
