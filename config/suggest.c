/* SPDX-License-Identifier: Apache-2.0 */
#include "config/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { FAR = SUGGEST_TEXT };

static unsigned least(unsigned a, unsigned b, unsigned c) {
	unsigned d = a < b ? a : b;

	return d < c ? d : c;
}

static bool same(char a, char b) {
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Insertions, deletions, exchanges, and swaps of neighbours (optimal string alignment), one row of
 * the matrix for each character of a. */
static unsigned distance(const char *a, const char *b) {
	unsigned char rows[3][SUGGEST_TEXT];
	size_t n = strlen(a), m = strlen(b);

	if (n >= SUGGEST_TEXT || m >= SUGGEST_TEXT)
		return FAR;
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = (unsigned char)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned char *row = rows[i % 3], *above = rows[(i + 2) % 3];
		const unsigned char *over = rows[(i + 1) % 3];

		row[0] = (unsigned char)i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = (unsigned char)least(above[j] + 1, row[j - 1] + 1,
						      above[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = (unsigned char)least(row[j], over[j - 2] + 1, FAR);
		}
	}
	return rows[n % 3][m];
}

/* One mistake in three characters is a typing error, more is another word. */
static unsigned tolerance(const char *text) {
	size_t len = strlen(text);

	return len < 3 ? 1 : len < 9 ? (unsigned)(len + 1) / 3 : 3;
}

void suggest_try(struct suggest *s, const char *candidate) {
	unsigned d = distance(s->written, candidate);

	if (d > tolerance(s->written) || d >= strlen(candidate) || (s->best[0] && d >= s->distance))
		return;
	s->distance = d;
	(void)snprintf(s->best, sizeof(s->best), "%s", candidate);
}

const char *suggest_hint(struct suggest *s) {
	s->hint[0] = '\0';
	if (s->best[0])
		(void)snprintf(s->hint, sizeof(s->hint), ", did you mean '%s'?", s->best);
	return s->hint;
}
