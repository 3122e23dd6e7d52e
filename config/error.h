/* SPDX-License-Identifier: Apache-2.0 */
/* One failure with its context, owned by the caller and zeroed by it.
 * Below init/ nobody prints or exits: a function that can fail takes a struct error last. */
#ifndef CONFIG_ERROR_H
#define CONFIG_ERROR_H

#include <stddef.h>

enum { ERROR_TEXT = 1024 };

struct error {
	size_t len;
	char text[ERROR_TEXT];
};

/* Appends the message (after "; " if there is one already), cut at the end of text.
 * Nothing, if the error is NULL: nobody wants to know. Knows %m. Returns -1 and leaves errno alone,
 * so that "return fail(e, ...)" is one statement. */
int fail(struct error *, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
