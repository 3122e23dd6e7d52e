/* SPDX-License-Identifier: Apache-2.0 */
#include "config/number.h"

#include <inttypes.h>
#include <string.h>

static const int64_t year = INT64_C(365) * 24 * 3600 * 1000;

static const struct {
	char name[3];
	int64_t ms;
} units[] = { { "h", 3600 * 1000 }, { "m", 60 * 1000 }, { "s", 1000 }, { "ms", 1 } };
enum { UNITS = sizeof(units) / sizeof(units[0]) };

int number_read(const char *text, int64_t min, int64_t max, int64_t *number, struct error *e) {
	int64_t n = 0;
	bool good = *text != '\0';

	for (const char *c = text; *c && good; c++) {
		int digit = *c - '0';

		good = digit >= 0 && digit <= 9 && n <= (max - digit) / 10;
		n = good ? n * 10 + digit : n;
	}
	if (!good || n < min || n > max)
		return fail(e, "'%s' is not a number from %" PRId64 " to %" PRId64, text, min, max);
	*number = n;
	return 0;
}

int number_read_duration(const char *text, int64_t *ms, struct error *e) {
	size_t len = strspn(text, "0123456789");
	int64_t n = 0;

	for (size_t i = 0; i < len && n <= year; i++)
		n = n * 10 + (text[i] - '0');
	for (size_t i = 0; i < UNITS && len > 0; i++) {
		if (strcmp(text + len, units[i].name) != 0)
			continue;
		if (n > year / units[i].ms)
			return fail(e, "'%s' is more than a year", text);
		*ms = n * units[i].ms;
		return 0;
	}
	if (strcmp(text, "0") != 0)
		return fail(e, "'%s' is not a duration such as 250ms, 8s, 2m or 1h", text);
	*ms = 0;
	return 0;
}

void number_write_duration(int64_t ms, struct writer *w) {
	size_t i = 0;

	while (i < UNITS && (ms < units[i].ms || ms % units[i].ms != 0))
		i++;
	writer_number(w, i < UNITS ? ms / units[i].ms : 0);
	if (i < UNITS)
		writer_text(w, units[i].name);
}

int number_parse(const struct schema_key *key, char *text, void *field, struct error *e) {
	return number_read(text, key->min, key->max, field, e);
}

void number_write(const struct schema_key *key, const void *field, struct writer *w) {
	(void)key;
	writer_number(w, *(const int64_t *)field);
}

int number_parse_octal(const struct schema_key *key, char *text, void *field, struct error *e) {
	int64_t n = 0;

	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c > '7' || n * 8 + (*c - '0') > key->max)
			return fail(e, "'%s' is not an octal number from 0 to %" PRIo64, text,
				    (uint64_t)key->max);
		n = n * 8 + (*c - '0');
	}
	*(int64_t *)field = n;
	return 0;
}

void number_write_octal(const struct schema_key *key, const void *field, struct writer *w) {
	int64_t n = *(const int64_t *)field;

	(void)key;
	writer_char(w, '0');
	for (int shift = 6; shift >= 0; shift -= 3)
		writer_char(w, (char)('0' + (n >> shift & 7)));
}

int number_parse_duration(const struct schema_key *key, char *text, void *field, struct error *e) {
	int64_t ms = CONFIG_NONE;

	if (!key->none || strcmp(text, "none") != 0) {
		if (number_read_duration(text, &ms, e) < 0)
			return -1;
		if (ms < key->min)
			return fail(e, "'%s' is too short: %ums at least", text, key->min);
	}
	*(int64_t *)field = ms;
	return 0;
}

void number_write_time(const struct schema_key *key, const void *field, struct writer *w) {
	int64_t ms = *(const int64_t *)field;

	(void)key;
	if (ms == CONFIG_NONE)
		writer_text(w, "none");
	else
		number_write_duration(ms, w);
}

int number_parse_port(const struct schema_key *key, char *text, void *field, struct error *e) {
	int64_t port = CONFIG_PORT_AUTO;

	(void)key;
	if (strcmp(text, "auto") != 0 && number_read(text, 1, UINT16_MAX, &port, NULL) < 0)
		return fail(e, "'%s' is not a port from 1 to 65535 or auto", text);
	*(int64_t *)field = port;
	return 0;
}

void number_write_port(const struct schema_key *key, const void *field, struct writer *w) {
	int64_t port = *(const int64_t *)field;

	(void)key;
	if (port == CONFIG_PORT_AUTO)
		writer_text(w, "auto");
	else
		writer_number(w, port);
}

int number_parse_range(const struct schema_key *key, char *text, void *field, struct error *e) {
	struct config_range *range = field;
	char *dash = strchr(text, '-');
	int64_t first, last;

	(void)key;
	if (!dash)
		return fail(e, "'%s' is not a range such as 20000-32000", text);
	*dash = '\0';
	if (number_read(text, 1, UINT16_MAX, &first, e) < 0 ||
	    number_read(dash + 1, 1, UINT16_MAX, &last, e) < 0)
		return -1;
	if (first > last)
		return fail(e, "'%s-%s' ends before it begins", text, dash + 1);
	*range = (struct config_range){ .first = (uint16_t)first, .last = (uint16_t)last };
	return 0;
}

void number_write_range(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_range *range = field;

	(void)key;
	writer_number(w, range->first);
	writer_char(w, '-');
	writer_number(w, range->last);
}
