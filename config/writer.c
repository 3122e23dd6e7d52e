/* SPDX-License-Identifier: Apache-2.0 */
#include "config/writer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

void writer_flush(struct writer *w) {
	for (size_t done = 0; done < w->len;) {
		ssize_t n = write(w->fd, w->bytes + done, w->len - done);

		if (n < 0 && errno != EINTR)
			break;
		done += n > 0 ? (size_t)n : 0;
	}
	w->len = 0;
}

void writer_char(struct writer *w, char c) {
	if (w->len == sizeof(w->bytes))
		writer_flush(w);
	w->bytes[w->len++] = c;
}

void writer_text(struct writer *w, const char *text) {
	while (*text)
		writer_char(w, *text++);
}

void writer_number(struct writer *w, int64_t number) {
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, number);
	writer_text(w, text);
}

void writer_texts(struct writer *w, ...) {
	va_list texts;

	va_start(texts, w);
	for (const char *text; (text = va_arg(texts, const char *)) != NULL;)
		writer_text(w, text);
	va_end(texts);
}
