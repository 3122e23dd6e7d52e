/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/base64.h"

#include <stdint.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const char *bytes, size_t length, char *text) {
	for (size_t i = 0; i < length; i += 3) {
		uint32_t three = 0;

		for (size_t n = 0; n < 3; n++)
			three = three << 8 | (i + n < length ? (uint8_t)bytes[i + n] : 0);
		for (size_t n = 0; n < 4; n++)
			*text++ = i + n > length ? '=' : digits[three >> (18 - 6 * n) & 63];
	}
	*text = '\0';
}

int base64_decode(char *text, size_t length) {
	size_t wanted = length, used = 0;
	uint32_t bits = 0;

	if (length % 4)
		return -1;
	while (wanted && length - wanted < 2 && text[wanted - 1] == '=')
		wanted--;
	for (size_t i = 0; i < wanted; i++) {
		const char *digit = memchr(digits, text[i], sizeof(digits) - 1);

		if (!digit)
			return -1;
		bits = bits << 6 | (uint32_t)(digit - digits);
		if (i % 4)
			text[used++] = (char)(bits >> (6 - 2 * (i % 4)));
	}
	return (int)used;
}
