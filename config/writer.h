/* SPDX-License-Identifier: Apache-2.0 */
/* Text to a descriptor through a small buffer. Errors are not told: there is nobody to tell. */
#ifndef CONFIG_WRITER_H
#define CONFIG_WRITER_H

#include <stddef.h>
#include <stdint.h>

struct writer {
	int fd;
	size_t len;
	char bytes[2048];
};

void writer_char(struct writer *, char);
void writer_text(struct writer *, const char *text);
void writer_number(struct writer *, int64_t);
/* All of the texts, up to the NULL at their end. */
void writer_texts(struct writer *, ...) __attribute__((sentinel));
void writer_flush(struct writer *);

#endif
