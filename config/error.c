/* SPDX-License-Identifier: Apache-2.0 */
#include "config/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(struct error *e, const char *format, va_list arguments) {
	size_t room = sizeof(e->text) - e->len;
	int n = vsnprintf(e->text + e->len, room, format, arguments);

	if (n > 0)
		e->len += (size_t)n < room ? (size_t)n : room - 1;
}

static void separate(struct error *e) {
	static const char between[] = "; ";

	if (e->len == 0 || sizeof(e->text) - e->len < sizeof(between))
		return;
	memcpy(e->text + e->len, between, sizeof(between));
	e->len += sizeof(between) - 1;
}

int fail(struct error *e, const char *format, ...) {
	int saved = errno;
	va_list arguments;

	if (!e)
		return -1;
	separate(e);
	va_start(arguments, format);
	errno = saved; /* for %m */
	append(e, format, arguments);
	va_end(arguments);
	errno = saved;
	return -1;
}
