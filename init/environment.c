/* SPDX-License-Identifier: Apache-2.0 */
#include "init/environment.h"

#include <string.h>

#include "config/config.h"
#include "config/memory.h"

enum { FIRST_ROOM = 62 };

static char **variables; /* NULL at its end */
static size_t count, room;
static char *const *current; /* these, or those that were inherited */

void environment_keep(char *const *inherited) {
	current = inherited;
}

char *const *environment_all(void) {
	return current;
}

/* The first one from at on that is "name=value", else the NULL at the end. */
static char *const *find(char *const *at, const char *name, size_t len) {
	while (*at && (**at != *name || strncmp(*at, name, len) != 0 || (*at)[len] != '='))
		at++;
	return at;
}

const char *environment_value(const char *name) {
	size_t len = strlen(name);
	const char *variable = *find(current, name, len);

	return variable ? variable + len + 1 : NULL;
}

static int no_memory(const char *what, struct error *e) {
	return fail(e, "environment: there is no memory left for %s", what);
}

/* The old list stays behind: it grows only while starting, if at all. */
static int grow(struct error *e) {
	size_t more = room ? 2 * room : FIRST_ROOM;
	char **bigger = memory_take((more + 1) * sizeof(*bigger));

	if (!bigger)
		return no_memory("more variables", e);
	if (count)
		memcpy(bigger, variables, count * sizeof(*bigger));
	current = variables = bigger;
	room = more;
	return 0;
}

static int add(char *variable, struct error *e) {
	if (count == room && grow(e) < 0)
		return -1;
	variables[count++] = variable;
	variables[count] = NULL;
	return 0;
}

int environment_copy(char *const *inherited, bool with_ours, struct error *e) {
	count = room = 0;
	if (grow(e) < 0)
		return -1;
	for (; *inherited; inherited++)
		if ((with_ours || !config_is_ours(*inherited)) && add(*inherited, e) < 0)
			return -1;
	return 0;
}

/* An environment may name a variable twice; which one counts is anybody's guess, so all go. */
static void unset(const char *name, size_t len) {
	char **at = variables;

	while (*(at = (char **)find(at, name, len))) {
		memmove(at, at + 1, (size_t)(variables + count - at) * sizeof(*at));
		count--;
	}
}

static int put(char *variable, size_t name_len, struct error *e) {
	unset(variable, name_len);
	return add(variable, e);
}

int environment_put(char *variable, struct error *e) {
	return put(variable, strcspn(variable, "="), e);
}

char *environment_room(const char *name, size_t size, struct error *e) {
	size_t left, length = strlen(name) + 1;
	char *variable = memory_rest(&left);

	if (length + size > left)
		return no_memory(name, e), NULL;
	memory_keep(length + size);
	(void)stpcpy(stpcpy(variable, name), "=");
	return variable;
}

int environment_set(const char *name, const char *value, struct error *e) {
	size_t left, name_len = strlen(name), size = value ? strlen(value) + 1 : 0;
	char *variable = memory_rest(&left);

	if (!value)
		return unset(name, name_len), 0;
	if (name_len + 1 + size > left)
		return no_memory(name, e);
	memcpy(variable, name, name_len);
	variable[name_len] = '=';
	memcpy(variable + name_len + 1, value, size);
	memory_keep(name_len + 1 + size);
	return put(variable, name_len, e);
}

char *const *environment_with(char *variable, struct error *e) {
	size_t n = 0, len = strcspn(variable, "="), mark = memory_mark();
	char **others;

	while (current[n])
		n++;
	others = memory_take((n + 2) * sizeof(*others));
	if (!others)
		return no_memory("a copy", e), NULL;
	memory_release(mark);
	n = 0;
	for (char *const *v = current; *v; v++)
		if (strncmp(*v, variable, len + 1) != 0)
			others[n++] = *v;
	others[n] = variable;
	others[n + 1] = NULL;
	return others;
}

const char *environment_look_up(void *context, const char *name) {
	(void)context;
	return environment_value(name);
}
