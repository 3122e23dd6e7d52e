/* SPDX-License-Identifier: Apache-2.0 */
/* When the application is ready, and how its health is checked. */
#include "config/check.h"

#include <string.h>

#include "config/suggest.h"

enum { TARGET = 1000 /* bytes of a request's path */ };

static void check_service_name(struct load *l, const struct config_check *c) {
	struct suggest near = { .written = c->service };

	if (!c->service)
		return;
	for (const struct config_service *s = l->config->services; s; s = s->head.next) {
		if (strcmp(s->head.name, c->service) == 0)
			return;
		suggest_try(&near, s->head.name);
	}
	check_mistake(l, "check", c, "service", "there is no [service %s]%s", c->service,
		      suggest_hint(&near));
}

/* An impossible value has been told already. */
static bool is_unset(const struct config_check *c, const char *key) {
	const struct schema_section *section = schema_section("check");

	return schema_origin(section, schema_key(section, key), c)->source == CONFIG_DEFAULT;
}

static void check_kind(struct load *l, const struct config_check *c) {
	if (!c->tcp && is_unset(c, "http") && is_unset(c, "exec"))
		check_mistake(l, "check", c, NULL,
			      "needs one of http = /PATH, tcp = yes and exec = COMMAND");
	if (c->http && c->tcp)
		check_mistake(l, "check", c, "tcp", "there is http already: one of them will do");
	if (c->exec && (c->http || c->tcp))
		check_mistake(l, "check", c, "exec", "there is %s already: a check is one of them",
			      c->http ? "http" : "tcp");
}

/* RFC 9112, 3.2.1: origin-form. */
static bool is_target(const char *path) {
	for (const unsigned char *p = (const unsigned char *)path; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || *p == '#')
			return false;
	return *path == '/' && strlen(path) <= TARGET;
}

static void check_http(struct load *l, const struct config_check *c) {
	if (c->http && !is_target(c->http))
		check_mistake(l, "check", c, "http",
			      "'%s' is no path such as /health?full=1, with %%20 for a blank",
			      c->http);
	if ((c->http || c->tcp) && !l->config->ports && !l->config->services)
		check_mistake(l, "check", c, c->http ? "http" : "tcp",
			      "there is neither a [port] nor a [service] to connect to");
}

static void check_ready(struct load *l, const struct config_app *app) {
	if (app->ready == CONFIG_READY_PORT && !l->config->ports)
		check_mistake(l, "app", app, "ready", "'port' needs a [port]");
	if (app->ready == CONFIG_READY_CHECK && !l->config->checks)
		check_mistake(l, "app", app, "ready", "'check' needs a [check]");
}

void check_health(struct load *l) {
	check_ready(l, &l->config->app);
	for (const struct config_check *c = l->config->checks; c; c = c->head.next) {
		check_service_name(l, c);
		check_kind(l, c);
		check_http(l, c);
	}
}
