/* SPDX-License-Identifier: Apache-2.0 */
/* The moment of a [job]: "pre-start", "alongside", "every 30s". */
#ifndef CONFIG_MOMENT_H
#define CONFIG_MOMENT_H

#include "config/value.h"

value_parse moment_parse;
value_write moment_write;

#endif
