/* SPDX-License-Identifier: Apache-2.0 */
/* A template, once with nothing known and once with much: the syntax is the same, and nothing is
 * written beyond the limit. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/agent/mustache.h"

enum { LIMIT = 1 << 14 };

static size_t written;

/* Every name is a text, a list or nothing, by its first letter and its length. */
static void look_up(struct mustache *m, const void *list, unsigned index, const char *name,
		    size_t length, struct mustache_value *v) {
	if (length == 0 || name < m->template || name + length > m->end)
		abort();
	if (list && index >= 3)
		abort();
	v->kind = (enum mustache_kind)((unsigned char)*name % 3);
	v->text = name;
	v->length = length - 1;
	v->list = m;
	v->count = v->kind == MUSTACHE_LIST ? length % 4 : 0;
}

static void put(struct mustache *m, const char *text, size_t length) {
	static volatile char last;

	written += length;
	if (m->hidden || length == 0 || written > LIMIT)
		abort();
	last = text[length - 1];
	(void)last;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	const char *template = (const char *)data;
	struct mustache m = { .template = template, .end = template + size };
	struct error unknown = { 0 }, known = { 0 };
	int result;

	if (size == 0)
		return 0;
	result = mustache_render(&m, &unknown);
	m.look_up = look_up;
	m.put = put;
	m.limit = LIMIT;
	written = 0;
	if (mustache_render(&m, &known) < 0 && result == 0 && m.written < LIMIT / 2 &&
	    m.work <= MUSTACHE_WORK && size < LIMIT / 8)
		abort();
	if (written != m.written)
		abort();
	if ((result < 0) != (unknown.len > 0))
		abort();
	return 0;
}
