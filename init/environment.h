/* SPDX-License-Identifier: Apache-2.0 */
/* The environment that the application gets: what pintle got, without pintle's own variables, with
 * [env] and what pintle computes. */
#ifndef INIT_ENVIRONMENT_H
#define INIT_ENVIRONMENT_H

#include <stdbool.h>

#include "config/error.h"

enum { ENVIRONMENT_VARIABLES = 8192 };

/* As inherited, byte for byte: for a plain init. */
void environment_keep(char *const *inherited);

/* A copy that can be changed, with pintle's own variables or without. Fails if there are too many.
 */
int environment_copy(char *const *inherited, bool with_ours, struct error *);

/* Sets one, or unsets it where value is NULL. Only after environment_copy. What is set takes
 * config/memory.h's memory. */
int environment_set(const char *name, const char *value, struct error *);

/* Puts this very string "NAME=value" there, which may change later. Only after environment_copy. */
int environment_put(char *variable, struct error *);

/* Ends in NULL, lives for ever. */
char *const *environment_all(void);

/* The same with this one, "NAME=value", in the place of its own; good until the next call. */
char *const *environment_with(char *variable);

/* NULL if it is not set. */
const char *environment_value(const char *name);

#endif
