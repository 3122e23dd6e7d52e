/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers, durations, ports. */
#ifndef CONFIG_NUMBER_H
#define CONFIG_NUMBER_H

#include "config/value.h"

/* Decimal digits only. */
int number_read(const char *text, int64_t min, int64_t max, int64_t *number, struct error *);
/* 250ms, 8s, 2m, 1h, 0. */
int number_read_duration(const char *text, int64_t *ms, struct error *);
void number_write_duration(int64_t ms, struct writer *);

value_parse number_parse, number_parse_octal, number_parse_duration, number_parse_port,
	number_parse_range;
value_write number_write, number_write_octal, number_write_time, number_write_port,
	number_write_range;

#endif
