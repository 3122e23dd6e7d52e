/* SPDX-License-Identifier: Apache-2.0 */
#include "config/syscall.h"

#include <stddef.h>
#include <string.h>

#include "config/suggest.h"

static int read_number(const char *text) {
	int number = 0;

	if (*text == '-')
		return SYSCALL_FOREIGN;
	while (*text)
		number = number * 10 + *text++ - '0';
	return number;
}

bool syscall_next(struct syscall_entry *s) {
	const char *at = s->name ? s->name + strlen(s->name) + 1 : syscall_table;
	int number = !s->name ? 0 : s->number < 0 ? s->number : s->number + 1;

	if (*at == '=') {
		number = read_number(at + 1);
		at += strlen(at) + 1;
	}
	if (*at == '\0')
		return false;
	*s = (struct syscall_entry){ .name = at, .number = number };
	return true;
}

int syscall_find(const char *name) {
	struct syscall_entry s = { 0 };

	while (syscall_next(&s))
		if (strcmp(s.name, name) == 0)
			return s.number;
	return SYSCALL_UNKNOWN;
}

const char *syscall_name(int number) {
	struct syscall_entry s = { 0 };

	while (syscall_next(&s))
		if (s.number == number && number >= 0)
			return s.name;
	return NULL;
}

int syscall_last(void) {
	struct syscall_entry s = { 0 };
	int last = 0;

	while (syscall_next(&s) && s.number >= 0)
		last = s.number;
	return last;
}

int syscall_parse(const struct schema_key *key, char *text, void *field, struct error *e) {
	struct syscall_entry s = { 0 };
	struct suggest hint = { .written = text };

	(void)key;
	if (syscall_find(text) == SYSCALL_UNKNOWN) {
		while (syscall_next(&s))
			suggest_try(&hint, s.name);
		return fail(e, "'%s' is not a system call%s", text, suggest_hint(&hint));
	}
	((struct config_word *)field)->text = text;
	return 0;
}
