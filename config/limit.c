/* SPDX-License-Identifier: Apache-2.0 */
#include "config/limit.h"

#include <stdio.h>
#include <string.h>

#include "config/number.h"

enum { TEXT = 64 };

static const char unlimited[] = "unlimited";

static const struct {
	char letter;
	int64_t bytes;
} units[] = { { 'g', 1 << 30 }, { 'm', 1 << 20 }, { 'k', 1 << 10 }, { '\0', 1 } };

static bool counts_bytes(const struct schema_key *key) {
	return key->type == SCHEMA_LIMIT_SIZE;
}

/* The number and its unit are told apart in place. */
static int read_bound(char *text, bool sized, int64_t *bound) {
	char *letter = text + strspn(text, "0123456789");
	size_t i = 0;

	if (strcmp(text, unlimited) == 0) {
		*bound = CONFIG_UNLIMITED;
		return 0;
	}
	while (units[i].letter && (!sized || units[i].letter != *letter))
		i++;
	if (units[i].letter && letter[1] == '\0')
		*letter = '\0';
	if (number_read(text, 0, (CONFIG_UNLIMITED - 1) / units[i].bytes, bound, NULL) < 0)
		return -1;
	*bound *= units[i].bytes;
	return 0;
}

/* One number is both limits, as for docker's --ulimit. */
static int read_both(const char *text, bool sized, struct config_limit *limit) {
	char soft[TEXT], *hard;

	if ((size_t)snprintf(soft, sizeof(soft), "%s", text) >= sizeof(soft))
		return -1;
	hard = strchr(soft, ':');
	if (hard)
		*hard++ = '\0';
	if (read_bound(soft, sized, &limit->soft) < 0)
		return -1;
	limit->hard = limit->soft;
	return hard ? read_bound(hard, sized, &limit->hard) : 0;
}

int limit_parse(const struct schema_key *key, char *text, void *field, struct error *e) {
	struct config_limit limit;

	if (read_both(text, counts_bytes(key), &limit) < 0)
		return fail(e, "'%s' is not a limit such as %s (soft:hard) or unlimited", text,
			    counts_bytes(key) ? "64k, 8m:1g" : "1024, 1024:4096");
	if (limit.soft > limit.hard)
		return fail(e, "'%s': the soft limit, the first, is above the hard one", text);
	limit.given = true;
	*(struct config_limit *)field = limit;
	return 0;
}

static void write_bound(int64_t bound, bool sized, struct writer *w) {
	size_t i = 0;

	if (bound == CONFIG_UNLIMITED) {
		writer_text(w, unlimited);
		return;
	}
	while (units[i].letter && (!sized || bound == 0 || bound % units[i].bytes != 0))
		i++;
	writer_number(w, bound / units[i].bytes);
	if (units[i].letter)
		writer_char(w, units[i].letter);
}

void limit_write(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_limit *limit = field;

	write_bound(limit->soft, counts_bytes(key), w);
	if (limit->hard == limit->soft)
		return;
	writer_char(w, ':');
	write_bound(limit->hard, counts_bytes(key), w);
}
