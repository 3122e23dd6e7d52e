/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities by name, as docker and capabilities(7) write them: NET_ADMIN, CAP_NET_ADMIN. */
#ifndef CONFIG_CAPABILITY_H
#define CONFIG_CAPABILITY_H

#include "config/value.h"

enum { CAPABILITY_TEXT = 1024 }; /* bytes for the names of all */

/* Writes the names in a set (bit n: capability n), with blanks between them. */
void capability_text(uint64_t set, char text[static CAPABILITY_TEXT]);

value_parse capability_parse;
value_write capability_write;

#endif
