/* SPDX-License-Identifier: Apache-2.0 */
#include "init/options.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/memory.h"
#include "config/signal.h"
#include "config/suggest.h"
#include "config/writer.h"

/* What is wrong with the value; the caller says with which option's. */
typedef int taker(struct options *, const char *value, struct error *);

static int take_config(struct options *o, const char *value, struct error *e) {
	if (!*value)
		return fail(e, "the name of a file is missing");
	o->config = value;
	return 0;
}

static int take_set(struct options *o, const char *value, struct error *e) {
	static MEMORY_BULK const char *sets[OPTIONS_SETS + 1];
	size_t key = strcspn(value, "=");

	if (!value[key] || !memchr(value, '.', key))
		return fail(e, "'%s' is not KIND[ NAME].KEY=VALUE", value);
	if (o->sets_count == OPTIONS_SETS)
		return fail(e, "more than %d settings", OPTIONS_SETS);
	o->sets = sets;
	sets[o->sets_count++] = value;
	sets[o->sets_count] = NULL;
	return 0;
}

static int take_group(struct options *o, const char *value, struct error *e) {
	(void)value;
	(void)e;
	o->group = true;
	return 0;
}

static int take_subreaper(struct options *o, const char *value, struct error *e) {
	(void)value;
	(void)e;
	o->subreaper = true;
	return 0;
}

static int take_warn(struct options *o, const char *value, struct error *e) {
	(void)value;
	(void)e;
	o->warn_reaped = true;
	return 0;
}

static int take_verbose(struct options *o, const char *value, struct error *e) {
	(void)value;
	(void)e;
	o->verbosity++;
	return 0;
}

static int take_signal(struct options *o, const char *value, struct error *e) {
	int signal = signal_number(value);

	if (signal < 0)
		return fail(e, "'%s' is not a signal", value);
	o->parent_death_signal = signal;
	return 0;
}

/* A whole decimal number up to max, or -1. */
static int number(const char *text, int max) {
	size_t digits = strspn(text, "0123456789");
	long n = digits && digits <= 5 && !text[digits] ? strtol(text, NULL, 10) : -1;

	return n <= max ? (int)n : -1;
}

static int take_code(struct options *o, const char *value, struct error *e) {
	int code = number(value, OPTIONS_CODES - 1);

	if (code < 0)
		return fail(e, "'%s' is not a number from 0 to %d", value, OPTIONS_CODES - 1);
	o->to_zero[code] = true;
	return 0;
}

static int take_reference(struct options *o, const char *value, struct error *e) {
	static const char *const names[] = {
		[CONFIG_REFERENCE_INI] = "ini",
		[CONFIG_REFERENCE_MAN] = "man",
		[CONFIG_REFERENCE_MARKDOWN] = "markdown",
	};

	o->reference = CONFIG_REFERENCE_MAN;
	if (!value)
		return 0;
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(value, names[i]) == 0)
			return o->reference = (enum config_reference)i, 0;
	return fail(e, "'%s' is not one of man, markdown, ini", value);
}

static int take_check(struct options *o, const char *value, struct error *e) {
	if (value && !*value)
		return fail(e, "the name of a check is missing");
	o->check = value;
	return 0;
}

static int take_format(struct options *o, const char *value, struct error *e) {
	if (value && strcmp(value, "json") != 0)
		return fail(e, "'%s' is not json", value);
	o->json = value != NULL;
	return 0;
}

enum wants { NOTHING, VALUE, MAYBE };

