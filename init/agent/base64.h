/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as text: RFC 4648, section 4. */
#ifndef INIT_AGENT_BASE64_H
#define INIT_AGENT_BASE64_H

#include <stddef.h>

#define BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4 + 1) /* of the text, with its NUL */

/* The text has room for BASE64_SIZE(length). */
void base64_encode(const char *bytes, size_t length, char *text);

/* Makes text what it says, in its place. How many bytes that are; -1: it is not base64. */
int base64_decode(char *text, size_t length);

#endif
