/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/families.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "init/agent/http.h"
#include "init/agent/renderer.h"
#include "init/phase.h"
#include "init/streak.h"

struct text {
	char *at, *end; /* at end: it did not fit */
};

static struct families_source source;

static void __attribute__((format(printf, 2, 3))) add(struct text *t, const char *format, ...) {
	size_t room = (size_t)(t->end - t->at);
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(t->at, room, format, arguments);
	va_end(arguments);
	t->at += (size_t)length < room ? (size_t)length : room;
}

/* In a label's value a quote, a backslash and a line's end are escaped; there is no line's end in a
 * name. */
static void add_name(struct text *t, const char *name) {
	for (; *name; name++)
		add(t, *name == '"' || *name == '\\' ? "\\%c" : "%c", *name);
}

static void add_sample(struct text *t, const char *family, const char *label, const char *value,
		       uint64_t number) {
	add(t, "pintle_%s{%s=\"", family, label);
	add_name(t, value);
	add(t, "\"} %" PRIu64 "\n", number);
}

static void add_number(struct text *t, const char *family, uint64_t number) {
	add(t, "pintle_%s %" PRIu64 "\n", family, number);
}

static void tell_up(struct text *t, const char *family) {
	add_number(t, family, 1);
}

static void tell_info(struct text *t, const char *family) {
	add_sample(t, family, "version", PINTLE_VERSION, 1);
}

static void tell_phase(struct text *t, const char *family) {
	for (unsigned i = 0; i < PHASES; i++)
		add_sample(t, family, "phase", phase_name((enum phase)i), i == source.board->phase);
}

static void tell_start(struct text *t, const char *family) {
	if (source.board->started)
		add_number(t, family, (uint64_t)source.board->started);
}

static void tell_restarts(struct text *t, const char *family) {
	add_number(t, family, source.board->restarts);
}

static void tell_checks(struct text *t, const char *family) {
	unsigned i = 0;

	for (const struct config_check *c = source.config->checks; c; c = c->head.next)
		add_sample(t, family, "check", c->head.name,
			   source.board->checks[i++] == STREAK_PASSING);
}

static void tell_services(struct text *t, const char *family) {
	unsigned i = 0;

	for (const struct config_service *s = source.config->services; s; s = s->head.next)
		add_sample(t, family, "service", s->head.name,
			   source.services[i++] == MESSAGE_LISTED);
}

static void tell_watches(struct text *t, const char *family) {
	unsigned i = 0;

	for (const struct config_watch *w = source.config->watches; w && source.instances;
	     w = w->head.next)
		add_sample(t, family, "watch", w->head.name, source.instances(i++));
}

static void tell_requests(struct text *t, const char *family) {
	if (source.config->discovery.registry != CONFIG_REGISTRY_NONE)
		add_number(t, family, http_counts.requests);
}

static void tell_failures(struct text *t, const char *family) {
	if (source.config->discovery.registry != CONFIG_REGISTRY_NONE)
		add_number(t, family, http_counts.failures);
}

static void tell_templates(struct text *t, const char *family, const uint32_t *numbers) {
	unsigned i = 0;

	for (const struct config_template *c = source.config->templates; c; c = c->head.next)
		add_sample(t, family, "template", c->head.name, numbers[i++]);
}

static void tell_renders(struct text *t, const char *family) {
	tell_templates(t, family, renderer_counts());
}

static void tell_written(struct text *t, const char *family) {
	tell_templates(t, family, source.board->written);
}

static void tell_failed(struct text *t, const char *family) {
	tell_templates(t, family, source.board->failed);
}

static const struct {
	const char *name, *help;
	bool counts; /* a counter; else a gauge */
	void (*tell)(struct text *, const char *family);
} families[] = {
	{ "up", "Whether pintle runs.", false, tell_up },
	{ "info", "Its version.", false, tell_info },
	{ "phase", "Which phase of its life the container is in.", false, tell_phase },
	{ "application_start_time_seconds", "When the application was started last.", false,
	  tell_start },
	{ "application_restarts_total", "How often it was started again.", true, tell_restarts },
	{ "check_passing", "Whether a check passes.", false, tell_checks },
	{ "service_listed", "Whether the registry has accepted a service.", false, tell_services },
	{ "watch_instances", "The healthy instances of a service that is watched.", false,
	  tell_watches },
	{ "registry_requests_total", "Requests to the registry.", true, tell_requests },
	{ "registry_failures_total", "Those that were not answered, or with an error.", true,
	  tell_failures },
	{ "template_renders_total", "How often a template has made another text.", true,
	  tell_renders },
	{ "template_writes_total", "How often its file was replaced.", true, tell_written },
	{ "template_failures_total", "How often that failed.", true, tell_failed },
};

void families_init(const struct families_source *given) {
	source = *given;
}

/* One without samples is left out. */
int families_write(char *text, size_t size) {
	struct text t = { text, text + size };

	for (size_t i = 0; i < sizeof(families) / sizeof(*families); i++) {
		char *begin = t.at, *samples;

		add(&t, "# HELP pintle_%s %s\n# TYPE pintle_%s %s\n", families[i].name,
		    families[i].help, families[i].name, families[i].counts ? "counter" : "gauge");
		samples = t.at;
		families[i].tell(&t, families[i].name);
		if (t.at == samples && t.at < t.end)
			t.at = begin;
	}
	if (t.at < t.end)
		*t.at = '\0';
	return t.at < t.end ? (int)(t.at - text) : -1;
}
