/* SPDX-License-Identifier: Apache-2.0 */
#include "init/environment.h"

#include <string.h>

#include "config/config.h"
#include "config/memory.h"

static MEMORY_BULK char *variables[ENVIRONMENT_VARIABLES + 1];
static size_t count;
static char *const *current = variables;

void environment_keep(char *const *inherited) {
	current = inherited;
}

char *const *environment_all(void) {
	return current;
}

/* The value, if variable is "name=value"; len: of the name. */
static const char *value_of(const char *variable, const char *name, size_t len) {
	return *variable == *name && strncmp(variable, name, len) == 0 && variable[len] == '='
		       ? variable + len + 1
		       : NULL;
}

const char *environment_value(const char *name) {
	size_t len = strlen(name);

	for (char *const *v = current; *v; v++) {
		const char *value = value_of(*v, name, len);

		if (value)
			return value;
	}
	return NULL;
}

static int add(char *variable, struct error *e) {
	if (count == ENVIRONMENT_VARIABLES)
		return fail(e, "environment: more than %d variables", ENVIRONMENT_VARIABLES);
	variables[count++] = variable;
	variables[count] = NULL;
	return 0;
}

int environment_copy(char *const *inherited, bool with_ours, struct error *e) {
	current = variables;
	count = 0;
	for (; *inherited; inherited++)
		if ((with_ours || !config_is_ours(*inherited)) && add(*inherited, e) < 0)
			return -1;
	return 0;
}

/* An environment may name a variable twice; which one counts is anybody's guess, so all go. */
static void unset(const char *name, size_t len) {
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!value_of(variables[i], name, len))
			variables[kept++] = variables[i];
	count = kept;
	variables[count] = NULL;
}

int environment_put(char *variable, struct error *e) {
	unset(variable, strcspn(variable, "="));
	return add(variable, e);
}

int environment_set(const char *name, const char *value, struct error *e) {
	size_t room;
	char *variable = memory_rest(&room);

	if (value && strlen(name) + strlen(value) + 2 > room)
		return fail(e, "environment: there is no memory left for %s", name);
	if (!value)
		return unset(name, strlen(name)), 0;
	memory_keep((size_t)(stpcpy(stpcpy(stpcpy(variable, name), "="), value) + 1 - variable));
	return environment_put(variable, e);
}

char *const *environment_with(char *variable) {
	static MEMORY_BULK char *others[ENVIRONMENT_VARIABLES + 2];
	size_t n = 0, len = strcspn(variable, "=");

	for (char *const *v = current; *v && n < ENVIRONMENT_VARIABLES; v++)
		if (!value_of(*v, variable, len))
			others[n++] = *v;
	others[n] = variable;
	others[n + 1] = NULL;
	return others;
}
