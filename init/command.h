/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a command with what is known only now: "httpd -p ${PORT_WEB}". */
#ifndef INIT_COMMAND_H
#define INIT_COMMAND_H

#include "config/config.h"

enum { COMMAND_WORDS = 1024, COMMAND_TEXT = 65536 };

/* Untouched pages of it cost nothing. */
struct command {
	const char *words[COMMAND_WORDS + 1];
	char text[COMMAND_TEXT];
};

/* The setting itself where there is nothing to fill in, else a copy in the struct. NULL: a variable
 * is missing, or it is too long. lookup is called without a context. */
const char *const *command_expand(struct command *, const char *const *setting, config_lookup *,
				  struct error *);

#endif
