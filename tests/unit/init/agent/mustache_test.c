/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of Mustache's specification, one by one, and what becomes of what is no template. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "init/agent/mustache.h"

#include <cmocka.h>

enum { OUTPUT = 1 << 16, MANY = 1000000 };

/* A name in an item: a text, or a list of items. */
struct field {
	const char *name, *text;
	const struct item *list;
	unsigned count;
};

struct item {
	struct field fields[4];
};

#define TEXT(key, value)                                                                           \
	{ .name = (key), .text = (value) }
#define LIST(key, items, n)                                                                        \
	{ .name = (key), .list = (items), .count = (n) }

static const struct item words[] = { { { TEXT(".", "x") } }, { { TEXT(".", "y") } } };
static const struct item friends[] = { { { TEXT("name", "Al") } } };
static const struct item servers[] = {
	{ { TEXT("id", "a"), TEXT("port", "80"), LIST("tags", words, 2) } },
	{ { TEXT("id", "b"), TEXT("port", "81"), TEXT("name", "inner") } },
};
static const struct item person[] = {
	{ { TEXT("name", "Joe"), LIST("friend", friends, 1), TEXT("only", "") } },
};
static const struct field outermost[] = {
	TEXT("name", "outer"),
	TEXT("html", "<a href=\"x\"> & 'y'"),
	TEXT("empty", ""),
	TEXT("yes", "1"),
	TEXT("mustache", "{{name}}"),
	LIST("servers", servers, 2),
	LIST("none", servers, 0),
	LIST("words", words, 2),
	LIST("person", person, 1),
	LIST("many", NULL, MANY),
};

static char output[OUTPUT + 1];
static size_t length;

static void take_field(const struct field *f, unsigned count, const char *name, size_t len,
		       struct mustache_value *v) {
	for (; count > 0 && f->name; f++, count--) {
		if (strlen(f->name) != len || memcmp(f->name, name, len) != 0)
			continue;
		v->kind = f->text ? MUSTACHE_TEXT : MUSTACHE_LIST;
		v->text = f->text;
		v->length = f->text ? strlen(f->text) : 0;
		v->list = f->list;
		v->count = f->count;
	}
}

static void look_up(struct mustache *m, const void *list, unsigned index, const char *name,
		    size_t len, struct mustache_value *v) {
	const struct item *items = list;

	(void)m;
	assert_int_equal(v->kind, MUSTACHE_NOTHING);
	if (items)
		take_field(items[index].fields, 4, name, len, v);
	else
		take_field(outermost, sizeof(outermost) / sizeof(*outermost), name, len, v);
}

static void put(struct mustache *m, const char *text, size_t len) {
	(void)m;
	assert_true(length + len <= OUTPUT);
	memcpy(output + length, text, len);
	length += len;
	output[length] = '\0';
}

static int render(const char *template, struct error *e) {
	struct mustache m = {
		.template = template,
		.end = template + strlen(template),
		.look_up = look_up,
		.put = put,
		.limit = OUTPUT,
	};

	length = 0;
	*output = '\0';
	return mustache_render(&m, e);
}

struct example {
	const char *template, *output;
};

static void hold(const struct example *x, size_t count) {
	for (; count > 0; x++, count--) {
		struct error e = { 0 };

		if (render(x->template, &e) < 0)
			fail_msg("'%s': %s", x->template, e.text);
		if (strcmp(output, x->output) != 0)
			fail_msg("'%s' gives '%s', not '%s'", x->template, output, x->output);
	}
}

#define HOLD(examples) hold(examples, sizeof(examples) / sizeof(*(examples)))

static void values_are_written_as_they_are(void **state) {
	static const struct example examples[] = {
		{ "", "" },
		{ "no tag { here } at all }}", "no tag { here } at all }}" },
		{ "{{name}}", "outer" },
		{ "{{ name }}|{{\tname\n}}", "outer|outer" },
		{ "{{html}}", "<a href=\"x\"> & 'y'" },
		{ "{{{html}}}", "<a href=\"x\"> & 'y'" },
		{ "{{& html }}", "<a href=\"x\"> & 'y'" },
		{ "{{{ name }}}!", "outer!" },
		{ "[{{unknown}}|{{{unknown}}}|{{&unknown}}]", "[||]" },
		{ "[{{empty}}]", "[]" },
		{ "  {{name}}\n", "  outer\n" },
		{ "{{mustache}}", "{{name}}" },
		{ "[{{servers}}]", "[]" },
	};

	(void)state;
	HOLD(examples);
}

static void names_with_dots_go_into_the_first_item(void **state) {
	static const struct example examples[] = {
		{ "{{person.name}}", "Joe" },
		{ "{{person.friend.name}}", "Al" },
		{ "{{servers.port}}", "80" },
		{ "[{{person.unknown.name}}]", "[]" },
		{ "[{{unknown.name}}]", "[]" },
		{ "[{{name.name}}]", "[]" },
		{ "[{{none.id}}]", "[]" },
		{ "{{#person.friend}}{{name}}{{/person.friend}}", "Al" },
		/* The first part decides where the rest is looked for. */
		{ "{{#person}}{{friend.name}}[{{friend.id}}]{{/person}}", "Al[]" },
	};

	(void)state;
	HOLD(examples);
}

