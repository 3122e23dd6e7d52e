/* SPDX-License-Identifier: Apache-2.0 */
#include "config/stopping.h"

#include <signal.h>
#include <string.h>

#include "config/number.h"
#include "config/signal.h"

static int read_signal(const char *text, int *signal, struct error *e) {
	*signal = signal_number(text);
	if (*signal < 0)
		return fail(e, "'%s' is not a signal such as TERM, 15 or RTMIN+3", text);
	return 0;
}

/* KILL and STOP never arrive, and what CHLD asks for is done anyway. */
static int read_catchable(const char *text, int *signal, struct error *e) {
	if (read_signal(text, signal, e) < 0)
		return -1;
	if (*signal == SIGKILL || *signal == SIGSTOP || *signal == SIGCHLD)
		return fail(e, "'%s' can't ask for anything: it is never forwarded", text);
	return 0;
}

int stopping_parse_signals(const struct schema_key *key, char *text, void *field, struct error *e) {
	uint64_t set = 0;
	char *rest = text;

	(void)key;
	for (char *word; (word = strtok_r(rest, " \t\n,", &rest)) != NULL;) {
		int signal;

		if (read_catchable(word, &signal, e) < 0)
			return -1;
		set |= UINT64_C(1) << (signal - 1);
	}
	if (set == 0)
		return fail(e, "names no signal");
	*(uint64_t *)field |= set;
	return 0;
}

void stopping_write_signals(const struct schema_key *key, const void *field, struct writer *w) {
	const char *between = "";
	char text[SIGNAL_TEXT];

	(void)key;
	for (int signal = 1; signal <= SIGNAL_RTMAX; signal++) {
		if (!(*(const uint64_t *)field >> (signal - 1) & 1))
			continue;
		writer_texts(w, between, signal_text(signal, text), NULL);
		between = " ";
	}
}

int stopping_parse_step(const struct schema_key *key, char *text, void *field, struct error *e) {
	struct config_stop *step = field;
	char *rest = text, *name = strtok_r(rest, " \t", &rest);
	char *wait = strtok_r(rest, " \t", &rest), *more = strtok_r(rest, " \t", &rest);
	int64_t ms = CONFIG_NONE;
	int signal;

	(void)key;
	if (!name)
		return fail(e, "has an empty item");
	if (read_signal(name, &signal, e) < 0)
		return -1;
	if (signal == SIGSTOP || signal == SIGCONT || signal == SIGCHLD)
		return fail(e, "'%s' does not stop anything for good", name);
	if (wait && number_read_duration(wait, &ms, e) < 0)
		return -1;
	if (more)
		return fail(e, "'%s': a comma is missing before it", more);
	step->signal = signal;
	step->wait = ms;
	return 0;
}

void stopping_write_step(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_stop *step = field;
	char text[SIGNAL_TEXT];

	(void)key;
	writer_text(w, signal_text(step->signal, text));
	if (step->wait == CONFIG_NONE)
		return;
	writer_char(w, ' ');
	number_write_duration(step->wait, w);
}

int stopping_parse_exit(const struct schema_key *key, char *text, void *field, struct error *e) {
	static const char prefix[] = "stop:";
	struct config_exit *map = field;
	bool stopped = strncmp(text, prefix, sizeof(prefix) - 1) == 0;
	char *from = stopped ? text + sizeof(prefix) - 1 : text, *to = strchr(from, '=');
	int64_t numbers[2];

	(void)key;
	if (!to)
		return fail(e, "'%s' is not a change such as 143=0 or stop:143=0", text);
	*to++ = '\0';
	if (number_read(from, 0, UINT8_MAX, &numbers[0], e) < 0 ||
	    number_read(to, 0, UINT8_MAX, &numbers[1], e) < 0)
		return -1;
	map->from = (int)numbers[0];
	map->to = (int)numbers[1];
	map->stopped = stopped;
	return 0;
}

void stopping_write_exit(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_exit *map = field;

	(void)key;
	writer_text(w, map->stopped ? "stop:" : "");
	writer_number(w, map->from);
	writer_char(w, '=');
	writer_number(w, map->to);
}
