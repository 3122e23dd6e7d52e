/* SPDX-License-Identifier: Apache-2.0 */
/* "did you mean ...?": the nearest of several candidates to what somebody wrote. */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

enum { SUGGEST_TEXT = 128 };

/* Zeroed but for written. best is a copy: candidates may be temporary. */
struct suggest {
	const char *written;
	unsigned distance; /* of the best one */
	char best[SUGGEST_TEXT]; /* "": nothing near enough */
	char hint[SUGGEST_TEXT + 32]; /* of suggest_hint */
};

void suggest_try(struct suggest *, const char *candidate);
/* ", did you mean 'mtu'?" or "". */
const char *suggest_hint(struct suggest *);

#endif