static void sections_show_once_for_each_item(void **state) {
	static const struct example examples[] = {
		{ "{{#yes}}shown{{/yes}}", "shown" },
		{ "[{{#unknown}}hidden{{/unknown}}]", "[]" },
		{ "[{{#empty}}hidden{{/empty}}]", "[]" },
		{ "[{{#none}}hidden{{/none}}]", "[]" },
		{ "{{#servers}}{{id}}:{{port}};{{/servers}}", "a:80;b:81;" },
		{ "{{#words}}{{.}},{{/words}}", "x,y," },
		{ "{{#yes}}{{.}}{{/yes}}", "1" },
		{ "[{{.}}]", "[]" },
		/* Inside first, then outside. */
		{ "{{#servers}}{{name}} {{/servers}}", "outer inner " },
		{ "{{#servers}}{{#tags}}{{.}}{{id}}{{/tags}};{{/servers}}", "xaya;;" },
		{ "{{#servers}}{{#yes}}{{id}}{{.}}{{/yes}}{{/servers}}", "a1b1" },
		/* An empty text is a value, and hides the one outside. */
		{ "{{#person}}[{{only}}]{{/person}}", "[]" },
		{ "{{#yes}}{{#yes}}{{#yes}}deep{{/yes}}{{/yes}}{{/yes}}", "deep" },
		{ "{{#unknown}}{{#servers}}{{/servers}}{{#yes}}x{{/yes}}{{/unknown}}", "" },
		{ "{{# yes }}blanks{{/ yes }}", "blanks" },
		{ "{{#yes}}a{{/yes}} {{#yes}}b{{/yes}}", "a b" },
	};

	(void)state;
	HOLD(examples);
}

static void inverted_sections_show_what_is_missing(void **state) {
	static const struct example examples[] = {
		{ "{{^unknown}}shown{{/unknown}}", "shown" },
		{ "{{^empty}}shown{{/empty}}", "shown" },
		{ "{{^none}}no {{name}}{{/none}}", "no outer" },
		{ "[{{^yes}}hidden{{/yes}}]", "[]" },
		{ "[{{^servers}}hidden{{/servers}}]", "[]" },
		{ "{{^person.unknown}}shown{{/person.unknown}}", "shown" },
		{ "{{#servers}}{{^tags}}{{id}}{{/tags}}{{/servers}}", "b" },
		{ "{{^unknown}}{{#servers}}{{id}}{{/servers}}{{/unknown}}", "ab" },
		{ "[{{^yes}}{{^unknown}}hidden{{/unknown}}{{/yes}}]", "[]" },
		{ "[{{#unknown}}{{^unknown}}hidden{{/unknown}}{{/unknown}}]", "[]" },
	};

	(void)state;
	HOLD(examples);
}

static void comments_are_left_out(void **state) {
	static const struct example examples[] = {
		{ "12{{! a comment }}34", "1234" },
		{ "12{{!\n two\n lines }}34", "1234" },
		{ "a\n{{! alone }}\nb\n", "a\nb\n" },
		{ "a\n  {{!\n lines\n  }}  \nb\n", "a\nb\n" },
		{ "{{! }} at its end }}", " at its end }}" },
		{ "  12 {{! not alone }}\n", "  12 \n" },
		{ "{{!}}", "" },
	};

	(void)state;
	HOLD(examples);
}

static void delimiters_can_be_changed(void **state) {
	static const struct example examples[] = {
		{ "{{=<% %>=}}(<%name%>){{name}}", "(outer){{name}}" },
		{ "({{=[ ]=}}[name])", "(outer)" },
		{ "{{= | | =}}|name||={{ }}=|{{name}}", "outerouter" },
		{ "{{=<% %>=}}<%{name}%><%&name%>", "outerouter" },
		{ "a\n{{=@ @=}}\nb\n", "a\nb\n" },
		{ "a\n  {{=@ @=}}  \r\nb", "a\nb" },
		{ "a {{=@ @=}}\n", "a \n" },
		/* Each round begins with those of the first, and the last one's stay. */
		{ "{{#words}}{{.}}{{=<% %>=}}<%.%><%/words%><%name%>{{name}}",
		  "xxyyouter{{name}}" },
	};

	(void)state;
	HOLD(examples);
}

static void a_line_of_its_own_goes_with_its_tag(void **state) {
	static const struct example examples[] = {
		{ "a\n{{#yes}}\nb\n{{/yes}}\nc\n", "a\nb\nc\n" },
		{ "a\n  {{#yes}}  \nb\n\t{{/yes}}\nc\n", "a\nb\nc\n" },
		{ "a\r\n{{^none}}\r\nb\r\n{{/none}}\r\nc", "a\r\nb\r\nc" },
		{ "{{#yes}}\na{{/yes}}", "a" },
		{ "{{#yes}}a\n  {{/yes}}", "a\n" },
		{ "{{#servers}}\n- {{id}}\n{{/servers}}\n", "- a\n- b\n" },
		{ "a\n{{#unknown}}\nb\n{{/unknown}}\nc", "a\nc" },
		/* Not alone. */
		{ "{{#yes}} {{/yes}}\n", " \n" },
		{ " {{#yes}}a{{/yes}}\n", " a\n" },
		{ "a {{#yes}}\nb{{/yes}}", "a \nb" },
		{ "{{name}} {{#yes}}\n{{/yes}}", "outer \n" },
		{ "{{#yes}}\ra{{/yes}}", "\ra" },
	};

	(void)state;
	HOLD(examples);
}

