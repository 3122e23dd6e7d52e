/* SPDX-License-Identifier: Apache-2.0 */
#include "init/json.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_ESCAPE = sizeof("\\u0000") - 1 };

static size_t escape(unsigned char c, char *text) {
	if (c < 0x20)
		return (size_t)sprintf(text, "\\u%04x", c);
	if (c != '"' && c != '\\') {
		*text = (char)c;
		return 1;
	}
	text[0] = '\\';
	text[1] = (char)c;
	return 2;
}

size_t json_escape(const char *value, char *text, size_t size) {
	size_t len = 0, taken = 0;

	while (value[taken] && len + LONGEST_ESCAPE < size)
		len += escape((unsigned char)value[taken++], text + len);
	text[len] = '\0';
	return taken;
}

static void put(struct json *j, const char *text) {
	size_t len = strlen(text);

	if (len >= j->size - j->len) {
		j->full = true;
		return;
	}
	memcpy(j->text + j->len, text, len + 1);
	j->len += len;
}

static void put_string(struct json *j, const char *value) {
	size_t taken;

	put(j, "\"");
	taken = json_escape(value, j->text + j->len, j->size - j->len);
	j->full |= value[taken] != '\0';
	j->len += strlen(j->text + j->len);
	put(j, "\"");
}

static void put_name(struct json *j, const char *name) {
	if (!j->first)
		put(j, ",");
	j->first = false;
	if (!name)
		return;
	put_string(j, name);
	put(j, ":");
}

static void begin(struct json *j, const char *name, const char *bracket) {
	put_name(j, name);
	put(j, bracket);
	j->first = true;
}

static void end(struct json *j, const char *bracket) {
	put(j, bracket);
	j->first = false;
}

void json_begin(struct json *j, char *text, size_t size) {
	*j = (struct json){ .text = text, .size = size, .first = true };
	*text = '\0';
}

bool json_end(const struct json *j) {
	return !j->full;
}

void json_object(struct json *j, const char *name) {
	begin(j, name, "{");
}

void json_object_end(struct json *j) {
	end(j, "}");
}

void json_list(struct json *j, const char *name) {
	begin(j, name, "[");
}

void json_list_end(struct json *j) {
	end(j, "]");
}

void json_text(struct json *j, const char *name, const char *value) {
	put_name(j, name);
	put_string(j, value);
}

void json_number(struct json *j, const char *name, long long value) {
	char digits[24];

	put_name(j, name);
	snprintf(digits, sizeof(digits), "%lld", value);
	put(j, digits);
}

void json_flag(struct json *j, const char *name, bool value) {
	put_name(j, name);
	put(j, value ? "true" : "false");
}
