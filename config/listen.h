/* SPDX-License-Identifier: Apache-2.0 */
/* Where a server listens: "9090", "127.0.0.1:9090", "[::1]:9090", "none". */
#ifndef CONFIG_LISTEN_H
#define CONFIG_LISTEN_H

#include "config/value.h"

value_parse listen_parse;
value_write listen_write;

#endif