static const struct option {
	char letter; /* 0: none */
	const char *name; /* NULL: none */
	const char *value; /* what the help calls it */
	enum wants wants;
	enum options_mode mode; /* that it selects; OPTIONS_RUN: none */
	taker *take;
	const char *help;
} table[] = {
	{ 'c', "config", "FILE", VALUE, .take = take_config,
	  .help = "the ini file (PINTLE_CONFIG, else /etc/pintle.ini if it is there)" },
	{ 'o', "set", "KIND[ NAME].KEY=VALUE", VALUE, .take = take_set,
	  .help = "one setting, over everything else; repeatable" },
	{ 'g', .take = take_group, .help = "signal the application's process group" },
	{ 's', .take = take_subreaper, .help = "be a subreaper; always so when not PID 1" },
	{ 'p', .value = "SIGNAL", .wants = VALUE, .take = take_signal,
	  .help = "get this signal when the parent dies" },
	{ 'e', .value = "CODE", .wants = VALUE, .take = take_code,
	  .help = "exit with 0 where the application exits with CODE; repeatable" },
	{ 'w', .take = take_warn, .help = "warn about reaped orphans" },
	{ 'v', .take = take_verbose, .help = "log more; repeatable" },
	{ .name = "check",
	  .mode = OPTIONS_CHECK,
	  .help = "print every setting in effect and where it comes from" },
	{ .name = "plan",
	  .mode = OPTIONS_PLAN,
	  .help = "print the network operations to be made, as input of ip -batch" },
	{ .name = "render", .mode = OPTIONS_RENDER, .help = "write the templates once" },
	{ .name = "monitor",
	  .mode = OPTIONS_MONITOR,
	  .help = "print links, addresses, routes, neighbours as they change" },
	{ .name = "reference",
	  .value = "man|markdown|ini",
	  .wants = MAYBE,
	  .mode = OPTIONS_REFERENCE,
	  .take = take_reference,
	  .help = "print the reference of all settings" },
	{ .name = "health",
	  .value = "CHECK",
	  .wants = MAYBE,
	  .mode = OPTIONS_HEALTH,
	  .take = take_check,
	  .help = "is it alive? for HEALTHCHECK" },
	{ .name = "ready", .mode = OPTIONS_READY, .help = "is it ready, and not stopping?" },
	{ .name = "status",
	  .value = "json",
	  .wants = MAYBE,
	  .mode = OPTIONS_STATUS,
	  .take = take_format,
	  .help = "print what the running pintle does" },
	{ .name = "drain",
	  .mode = OPTIONS_DRAIN,
	  .help = "withdraw from discovery, while the application goes on" },
	{ .name = "resume", .mode = OPTIONS_RESUME, .help = "return to discovery" },
	{ .name = "version", .mode = OPTIONS_VERSION, .help = "print the version" },
	{ 'h', "help", .mode = OPTIONS_HELP, .help = "print this" },
};

enum { OPTIONS = sizeof(table) / sizeof(*table) };

static const struct option *by_letter(char letter) {
	for (int i = 0; i < OPTIONS; i++)
		if (table[i].letter == letter)
			return &table[i];
	return NULL;
}

static const struct option *by_name(const char *name, size_t len) {
	for (int i = 0; i < OPTIONS; i++)
		if (table[i].name && strncmp(table[i].name, name, len) == 0 && !table[i].name[len])
			return &table[i];
	return NULL;
}

static const struct option *by_mode(enum options_mode mode) {
	for (int i = 0; i < OPTIONS; i++)
		if (table[i].mode == mode)
			return &table[i];
	return NULL;
}

static int select_mode(struct options *o, const struct option *option, struct error *e) {
	if (option->mode == OPTIONS_RUN || option->mode == o->mode)
		return 0;
	if (o->mode != OPTIONS_RUN)
		return fail(e, "--%s and --%s exclude each other", by_mode(o->mode)->name,
			    option->name);
	o->mode = option->mode;
	return 0;
}

/* written: the option as the user has it, for the message. */
static int take(struct options *o, const struct option *option, const char *written,
		const char *value, struct error *e) {
	struct error why = { 0 };

	if (option->wants == VALUE && !value)
		return fail(e, "%s needs a value: %s", written, option->value);
	if (option->wants == NOTHING && value)
		return fail(e, "%s takes no value", written);
	if (select_mode(o, option, e) < 0)
		return -1;
	if (option->take && option->take(o, value, &why) < 0)
		return fail(e, "%s: %s", written, why.text);
	return 0;
}

static int unknown(const char *written, struct error *e) {
	char name[SUGGEST_TEXT], candidate[SUGGEST_TEXT];
	struct suggest suggest = { .written = name };

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(written, "="), written);
	for (int i = 0; i < OPTIONS; i++) {
		snprintf(candidate, sizeof(candidate), "--%s", table[i].name ? table[i].name : "");
		suggest_try(&suggest, candidate);
	}
	return fail(e, "there is no option '%s'%s (--help lists all)", name,
		    suggest_hint(&suggest));
}

/* "--name", "--name=value", "--name value". Returns how many arguments it was, or -1. */
static int take_long(struct options *o, char *const *argument, struct error *e) {
	const char *name = argument[0] + 2, *value = NULL;
	size_t len = strcspn(name, "=");
	const struct option *option = by_name(name, len);
	char written[64];
	int used = 1;

	if (!option)
		return unknown(argument[0], e);
	snprintf(written, sizeof(written), "--%s", option->name);
	if (name[len])
		value = name + len + 1;
	else if (option->wants == VALUE && (value = argument[1]))
		used = 2;
	return take(o, option, written, value, e) < 0 ? -1 : used;
}

