/* SPDX-License-Identifier: Apache-2.0 */
#include "config/check.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/capability.h"
#include "config/signal.h"
#include "config/value.h"

static void report(struct load *l, const char *kind, const void *object, const char *key,
		   const struct config_origin *origin, const char *format, va_list arguments) {
	const struct schema_section *section = schema_section(kind);
	const struct schema_key *row = key ? schema_key(section, key) : NULL;
	const struct config_head *head = object;
	struct load_place p = { .section = section, .instance = head->name, .name = key };
	char text[ERROR_TEXT];

	p.origin = head->origin;
	if (origin)
		p.origin = *origin;
	else if (row && schema_origin(section, row, object)->source != CONFIG_DEFAULT)
		p.origin = *schema_origin(section, row, object);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	load_mistake(l, &p, "%s", text);
}

void check_mistake(struct load *l, const char *kind, const void *object, const char *key,
		   const char *format, ...) {
	va_list arguments;

	va_start(arguments, format);
	report(l, kind, object, key, NULL, format, arguments);
	va_end(arguments);
}

void check_item_mistake(struct load *l, const char *kind, const void *object, const char *key,
			const struct config_origin *origin, const char *format, ...) {
	va_list arguments;

	va_start(arguments, format);
	report(l, kind, object, key, origin, format, arguments);
	va_end(arguments);
}

static void check_escalation(struct load *l, const struct config_app *app) {
	for (const struct config_stop *s = app->stop_signal; s; s = s->head.next)
		if (s->head.next && s->wait == CONFIG_NONE)
			check_item_mistake(l, "app", app, "stop-signal", &s->head.origin,
					   "a step before the last one needs a duration, as in "
					   "USR1 5s, TERM");
}

static void check_exits(struct load *l, const struct config_app *app) {
	for (const struct config_exit *a = app->exit_map; a; a = a->head.next)
		for (const struct config_exit *b = a->head.next; b; b = b->head.next)
			if (a->from == b->from && a->stopped == b->stopped)
				check_item_mistake(l, "app", app, "exit-map", &b->head.origin,
						   "%d is changed twice", b->from);
}

/* What the application is to have must be among what it may have. */
static void check_capabilities(struct load *l, const struct config_app *app) {
	uint64_t beyond = app->ambient.set & ~app->capabilities.set;
	char names[CAPABILITY_TEXT];

	if (!app->capabilities.given || app->ambient.set == CONFIG_CAPABILITIES_ALL || !beyond)
		return;
	capability_text(beyond, names);
	check_mistake(l, "app", app, "ambient", "%s: not among the capabilities to keep", names);
}

static void check_groups(struct load *l, const char *kind, const void *section,
			 const struct config_word *groups) {
	for (const struct config_word *g = groups; g; g = g->head.next)
		if (strcmp(g->text, "none") == 0 && groups->head.next)
			check_item_mistake(l, kind, section, "groups", &g->head.origin,
					   "none stands alone");
}

/* Which of the two lists would be meant? */
static void check_seccomp(struct load *l, const struct config_seccomp *s) {
	for (const struct config_word *a = s->allow; a; a = a->head.next)
		for (const struct config_word *d = s->deny; d; d = d->head.next)
			if (strcmp(a->text, d->text) == 0)
				check_item_mistake(l, "seccomp", s, "deny", &d->head.origin,
						   "'%s' is allowed, too", d->text);
}

static void check_variables(struct load *l) {
	const struct schema_section *env = schema_section("env");

	for (const struct config_pair *v = l->config->env; v; v = v->head.next) {
		const struct load_place p = { .section = env,
					      .name = v->key,
					      .origin = v->head.origin };

		if (!value_is_variable(v->key))
			load_mistake(l, &p, "is not the name of a variable");
	}
}

/* 1 to 64, or 0 with the mistake told. */
static int signal_of(struct load *l, const struct load_place *p, const char *text) {
	int signal = signal_number(text);

	if (signal < 0)
		load_mistake(l, p, "'%s' is not a signal such as HUP, 1 or RTMIN+3", text);
	return signal < 0 ? 0 : signal;
}

static void check_rewritten(struct load *l, const struct load_place *p, int signal) {
	if (signal == SIGKILL || signal == SIGSTOP || signal == SIGCHLD)
		load_mistake(l, p, "is never forwarded, and can't be rewritten");
	else if (signal && l->config->app.stop_on >> (signal - 1) & 1)
		load_mistake(l, p,
			     "asks for the stop ([app] stop-on); what the application is told then "
			     "is [app] stop-signal");
}

static void check_signals(struct load *l) {
	uint64_t seen = 0;

	for (const struct config_pair *s = l->config->signals; s; s = s->head.next) {
		const struct load_place p = { .section = schema_section("signals"),
					      .name = s->key,
					      .origin = s->head.origin };
		int signal = signal_of(l, &p, s->key);

		check_rewritten(l, &p, signal);
		if (signal && seen >> (signal - 1) & 1)
			load_mistake(l, &p, "is rewritten twice");
		if (signal)
			seen |= UINT64_C(1) << (signal - 1);
		if (!s->value)
			load_mistake(l, &p, "is empty; it takes a signal, or ignore");
		else if (strcmp(s->value, "ignore") != 0)
			(void)signal_of(l, &p, s->value);
	}
}

static void check_socket(struct load *l, const struct config_control *control) {
	/* sun_path of unix(7) has 108 bytes with its NUL. */
	if (control->socket && strlen(control->socket) > 107)
		check_mistake(l, "control", control, "socket", "is longer than 107 bytes");
}

void check_all(struct load *l) {
	const struct config *c = l->config;

	check_escalation(l, &c->app);
	check_exits(l, &c->app);
	check_capabilities(l, &c->app);
	check_groups(l, "app", &c->app, c->app.groups);
	check_groups(l, "agent", &c->agent, c->agent.groups);
	check_seccomp(l, &c->seccomp);
	check_variables(l);
	check_signals(l);
	check_ports(l);
	check_network(l);
	check_naming(l);
	check_services(l);
	check_jobs(l);
	check_health(l);
	check_templates(l);
	check_socket(l, &c->control);
}
