/* SPDX-License-Identifier: Apache-2.0 */
#include "config/change.h"

#include <string.h>

#include "config/signal.h"
#include "config/words.h"

static const char names[][8] = {
	[CONFIG_CHANGE_NONE] = "none",
	[CONFIG_CHANGE_SIGNAL] = "signal",
	[CONFIG_CHANGE_EXEC] = "exec",
	[CONFIG_CHANGE_RESTART] = "restart",
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static int read_signal(const char *text, int *signal, struct error *e) {
	*signal = signal_number(text);
	if (*signal < 0)
		return fail(e, "'signal %s' needs a signal such as HUP, 1 or RTMIN+3", text);
	return 0;
}

int change_parse(const struct schema_key *key, char *text, void *field, struct error *e) {
	struct words w = { .rest = text, .separators = " \t\n" };
	struct config_change c = { .what = CONFIG_CHANGE_NONE };
	char *word = text, *rest;
	unsigned n = 0;

	if (words_next(&w, &word, e) < 0)
		return -1;
	rest = w.rest + strspn(w.rest, w.separators);
	while (n < NAMES && strcmp(names[n], word) != 0)
		n++;
	if (n == NAMES || (*rest && n != CONFIG_CHANGE_SIGNAL && n != CONFIG_CHANGE_EXEC))
		return fail(e, "'%s%s%s' is not one of %s", word, *rest ? " " : "", rest,
			    value_types[SCHEMA_CHANGE].form);
	if (n == CONFIG_CHANGE_SIGNAL && read_signal(rest, &c.signal, e) < 0)
		return -1;
	if (n == CONFIG_CHANGE_EXEC && value_parse_words(key, rest, &c.command, e) < 0)
		return -1;
	c.what = n;
	*(struct config_change *)field = c;
	return 0;
}

void change_write(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_change *c = field;
	char text[SIGNAL_TEXT];

	writer_text(w, names[c->what]);
	if (c->what == CONFIG_CHANGE_SIGNAL)
		writer_texts(w, " ", signal_text(c->signal, text), NULL);
	if (c->what != CONFIG_CHANGE_EXEC)
		return;
	writer_char(w, ' ');
	value_write_words(key, &c->command, w);
}
