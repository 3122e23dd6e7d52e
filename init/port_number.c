/* SPDX-License-Identifier: Apache-2.0 */
#include "init/port_number.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HIGHEST = 65535 };

static void put_clean(const char *name, bool upper, char *text, size_t size) {
	size_t len = 0;

	for (; *name && len + 1 < size; name++) {
		unsigned char c = (unsigned char)*name;

		text[len++] = (char)(!isalnum(c) ? '_' : upper ? toupper(c) : c);
	}
	text[len] = '\0';
}

void port_variable(const char *prefix, const char *name, char *text, size_t size) {
	int len = snprintf(text, size, "%s", prefix);

	if ((size_t)len < size)
		put_clean(name, true, text + len, size - (size_t)len);
}

enum suffix { NAME_UPPER, NAME_EXACT, NAME_CLEAN, INDEX, NOTHING };

/* Where platforms put the number, in the order of looking. */
static const struct convention {
	const char *prefix;
	enum suffix suffix;
	bool first_only; /* only the file's first port may be meant */
} conventions[] = {
	{ "PORT_", NAME_UPPER, false }, /* ours, and Marathon's */
	{ "NOMAD_PORT_", NAME_EXACT, false },
	{ "NOMAD_PORT_", NAME_CLEAN, false },
	{ "PORT", NOTHING, true }, /* Heroku, Cloud Run, Cloud Foundry */
	{ "PORT", INDEX, false }, /* Marathon: PORT0, PORT1 */
};

enum { CONVENTIONS = sizeof(conventions) / sizeof(*conventions) };

const char *port_number_text(char *const *environment, const char *name) {
	size_t len = strlen(name);

	for (; environment && *environment; environment++) {
		const char *value = *environment + len;

		if (strncmp(*environment, name, len) != 0 || *value++ != '=')
			continue;
		return *value && !strstr(value, "://") ? value : NULL;
	}
	return NULL;
}

/* Reads a number, "auto" or "0". */
static bool read_number(const char *text, uint16_t *value) {
	size_t digits = strspn(text, "0123456789");
	long n = digits && digits <= 5 ? strtol(text, NULL, 10) : -1;

	if (strcmp(text, "auto") == 0)
		return *value = CONFIG_PORT_AUTO, true;
	if (text[digits] || n < 0 || n > HIGHEST)
		return false;
	*value = (uint16_t)n;
	return true;
}

static int read_value(struct port *port, const char *value, struct error *e) {
	if (read_number(value, &port->number))
		return 0;
	return fail(e, "port %s: %s: '%s' is not a number from 1 to %d, nor auto",
		    port->config->head.name, port->variable, value, HIGHEST);
}

static const char *find_named(struct port *port, char *const *environment) {
	const char *value = NULL;

	for (const struct config_word *w = port->config->from; w && !value; w = w->head.next) {
		value = port_number_text(environment, w->text);
		snprintf(port->variable, sizeof(port->variable), "%s", w->text);
	}
	return value;
}

static void put_suffix(enum suffix suffix, const char *name, unsigned index, char *text,
		       size_t size) {
	switch (suffix) {
	case NAME_UPPER:
	case NAME_CLEAN:
		put_clean(name, suffix == NAME_UPPER, text, size);
		break;
	case NAME_EXACT:
		snprintf(text, size, "%s", name);
		break;
	case INDEX:
		snprintf(text, size, "%u", index);
		break;
	case NOTHING:
		break;
	}
}

static const char *find_conventional(struct port *port, unsigned index, char *const *environment) {
	const char *value = NULL;

	for (int i = 0; i < CONVENTIONS && !value; i++) {
		const struct convention *c = &conventions[i];
		int len = snprintf(port->variable, sizeof(port->variable), "%s", c->prefix);

		if (c->first_only && index > 0)
			continue;
		put_suffix(c->suffix, port->config->head.name, index, port->variable + len,
			   sizeof(port->variable) - (size_t)len);
		value = port_number_text(environment, port->variable);
	}
	return value;
}

static int no_value(const struct port *port, struct error *e) {
	char variable[PORT_VARIABLE];

	port_variable("PORT_", port->config->head.name, variable, sizeof(variable));
	return fail(e, "port %s: %s is not set to a number, and there is no default",
		    port->config->head.name,
		    port->config->from ? port->config->from->text : variable);
}

int port_number_choose(struct port *port, unsigned index, char *const *environment,
		       struct error *e) {
	const char *value = port->config->from ? find_named(port, environment)
					       : find_conventional(port, index, environment);

	if (value)
		return read_value(port, value, e);
	*port->variable = '\0';
	if (port->config->preset == CONFIG_NONE)
		return no_value(port, e);
	port->number = (uint16_t)port->config->preset;
	return 0;
}
