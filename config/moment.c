/* SPDX-License-Identifier: Apache-2.0 */
#include "config/moment.h"

#include <string.h>

#include "config/number.h"

static const char names[][11] = {
	[CONFIG_PRE_START] = "pre-start", [CONFIG_POST_START] = "post-start",
	[CONFIG_PRE_STOP] = "pre-stop",   [CONFIG_POST_STOP] = "post-stop",
	[CONFIG_ALONGSIDE] = "alongside", [CONFIG_EVERY] = "every",
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

static int read_interval(const char *text, int64_t *ms, struct error *e) {
	if (*text == '\0')
		return fail(e, "'every' needs a duration, as in every 30s");
	if (number_read_duration(text, ms, e) < 0)
		return -1;
	return *ms > 0 ? 0 : fail(e, "'every %s' is too short: 1ms at least", text);
}

int moment_parse(const struct schema_key *key, char *text, void *field, struct error *e) {
	size_t len = strcspn(text, " \t");
	const char *rest = text + len + strspn(text + len, " \t");
	struct config_moment m = { .interval = 0 };
	unsigned n = 0;

	(void)key;
	while (n < NAMES && (strlen(names[n]) != len || memcmp(names[n], text, len) != 0))
		n++;
	if (n == NAMES || (*rest && n != CONFIG_EVERY))
		return fail(e, "'%s' is not one of %s", text, value_types[SCHEMA_WHEN].form);
	if (n == CONFIG_EVERY && read_interval(rest, &m.interval, e) < 0)
		return -1;
	m.at = n;
	*(struct config_moment *)field = m;
	return 0;
}

void moment_write(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_moment *m = field;

	(void)key;
	writer_text(w, names[m->at]);
	if (m->at != CONFIG_EVERY)
		return;
	writer_char(w, ' ');
	number_write_duration(m->interval, w);
}
