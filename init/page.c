/* SPDX-License-Identifier: Apache-2.0 */
#include "init/page.h"

#include <stdarg.h>
#include <stdio.h>

/* Only for lines. */
__attribute__((format(printf, 2, 3))) static void put(struct page *p, const char *format, ...) {
	struct json *j = &p->json;
	size_t room = j->size - j->len;
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(j->text + j->len, room, format, arguments);
	va_end(arguments);
	if ((size_t)n >= room)
		j->full = true;
	else
		j->len += (size_t)n;
}

void page_begin(struct page *p, char *text, size_t size, bool json) {
	p->lines = !json;
	json_begin(&p->json, text, size);
	if (!p->lines)
		json_object(&p->json, NULL);
}

bool page_end(struct page *p) {
	if (!p->lines) {
		json_object_end(&p->json);
		put(p, "\n");
	}
	return json_end(&p->json);
}

void page_fact(struct page *p, const char *name, const char *value) {
	if (p->lines)
		put(p, "%s: %s\n", name, value);
	else
		json_text(&p->json, name, value);
}

void page_list(struct page *p, const char *plural) {
	if (!p->lines)
		json_list(&p->json, plural);
}

void page_list_end(struct page *p) {
	if (!p->lines)
		json_list_end(&p->json);
}

static void begin_line(struct page *p, const char *kind, const char *name) {
	put(p, "%s%s%s:", kind, *name ? " " : "", name);
	p->json.first = true;
}

void page_item(struct page *p, const char *kind, const char *name) {
	if (p->lines) {
		begin_line(p, kind, name);
		return;
	}
	json_object(&p->json, NULL);
	json_text(&p->json, "name", name);
}

void page_single(struct page *p, const char *kind) {
	if (p->lines)
		begin_line(p, kind, "");
	else
		json_object(&p->json, kind);
}

void page_item_end(struct page *p) {
	if (p->lines)
		put(p, "\n");
	else
		json_object_end(&p->json);
}

void page_text(struct page *p, const char *name, const char *value) {
	if (p->lines)
		put(p, "%s %s %s", p->json.first ? "" : ",", name, value);
	else
		json_text(&p->json, name, value);
	p->json.first = false;
}

void page_number(struct page *p, const char *name, long long value) {
	if (p->lines)
		put(p, "%s %s %lld", p->json.first ? "" : ",", name, value);
	else
		json_number(&p->json, name, value);
	p->json.first = false;
}
