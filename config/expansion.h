/* SPDX-License-Identifier: Apache-2.0 */
/* ${VAR}, ${VAR:-default}, ${VAR:?message} and $$ in the values of the file. A $ before anything
 * else is only itself: command = sh -c 'echo $HOME' is the shell's business. */
#ifndef CONFIG_EXPANSION_H
#define CONFIG_EXPANSION_H

#include "config/load.h"

/* The value with its variables, in memory; NULL if one is missing. What pintle computes stays for
 * config_expand if the key may be late. */
char *expansion_expand(struct load *, const struct schema_key *, const char *value, struct error *);

/* Fails for control characters other than tab and the allowed ones. */
int expansion_refuse_control(const char *text, const char *allowed, struct error *);

/* If text begins with name as variables have it (upper case, others than letters and digits as _),
 * what follows; else NULL. */
const char *expansion_after(const char *text, const char *name);
/* Whether two names make the same variable. */
bool expansion_same(const char *a, const char *b);

#endif
