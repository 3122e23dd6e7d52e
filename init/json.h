/* SPDX-License-Identifier: Apache-2.0 */
/* JSON is written into the caller's buffer, in order, with nothing allocated: objects, lists, texts
 * and numbers. In an object every value has a name, in a list none (NULL). */
#ifndef INIT_JSON_H
#define INIT_JSON_H

#include <stdbool.h>
#include <stddef.h>

struct json {
	char *text; /* the caller's; always ends in a NUL */
	size_t size, len;
	bool full; /* something did not fit */
	bool first; /* of its object or list: no comma before it */
};

void json_begin(struct json *, char *text, size_t size);
/* False if something did not fit: then the text is no JSON. */
bool json_end(const struct json *);

void json_object(struct json *, const char *name);
void json_object_end(struct json *);
void json_list(struct json *, const char *name);
void json_list_end(struct json *);

void json_text(struct json *, const char *name, const char *value);
void json_number(struct json *, const char *name, long long value);
void json_flag(struct json *, const char *name, bool value);

/* Writes the inside of a JSON string (RFC 8259, section 7), NUL at its end. Where it does not fit
 * it is cut between two characters. Returns the bytes of value that were written. */
size_t json_escape(const char *value, char *text, size_t size);

#endif
