/* SPDX-License-Identifier: Apache-2.0 */
#include "init/profile/decimal.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

enum { MOST = 400 }; /* no double reaches 1e400, nor is any but 0 below 1e-400 */

static const char *read_digits(const char *at, double *value) {
	for (; *at >= '0' && *at <= '9'; at++)
		*value = *value * 10 + (*at - '0');
	return at;
}

static int bound(double exponent) {
	return exponent > MOST ? MOST : (int)exponent;
}

/* "e-7", or nothing. */
static const char *read_exponent(const char *at, int *exponent) {
	bool is_signed = at[0] && (at[1] == '-' || at[1] == '+');
	const char *end;
	double value = 0;

	if (*at != 'e' && *at != 'E')
		return at;
	end = read_digits(at + 1 + is_signed, &value);
	if (end == at + 1 + is_signed)
		return at;
	*exponent += at[1] == '-' ? -bound(value) : bound(value);
	return end;
}

static double scale(double value, int exponent) {
	double power = 1;

	if (value == 0 || isinf(value))
		return value;
	for (int i = exponent; i != 0; i += i < 0 ? 1 : -1)
		power *= 10;
	return exponent < 0 ? value / power : value * power;
}

double decimal_read(const char *text, char **end) {
	const char *digits = text + (*text == '-'), *fraction, *at;
	double value = 0;
	int exponent = 0;

	at = read_digits(digits, &value);
	*end = (char *)(uintptr_t)text;
	if (at == digits)
		return 0;
	if (*at == '.') {
		fraction = at + 1;
		at = read_digits(fraction, &value);
		exponent = -bound((double)(at - fraction));
	}
	at = read_exponent(at, &exponent);
	*end = (char *)(uintptr_t)at;
	value = scale(value, exponent);
	return *text == '-' ? -value : value;
}
