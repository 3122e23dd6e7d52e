/* SPDX-License-Identifier: Apache-2.0 */
/* A scanner of JSON (RFC 8259) that comes in pieces: strict, bounded, without allocation. It tells
 * each value as it comes, with the path to it: "[].Service.Tags[]". */
#ifndef INIT_AGENT_SCANNER_H
#define INIT_AGENT_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SCANNER_DEPTH = 64, /* lists and objects in each other */
	SCANNER_PATH = 192, /* bytes; what does not fit ends in a line break, as no key does */
	SCANNER_TEXT = 640, /* bytes of one value, decoded */
};

enum scanner_kind {
	SCANNER_STRING,
	SCANNER_NUMBER,
	SCANNER_WORD, /* true, false, null */
	SCANNER_END, /* of the list or object with this path; no text */
};

struct scanner {
	/* The owner's. What it is called with is valid until it returns. */
	void (*found)(struct scanner *, enum scanner_kind);
	/* A string is longer than text, and that is full: found gets what is left. NULL: it is cut.
	 */
	void (*part)(struct scanner *);

	/* For found. Texts are terminated; control characters may be in them, NUL as \x01. */
	char path[SCANNER_PATH];
	uint16_t path_length;
	char text[SCANNER_TEXT + 1];
	size_t length;
	bool cut; /* the text is longer */

	/* Its own. */
	uint8_t state;
	uint8_t digits; /* that an escape still wants */
	uint8_t depth;
	bool key; /* what is being read is one */
	uint16_t code, high; /* of \uXXXX; half of a pair */
	struct {
		uint8_t base; /* the length of its own path */
		bool list;
	} levels[SCANNER_DEPTH];
};

/* Begins a new text; found stays. */
void scanner_begin(struct scanner *);

/* -1: this is not JSON, nor will it be. */
int scanner_feed(struct scanner *, const char *bytes, size_t length);

/* Whether what came is one value, and nothing else. */
bool scanner_end(struct scanner *);

#endif