static void mistakes_name_their_line(void **state) {
	static const struct example examples[] = {
		{ "a\nb {{name", "line 2: a tag is not closed by '}}'" },
		{ "{{{name}}", "line 1: a tag is not closed by '}}}'" },
		{ "{{", "line 1: a tag is not closed by '}}'" },
		{ "\n\n{{#yes}}\n", "line 3: a section is not closed: 'yes'" },
		{ "{{#yes}}\n{{#no}}{{/yes}}",
		  "line 2: another section has to be closed first: 'no'" },
		{ "a\n{{/yes}}", "line 2: there is no section to close: 'yes'" },
		{ "{{> part }}", "line 1: there are no partials and no blocks: 'part'" },
		{ "{{$ block }}", "line 1: there are no partials and no blocks: 'block'" },
		{ "{{<parent}}", "line 1: there are no partials and no blocks: 'parent'" },
		{ "{{}}", "line 1: a tag has no name" },
		{ "{{# }}", "line 1: a tag has no name" },
		{ "{{a b}}", "line 1: this is no name: 'a b'" },
		{ "{{a..b}}", "line 1: this is no name: 'a..b'" },
		{ "{{.a}}", "line 1: this is no name: '.a'" },
		{ "{{a.}}", "line 1: this is no name: 'a.'" },
		{ "{{#unknown}}{{a b}}{{/unknown}}", "line 1: this is no name: 'a b'" },
		{ "{{=<%=}}", "line 1: these are no two delimiters of 1 to 8 bytes: '<%'" },
		{ "{{=a b c=}}", "line 1: these are no two delimiters of 1 to 8 bytes: 'a b c'" },
		{ "{{=123456789 b=}}",
		  "line 1: these are no two delimiters of 1 to 8 bytes: '123456789 b'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		struct error e = { 0 };

		if (render(examples[i].template, &e) == 0)
			fail_msg("'%s' is accepted", examples[i].template);
		assert_string_equal(e.text, examples[i].output);
	}
}

static void nesting_is_bounded(void **state) {
	char template[MUSTACHE_DEPTH * 32] = "";
	struct error e = { 0 };

	(void)state;
	for (unsigned i = 0; i < MUSTACHE_DEPTH; i++)
		strcat(template, "{{#yes}}");
	for (unsigned i = 0; i < MUSTACHE_DEPTH; i++)
		strcat(template, "{{/yes}}");
	assert_int_equal(render(template, &e), 0);
	strcpy(template, "");
	for (unsigned i = 0; i <= MUSTACHE_DEPTH; i++)
		strcat(template, "{{^no}}");
	assert_int_equal(render(template, &e), -1);
	assert_non_null(strstr(e.text, "MUSTACHE_DEPTH"));
}

static void output_is_bounded(void **state) {
	struct error e = { 0 };

	(void)state;
	assert_int_equal(render("{{#many}}0123456789{{/many}}", &e), -1);
	assert_string_equal(e.text, "line 1: there is more to write than a file may have");
	assert_true(length <= OUTPUT);
}

static void work_is_bounded(void **state) {
	struct error e = { 0 };

	(void)state;
	assert_int_equal(render("{{#many}}{{#many}}{{/many}}{{/many}}", &e), -1);
	assert_string_equal(e.text, "line 1: too much to be done (MUSTACHE_WORK)");
}

/* What is outside of the template is not read: sanitizers watch. */
static void a_template_needs_no_end(void **state) {
	static const char *const pieces[] = { "{{#a}}\n{{/a}}\n", "{{{a}}}", "{{=| |=}}", "a\n  " };
	struct error e;

	(void)state;
	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
		for (size_t len = 0; len <= strlen(pieces[i]); len++) {
			char *copy = len ? test_malloc(len) : NULL;
			struct mustache m = { .template = copy, .end = copy + len };

			if (!copy)
				continue;
			memcpy(copy, pieces[i], len);
			e.len = 0;
			(void)mustache_render(&m, &e);
			test_free(copy);
		}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_written_as_they_are),
		cmocka_unit_test(names_with_dots_go_into_the_first_item),
		cmocka_unit_test(sections_show_once_for_each_item),
		cmocka_unit_test(inverted_sections_show_what_is_missing),
		cmocka_unit_test(comments_are_left_out),
		cmocka_unit_test(delimiters_can_be_changed),
		cmocka_unit_test(a_line_of_its_own_goes_with_its_tag),
		cmocka_unit_test(mistakes_name_their_line),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(output_is_bounded),
		cmocka_unit_test(work_is_bounded),
		cmocka_unit_test(a_template_needs_no_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
