/* SPDX-License-Identifier: Apache-2.0 */
#include "config/load.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/check.h"
#include "config/environment.h"
#include "config/follow.h"
#include "config/ini.h"
#include "config/memory.h"
#include "config/option.h"

/* Left free at the end of the report for "... and N more". */
enum { REPORT_RESERVE = 64 };

void config_where(const struct config *c, const struct config_origin *origin, char *text,
		  size_t size) {
	switch (origin->source) {
	case CONFIG_DEFAULT:
		(void)snprintf(text, size, "default");
		break;
	case CONFIG_FILE:
		if (origin->line)
			(void)snprintf(text, size, "%s:%u", c->path, origin->line);
		else
			(void)snprintf(text, size, "%s", c->path);
		break;
	case CONFIG_ENVIRONMENT:
		(void)snprintf(text, size, "%s", origin->variable);
		break;
	case CONFIG_OPTION:
		(void)snprintf(text, size, "-o %s", origin->variable ? origin->variable : "");
		break;
	}
}

/* "FILE:LINE: [section name] key: ", or as much of it as there is. */
static int write_place(const struct load *l, const struct load_place *p, char *line, size_t size) {
	char where[ERROR_TEXT];
	bool bare = !p->section || p->origin.source == CONFIG_ENVIRONMENT ||
		    p->origin.source == CONFIG_OPTION;

	config_where(l->config, &p->origin, where, sizeof(where));
	if (bare)
		return snprintf(line, size, "%s: ", where);
	return snprintf(line, size, "%s: [%s%s%s]%s%.64s: ", where, schema_text(p->section->kind),
			p->instance ? " " : "", p->instance ? p->instance : "", p->name ? " " : "",
			p->name ? p->name : "");
}

static void add_line(struct load *l, char *line) {
	struct config_report *r = l->report;
	size_t len = strlen(line), room;

	if (l->mistakes++ == 0)
		r->len = 0;
	room = sizeof(r->text) - REPORT_RESERVE - r->len;
	if (len + 2 > room)
		return;
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	memcpy(r->text + r->len, line, len);
	memcpy(r->text + r->len + len, "\n", 2);
	r->len += len + 1;
}

void load_mistake(struct load *l, const struct load_place *p, const char *format, ...) {
	char line[2 * ERROR_TEXT + CONFIG_HEADER];
	int len;
	va_list arguments;

	if (l->pass == LOAD_DECLARE)
		return;
	len = write_place(l, p, line, sizeof(line));
	va_start(arguments, format);
	if (len >= 0 && (size_t)len < sizeof(line))
		(void)vsnprintf(line + len, sizeof(line) - (size_t)len, format, arguments);
	va_end(arguments);
	add_line(l, line);
}

static int finish(const struct load *l) {
	struct config_report *r = l->report;
	unsigned told = 0;

	if (l->mistakes == 0)
		return 0;
	r->mistakes = l->mistakes;
	for (size_t i = 0; i < r->len; i++)
		told += r->text[i] == '\n';
	if (told < r->mistakes)
		(void)snprintf(r->text + r->len, sizeof(r->text) - r->len, "... and %u more\n",
			       r->mistakes - told);
	r->len += strlen(r->text + r->len);
	return -1;
}

static void pass(struct load *l, enum load_pass pass, const struct ini_text *file) {
	l->pass = pass;
	ini_load(l, file);
	environment_load(l);
	option_load(l);
}

/* The defaults of the sections that there are once: by heart, since a start would spend more time
 * on parsing the texts in the schema than on anything else of its own. load_test.c holds them
 * against these. Texts stand below, so that the table needs no relocation. */
static const struct config defaults = {
	.app = { .umask = CONFIG_NONE,
		 .stop_on = UINT64_C(1) << (SIGTERM - 1) | UINT64_C(1) << (SIGINT - 1),
		 .stop_timeout = CONFIG_NONE,
		 .leftover_timeout = 5000,
		 .restart_delay = 1000,
		 .restart_delay_max = 30000,
		 .ready_timeout = 60000 },
	.net = { .wait = 10000 },
	.discovery = { .timeout = 5000, .verify = true },
	.log = { .level = CONFIG_LOG_WARN },
};

static void set_defaults(struct config *c) {
	*c = defaults;
	c->agent.user = "65534";
	c->seccomp.profile = "none";
}

int config_load(struct config *c, const struct config_input *input, struct config_report *report) {
	struct load l = { .config = c, .input = input, .report = report, .pass = LOAD_SET };
	struct ini_text file = { 0 };

	memory_reset();
	set_defaults(c);
	ini_read(&l, &file);
	pass(&l, LOAD_DECLARE, &file);
	if (!c->given)
		return 0;
	pass(&l, LOAD_SET, &file);
	follow_all(&l);
	check_all(&l);
	return finish(&l);
}
