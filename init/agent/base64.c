/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/base64.h"

#include <stdint.h>

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
