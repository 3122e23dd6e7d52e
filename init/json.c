/* SPDX-License-Identifier: Apache-2.0 */
#include "init/json.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LONGEST_ESCAPE = sizeof("\\u0000") - 1 };

/* The length of the character of UTF-8 (RFC 3629) that is there; 0: none is. */
static size_t character(const unsigned char *s) {
	static const uint32_t least[] = { [1] = 0, [2] = 0x80, [3] = 0x800, [4] = 0x10000 };
	size_t len = *s < 0x80 ? 1 : *s < 0xc0 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : 4;
	uint32_t code = len > 1 ? *s & (0x7f >> len) : *s;

	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if (*s > 0xf7 || code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return len;
}

/* One character, which is len bytes long; what is none becomes the one that stands for such. */
static size_t escape(const unsigned char *c, size_t len, char *text) {
	if (len == 0)
		return (size_t)sprintf(text, "\\ufffd");
	if (*c < 0x20)
		return (size_t)sprintf(text, "\\u%04x", *c);
	if (*c == '"' || *c == '\\') {
		*text = '\\';
		text[1] = (char)*c;
		return 2;
	}
	memcpy(text, c, len);
	return len;
}

size_t json_escape(const char *value, char *text, size_t size) {
	size_t len = 0, taken = 0;

	while (value[taken] && len + LONGEST_ESCAPE < size) {
		const unsigned char *at = (const unsigned char *)value + taken;
		size_t one = character(at);

		len += escape(at, one, text + len);
		taken += one ? one : 1;
	}
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
