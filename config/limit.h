/* SPDX-License-Identifier: Apache-2.0 */
/* Resource limits: 1024, 1024:4096 (soft:hard), unlimited, and where bytes are counted 64k, 8m, 1g.
 */
#ifndef CONFIG_LIMIT_H
#define CONFIG_LIMIT_H

#include "config/value.h"

value_parse limit_parse;
value_write limit_write;

#endif
