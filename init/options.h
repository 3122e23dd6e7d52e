/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: options up to the first operand or "--", then the application's command.
 * A new option is a row in options.c, which --help prints too. */
#ifndef INIT_OPTIONS_H
#define INIT_OPTIONS_H

#include <stdbool.h>

#include "config/config.h"

enum { OPTIONS_SETS = 256, OPTIONS_CODES = 256 };

/* What is to be done; all but the first end at once. */
enum options_mode {
	OPTIONS_RUN,
	OPTIONS_CHECK,
	OPTIONS_PLAN,
	OPTIONS_RENDER,
	OPTIONS_MONITOR,
	OPTIONS_REFERENCE,
	OPTIONS_HEALTH,
	OPTIONS_READY,
	OPTIONS_STATUS,
	OPTIONS_DRAIN,
	OPTIONS_RESUME,
	OPTIONS_VERSION,
	OPTIONS_HELP,
};

/* Points into argv. */
struct options {
	enum options_mode mode;
	bool alias; /* called by another name than pintle: docker-init, tini */
	bool plain; /* an alias without -c and -o: no file is read, PINTLE_* mean nothing */
	const char *config; /* -c; NULL: not given */
	const char *const *sets; /* -o, NULL at the end; NULL: none */
	unsigned sets_count;
	bool group; /* -g: signals go to the process group */
	bool subreaper; /* -s */
	bool warn_reaped; /* -w */
	int verbosity; /* as tini counts: 0 errors, 1 warnings (as it is), 2 info, 3 debug */
	int parent_death_signal; /* -p; 0: none */
	bool to_zero[OPTIONS_CODES]; /* -e: exit statuses that become 0 */
	enum config_reference reference;
	const char *check; /* --health=CHECK; NULL: all */
	bool json; /* --status=json */
	char *const *command; /* NULL: none was given */
};

/* Fills the zeroed options; -1 for a wrong command line (exit 64). Honours TINI_* if plain. */
int options_parse(struct options *, int argc, char *argv[], struct error *);

/* For the one who finds that there is no [app] command either: -1 if no command was given. */
int options_need_command(const struct options *, struct error *);

void options_help(int fd);
void options_version(const struct options *, int fd);

#endif
