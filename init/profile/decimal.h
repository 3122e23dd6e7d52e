/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of JSON: what cJSON calls instead of libc's strtod (see the Makefile), which costs 6 KB.
 */
#ifndef INIT_PROFILE_DECIMAL_H
#define INIT_PROFILE_DECIMAL_H

/* As strtod, for decimal numbers. Exact for integers below 2^53 and for fractions of 15 digits. */
double decimal_read(const char *text, char **end);

#endif