/* "-gs", "-p TERM", "-pTERM", "-gpTERM". Returns how many arguments it was, or -1. */
static int take_letters(struct options *o, char *const *argument, struct error *e) {
	for (const char *letter = argument[0] + 1; *letter; letter++) {
		const struct option *option = by_letter(*letter);
		const char written[] = { '-', *letter, '\0' };
		const char *value = NULL;

		if (!option)
			return fail(e, "there is no option '%s' (--help lists all)", written);
		if (option->wants == VALUE)
			value = letter[1] ? letter + 1 : argument[1];
		if (take(o, option, written, value, e) < 0)
			return -1;
		if (option->wants == VALUE)
			return value == letter + 1 ? 1 : 2;
	}
	return 1;
}

/* Returns the place of the first operand, or -1. */
static int take_options(struct options *o, int argc, char *argv[], struct error *e) {
	int i = 1, used;

	while (i < argc && argv[i][0] == '-' && argv[i][1]) {
		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		used = argv[i][1] == '-' ? take_long(o, argv + i, e) : take_letters(o, argv + i, e);
		if (used < 0)
			return -1;
		i += used;
	}
	return i;
}

/* As tini does: being there is enough for the first two. */
static void take_tini_variables(struct options *o) {
	const char *verbosity = getenv("TINI_VERBOSITY");

	o->subreaper |= getenv("TINI_SUBREAPER") != NULL;
	o->group |= getenv("TINI_KILL_PROCESS_GROUP") != NULL;
	if (verbosity && number(verbosity, INT16_MAX) >= 0)
		o->verbosity = number(verbosity, INT16_MAX);
}

static bool takes_command(enum options_mode mode) {
	return mode == OPTIONS_RUN || mode == OPTIONS_CHECK || mode == OPTIONS_PLAN;
}

int options_need_command(const struct options *o, struct error *e) {
	if (o->command)
		return 0;
	return fail(e, "there is no command: pintle [OPTIONS] [--] COMMAND [ARG]...");
}

static int take_command(struct options *o, char *const *operands, struct error *e) {
	if (!*operands)
		return o->plain && o->mode == OPTIONS_RUN ? options_need_command(o, e) : 0;
	if (!takes_command(o->mode))
		return fail(e, "--%s takes no command, but there is '%s'", by_mode(o->mode)->name,
			    *operands);
	o->command = operands;
	return 0;
}

static bool is_alias(const char *path) {
	const char *slash = path ? strrchr(path, '/') : NULL;

	return path && strcmp(slash ? slash + 1 : path, "pintle") != 0;
}

int options_parse(struct options *o, int argc, char *argv[], struct error *e) {
	int operand;

	o->verbosity = 1;
	operand = take_options(o, argc, argv, e);
	if (operand < 0)
		return -1;
	o->alias = is_alias(argv[0]);
	o->plain = o->alias && !o->config && !o->sets;
	if (o->plain)
		take_tini_variables(o);
	return take_command(o, argv + (operand < argc ? operand : argc), e);
}

static void print_option(struct writer *w, const struct option *option) {
	const char *equals = option->wants == MAYBE ? "[=" : option->name ? "=" : " ";
	char label[64], line[160];
	const char letter[] = { '-', option->letter, '\0' };

	snprintf(label, sizeof(label), "%s%s%s%s%s%s%s", option->letter ? letter : "",
		 option->letter && option->name ? ", " : "", option->name ? "--" : "",
		 option->name ? option->name : "", option->value ? equals : "",
		 option->value ? option->value : "", option->wants == MAYBE ? "]" : "");
	snprintf(line, sizeof(line), "  %-32s %s\n", label, option->help);
	writer_text(w, line);
}

void options_help(int fd) {
	struct writer w = { .fd = fd };

	writer_text(&w, "Usage: pintle [OPTIONS] [--] [COMMAND [ARG]...]\n\n"
			"Runs COMMAND, else [app] command, as the application of a container.\n\n");
	for (int i = 0; i < OPTIONS; i++)
		print_option(&w, &table[i]);
	writer_text(&w, "\nManuals: pintle(8), pintle.ini(5); or pintle --reference\n");
	writer_flush(&w);
}

/* Docker asks its init for the version and understands only tini's answer. */
void options_version(const struct options *o, int fd) {
	struct writer w = { .fd = fd };

	writer_text(&w, o->alias ? "tini version " PINTLE_VERSION "_pintle\n"
				 : "pintle " PINTLE_VERSION "\n");
	writer_flush(&w);
}
