/* SPDX-License-Identifier: Apache-2.0 */
#include "config/words.h"

#include <string.h>

static bool is_any(char c, const char *of) {
	return c != '\0' && strchr(of, c) != NULL;
}

/* A late reference goes through as it is: its default may hold anything. */
static void take_late(char **in, char **out) {
	do
		*(*out)++ = **in;
	while (*(*in)++ != WORDS_LATE_END);
}

/* One or two characters after a backslash; within double quotes it is special only before these. */
static bool take_escaped(char **in, char **out, char quote) {
	if ((*in)[1] == '\0')
		return false;
	if (quote == '\0' || is_any((*in)[1], "\"\\$`"))
		(*in)++;
	*(*out)++ = *(*in)++;
	return true;
}

static int unquote(struct words *w, char **word, struct error *e) {
	char *in = w->rest, *out = w->rest, quote = '\0';

	*word = out;
	for (; *in;) {
		if (*in == WORDS_FENCE || *in == WORDS_FENCE_END)
			w->fenced = *in++ == WORDS_FENCE;
		else if (*in == WORDS_LATE)
			take_late(&in, &out);
		else if (!quote && is_any(*in, w->separators))
			break;
		else if (w->fenced || (*in == '"' && quote == '\'') ||
			 (*in == '\'' && quote == '"'))
			*out++ = *in++;
		else if (*in == '"' || *in == '\'')
			quote = quote ? '\0' : *in, in++;
		else if (*in == '\\' && quote != '\'') {
			if (!take_escaped(&in, &out, quote))
				return fail(e, "ends with a lone backslash");
		} else
			*out++ = *in++;
	}
	if (quote)
		return fail(e, "a %c is missing at the end", quote);
	w->rest = *in ? in + 1 : in;
	*out = '\0';
	return 1;
}

/* Blanks, and the fences between them; a fence around nothing makes no word. */
static void skip(struct words *w) {
	for (;; w->rest++) {
		if (*w->rest == WORDS_FENCE || *w->rest == WORDS_FENCE_END)
			w->fenced = *w->rest == WORDS_FENCE;
		else if (!is_any(*w->rest, w->separators))
			return;
	}
}

int words_next(struct words *w, char **word, struct error *e) {
	skip(w);
	return *w->rest ? unquote(w, word, e) : 0;
}

static bool is_plain(char c) {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       is_any(c, "%+-./:=@_^~*?!#&;|<>(){}[]$\x01\x02");
}

static void write_char(struct writer *w, const char *at) {
	if (*at == WORDS_LATE)
		writer_text(w, "${");
	else if (*at == WORDS_LATE_END)
		writer_char(w, '}');
	else
		writer_char(w, *at);
	if (*at == '$' && is_any(at[1], "${\x01"))
		writer_char(w, '$');
}

void words_write_text(struct writer *w, const char *text) {
	for (; *text; text++)
		write_char(w, text);
}

void words_write(struct writer *w, const char *word) {
	const char *end = word;
	bool late = false;

	while (is_plain(*end))
		end++;
	if (*word && !*end) {
		words_write_text(w, word);
		return;
	}
	writer_char(w, '\'');
	for (; *word; word++) {
		late = *word == WORDS_LATE || (late && *word != WORDS_LATE_END);
		if (*word == '\'' && !late)
			writer_text(w, "'\\''");
		else
			write_char(w, word);
	}
	writer_char(w, '\'');
}
