/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/mustache.h"

#include <string.h>

#define BLANKS " \t\r\n"

/* Where names are looked up: in this item first, then around it. */
struct frame {
	struct mustache_value value;
	unsigned index;
	const struct frame *outer; /* NULL: this is what is outside of any section */
};

struct tag {
	const char *from, *to; /* what is not text: of a standalone one the whole line */
	const char *at; /* where it begins */
	char kind; /* its sign; 0: a variable */
	const char *name;
	size_t length;
};

static int wrong(const struct mustache *m, const char *at, const char *what, const char *name,
		 size_t length, struct error *e) {
	unsigned line = 1;

	for (const char *c = m->template; c < at; c++)
		line += *c == '\n';
	return fail(e, "line %u: %s%s%.*s%s", line, what, length ? " '" : "",
		    length < 64 ? (int)length : 64, name, length ? "'" : "");
}

static bool is_one_of(char c, const char *set) {
	return c && strchr(set, c);
}

static bool delimit(struct mustache_delimiter *d, const char *text, size_t length) {
	if (length == 0 || length > sizeof(d->text) || memchr(text, '=', length))
		return false;
	memcpy(d->text, text, length);
	d->length = length;
	return true;
}

/* "| |": both, with blanks in between. */
static int set_delimiters(struct mustache *m, const struct tag *t, struct error *e) {
	const char *end = t->name + t->length, *first_end = t->name, *second;

	while (first_end < end && !is_one_of(*first_end, BLANKS))
		first_end++;
	second = first_end;
	while (second < end && is_one_of(*second, BLANKS))
		second++;
	for (const char *c = second; c < end; c++)
		if (is_one_of(*c, BLANKS))
			second = end;
	if (!delimit(&m->open, t->name, (size_t)(first_end - t->name)) ||
	    !delimit(&m->close, second, (size_t)(end - second)))
		return wrong(m, t->at, "these are no two delimiters of 1 to 8 bytes:", t->name,
			     t->length, e);
	return 0;
}

/* Parts with a dot between them, or the dot alone. */
static bool is_name(const char *name, size_t length) {
	bool part = false;

	if (length == 1 && *name == '.')
		return true;
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c <= ' ' || c == 0x7f || is_one_of((char)c, "{}#^/&<>=!$") ||
		    (c == '.' && !part))
			return false;
		part = c != '.';
	}
	return part;
}

static int judge(const struct mustache *m, const struct tag *t, struct error *e) {
	switch (t->kind) {
	case '!':
	case '=':
		return 0;
	case '>':
	case '<':
	case '$':
		return wrong(m, t->at, "there are no partials and no blocks:", t->name, t->length,
			     e);
	default:
		if (is_name(t->name, t->length))
			return 0;
		return wrong(m, t->at, t->length ? "this is no name:" : "a tag has no name",
			     t->name, t->length, e);
	}
}

/* Alone on its line a tag that shows nothing takes the line with it. */
static void find_line(const struct mustache *m, struct tag *t) {
	const char *from = t->from, *to = t->to;

	if (!is_one_of(t->kind, "#^/!="))
		return;
	while (from > m->template && is_one_of(from[-1], " \t"))
		from--;
	while (to < m->end && is_one_of(*to, " \t"))
		to++;
	if (to < m->end && *to == '\r' && to + 1 < m->end && to[1] == '\n')
		to++;
	if ((from > m->template && from[-1] != '\n') || (to < m->end && *to != '\n'))
		return;
	t->from = from;
	t->to = to < m->end ? to + 1 : to;
}

/* Behind its sign, up to the delimiter, without the blanks at both ends. {{{x}}} and {{=| |=}} have
 * the sign's counterpart before the delimiter. */
static int find_name(const struct mustache *m, struct tag *t, struct error *e) {
	char close[MUSTACHE_DELIMITER + 1] = { t->kind == '{' ? '}' : '=' };
	size_t sign = t->kind == '{' || t->kind == '=', length = m->close.length + sign;
	const char *end;

	memcpy(close + sign, m->close.text, m->close.length);
	end = memmem(t->name, (size_t)(m->end - t->name), close, length);
	if (!end)
		return wrong(m, t->at, "a tag is not closed by", close, length, e);
	t->to = end + length;
	while (t->name < end && is_one_of(*t->name, BLANKS))
		t->name++;
	while (end > t->name && is_one_of(end[-1], BLANKS))
		end--;
	t->length = (size_t)(end - t->name);
	find_line(m, t);
	return judge(m, t, e);
}

/* 1: the next tag; 0: there is none. */
static int find_tag(const struct mustache *m, struct tag *t, struct error *e) {
	*t = (struct tag){ .from = m->end, .to = m->end };
	t->at = memmem(m->at, (size_t)(m->end - m->at), m->open.text, m->open.length);
	if (!t->at)
		return 0;
	t->from = t->at;
	t->name = t->at + m->open.length;
	while (t->name < m->end && is_one_of(*t->name, BLANKS))
		t->name++;
	if (t->name < m->end && is_one_of(*t->name, "#^/!={&><$"))
		t->kind = *t->name++;
	return find_name(m, t, e) < 0 ? -1 : 1;
}

static void ask(struct mustache *m, const struct mustache_value *in, unsigned index,
		const char *name, size_t length, struct mustache_value *v) {
	*v = (struct mustache_value){ .kind = MUSTACHE_NOTHING };
	m->look_up(m, in ? in->list : NULL, index, name, length, v);
}

