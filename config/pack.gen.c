/* SPDX-License-Identifier: Apache-2.0 */
/* Runs at build time and prints the table of settings packed as C: each text once, and numbers that
 * say where it is. What only the reference wants to know comes apart from what starts read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/row.gen.h"

struct texts {
	const char *name;
	size_t len; /* begins with "" */
	char bytes[UINT16_MAX];
};

static struct texts texts = { .name = "schema_texts", .len = 1 },
		    helps = { .name = "schema_helps", .len = 1 };

/* The end of another text is as good as one of its own. */
static unsigned place(struct texts *t, const char *text) {
	size_t size = strlen(text ? text : "") + 1;
	char *at = memmem(t->bytes, t->len, text ? text : "", size);

	if (at)
		return (unsigned)(at - t->bytes);
	if (size > sizeof(t->bytes) - t->len) {
		fprintf(stderr, "pack: %s has no room for '%s'\n", t->name, text);
		exit(EXIT_FAILURE);
	}
	at = memcpy(t->bytes + t->len, text ? text : "", size);
	t->len += size;
	return (unsigned)(at - t->bytes);
}

static void print_row(const struct row *r) {
	printf("\t{ .name = %u, .preset = %u, .choices = %u, .help = %u, .min = %u, .max = %u, "
	       ".offset = %u, .type = %u, .none = %d, .secret = %d, .late = %d },\n",
	       place(&texts, r->name), place(&texts, r->preset), place(&texts, r->choices),
	       place(&helps, r->help), r->min, r->max, r->offset, r->type, r->none, r->secret,
	       r->late);
}

static void print_section(const struct row_section *s, unsigned first) {
	printf("\t{ .kind = %u, .group = %u, .help = %u, .first = %u, .count = %u, .offset = %u, "
	       ".size = %u, .limit = %u, .headless = %d },\n",
	       place(&texts, s->kind), place(&helps, s->group), place(&helps, s->help), first,
	       s->count, s->offset, s->size, s->limit, s->headless);
}

static void print_texts(const struct texts *t) {
	printf("const char %s[] = {", t->name);
	for (size_t i = 0; i < t->len; i++)
		printf("%s%d,", i % 20 ? " " : "\n\t", t->bytes[i]);
	puts("\n};");
}

int main(void) {
	unsigned first = 0;

	puts("#include \"config/schema.h\"\n\nconst struct schema_key schema_keys[] = {");
	for (const struct row_section *s = row_sections; s->kind; s++)
		for (const struct row *r = s->rows; r < s->rows + s->count; r++)
			print_row(r);
	puts("};\n\nconst struct schema_section schema_sections[] = {");
	for (const struct row_section *s = row_sections; s->kind; s++) {
		print_section(s, first);
		first += s->count;
	}
	puts("\t{ .count = 0 },\n};\n");
	print_texts(&texts);
	print_texts(&helps);
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
