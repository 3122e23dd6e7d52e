/* SPDX-License-Identifier: Apache-2.0 */
/* Text into words, quoted as for a shell. There are no expansions here: those were made before, and
 * are fenced, so that a quote or a backslash in a variable is only itself, as in a shell. */
#ifndef CONFIG_WORDS_H
#define CONFIG_WORDS_H

#include <stdbool.h>

#include "config/error.h"
#include "config/writer.h"

/* Control characters that no source lets through, used within values. */
enum {
	WORDS_LATE = 1, /* "${" of a name that is only known while running */
	WORDS_LATE_END, /* its "}" */
	WORDS_FENCE, /* what a variable held: split at blanks, but quotes are nothing special */
	WORDS_FENCE_END,
};

struct words {
	char *rest;
	const char *separators;
	bool fenced;
};

/* The next word, unquoted in place. 1: there is one; 0: there is none left; -1: bad quotes. */
int words_next(struct words *, char **word, struct error *);

/* Writes a word as it has to be written to be read as the same one. */
void words_write(struct writer *, const char *word);
/* Writes text that is not split into words: with $$ where a $ alone would mean something. */
void words_write_text(struct writer *, const char *text);

#endif