/* Of the first part, the innermost that there is. */
static void ask_around(struct mustache *m, const struct frame *f, const char *name, size_t length,
		       struct mustache_value *v) {
	bool itself = *name == '.';

	if (itself && f && f->value.kind == MUSTACHE_TEXT) {
		*v = f->value;
		return;
	}
	for (; f; f = f->outer) {
		if (f->value.kind == MUSTACHE_LIST)
			ask(m, &f->value, f->index, name, length, v);
		if (v->kind != MUSTACHE_NOTHING || itself)
			return;
	}
	ask(m, NULL, 0, name, length, v);
}

static struct mustache_value value_of(struct mustache *m, const struct frame *f,
				      const struct tag *t) {
	struct mustache_value v = { .kind = MUSTACHE_NOTHING };
	const char *name = t->name, *end = name + t->length, *dot;

	if (m->hidden || !m->look_up)
		return v;
	dot = t->length > 1 ? memchr(name, '.', t->length) : NULL;
	ask_around(m, f, name, (size_t)((dot ? dot : end) - name), &v);
	while (dot) {
		const struct mustache_value in = v;

		name = dot + 1;
		dot = memchr(name, '.', (size_t)(end - name));
		v.kind = MUSTACHE_NOTHING;
		if (in.kind == MUSTACHE_LIST && in.count)
			ask(m, &in, 0, name, (size_t)((dot ? dot : end) - name), &v);
	}
	return v;
}

static int put(struct mustache *m, const char *text, size_t length, const char *at,
	       struct error *e) {
	if (m->hidden || !m->put || length == 0)
		return 0;
	if (length > m->limit - m->written)
		return wrong(m, at, "there is more to write than a file may have", "", 0, e);
	m->written += length;
	m->put(m, text, length);
	return 0;
}

static int put_value(struct mustache *m, const struct frame *f, const struct tag *t,
		     struct error *e) {
	const struct mustache_value v = value_of(m, f, t);

	return v.kind == MUSTACHE_TEXT ? put(m, v.text, v.length, t->at, e) : 0;
}

static int render(struct mustache *, const struct frame *, const struct tag *open, struct error *);

static unsigned times(const struct mustache_value *v) {
	switch (v->kind) {
	case MUSTACHE_NOTHING:
		return 0;
	case MUSTACHE_TEXT:
		return v->length > 0;
	case MUSTACHE_LIST:
		return v->count;
	}
	return 0;
}

/* Once for each item; its delimiters are those at its beginning, each time. */
static int render_items(struct mustache *m, const struct frame *f, const struct tag *t,
			struct error *e) {
	const struct mustache start = *m;
	struct frame inner = { value_of(m, f, t), 0, f };
	unsigned n = times(&inner.value);

	for (; inner.index < n; inner.index++) {
		m->at = start.at;
		m->open = start.open;
		m->close = start.close;
		if (render(m, &inner, t, e) < 0)
			return -1;
	}
	if (n)
		return 0;
	m->hidden++;
	if (render(m, f, t, e) < 0)
		return -1;
	m->hidden--;
	return 0;
}

static int render_inverted(struct mustache *m, const struct frame *f, const struct tag *t,
			   struct error *e) {
	const struct mustache_value v = value_of(m, f, t);
	bool hides = times(&v) > 0;

	m->hidden += hides;
	if (render(m, f, t, e) < 0)
		return -1;
	m->hidden -= hides;
	return 0;
}

static int render_section(struct mustache *m, const struct frame *f, const struct tag *t,
			  struct error *e) {
	int result;

	if (m->depth == MUSTACHE_DEPTH)
		return wrong(m, t->at, "too deep within other sections (MUSTACHE_DEPTH):", t->name,
			     t->length, e);
	m->depth++;
	result = t->kind == '#' ? render_items(m, f, t, e) : render_inverted(m, f, t, e);
	m->depth--;
	return result;
}

static int close_section(const struct mustache *m, const struct tag *open, const struct tag *t,
			 struct error *e) {
	if (!open)
		return wrong(m, t->at, "there is no section to close:", t->name, t->length, e);
	if (open->length != t->length || memcmp(open->name, t->name, t->length) != 0)
		return wrong(m, t->at, "another section has to be closed first:", open->name,
			     open->length, e);
	return 0;
}

static int obey(struct mustache *m, const struct frame *f, const struct tag *t, struct error *e) {
	switch (t->kind) {
	case '!':
		return 0;
	case '=':
		return set_delimiters(m, t, e);
	case '#':
	case '^':
		return render_section(m, f, t, e);
	default:
		return put_value(m, f, t, e);
	}
}

/* Up to the end of the section that open has begun. */
static int render(struct mustache *m, const struct frame *f, const struct tag *open,
		  struct error *e) {
	struct tag t;

	for (;;) {
		const char *text = m->at;
		int found = find_tag(m, &t, e);

		if (found < 0 || put(m, text, (size_t)(t.from - text), text, e) < 0)
			return -1;
		m->at = t.to;
		m->work += (size_t)(t.to - text) + MUSTACHE_TAG;
		if (m->work > MUSTACHE_WORK)
			return wrong(m, text, "too much to be done (MUSTACHE_WORK)", "", 0, e);
		if (!found)
			return open ? wrong(m, open->at, "a section is not closed:", open->name,
					    open->length, e)
				    : 0;
		if (t.kind == '/')
			return close_section(m, open, &t, e);
		if (obey(m, f, &t, e) < 0)
			return -1;
	}
}

int mustache_render(struct mustache *m, struct error *e) {
	m->at = m->template;
	(void)delimit(&m->open, "{{", 2);
	(void)delimit(&m->close, "}}", 2);
	m->depth = m->hidden = 0;
	m->written = m->work = 0;
	return render(m, NULL, NULL, e);
}
