/* SPDX-License-Identifier: Apache-2.0 */
/* Mustache, as its specification has it (github.com/mustache/spec, version 1.4: comments,
 * delimiters, interpolation, inverted, sections), for configuration files: values are written as
 * they are, with no HTML escaping, and there are neither lambdas nor partials. Pure: values come
 * from a callback, text goes to another one. */
#ifndef INIT_AGENT_MUSTACHE_H
#define INIT_AGENT_MUSTACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"

enum {
	MUSTACHE_DEPTH = 32, /* sections within each other */
	MUSTACHE_DELIMITER = 8, /* bytes of {{ and of }} */
	MUSTACHE_WORK = 1 << 28, /* bytes of template that are looked at, again for each item */
	MUSTACHE_TAG = 256, /* bytes that a tag counts for besides */
};

enum mustache_kind { MUSTACHE_NOTHING, MUSTACHE_TEXT, MUSTACHE_LIST };

/* What a name stands for. An empty text or list is not true: {{^x}} shows. */
struct mustache_value {
	enum mustache_kind kind;
	const char *text; /* as long as it is rendered */
	size_t length;
	const void *list; /* the caller's */
	unsigned count;
};

struct mustache_delimiter {
	char text[MUSTACHE_DELIMITER];
	size_t length;
};

/* The first part is the caller's, the rest zeroed. */
struct mustache {
	const char *template, *end;
	/* What the name is in an item of the list, "." being the item itself, or outside of any
	 * (list NULL); the value comes as MUSTACHE_NOTHING. Names with dots come in parts:
	 * "redis.port" is "port" of the first item of "redis". NULL: nothing is known. */
	void (*look_up)(struct mustache *, const void *list, unsigned index, const char *name,
			size_t length, struct mustache_value *);
	void (*put)(struct mustache *, const char *text, size_t length); /* NULL: checked only */
	size_t limit; /* bytes of output */

	const char *at;
	struct mustache_delimiter open, close;
	unsigned depth;
	unsigned hidden; /* sections around us that do not show */
	size_t written, work;
};

/* Fails for what is no template, wherever it stands, and for too much output or work: "line 3: ..."
 * What was put by then is to be forgotten. */
int mustache_render(struct mustache *, struct error *);

#endif
