/* SPDX-License-Identifier: Apache-2.0 */
/* The environment that the application gets: what pintle got, without pintle's own variables, with
 * [env] and what pintle computes. */
#ifndef INIT_ENVIRONMENT_H
#define INIT_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"

/* As inherited, byte for byte: for a plain init. */
void environment_keep(char *const *inherited);

/* A copy that can be changed, with pintle's own variables or without. Copies and what is set take
 * config/memory.h's memory; fails if there is none left. */
int environment_copy(char *const *inherited, bool with_ours, struct error *);

/* Sets one, or unsets it where value is NULL. Only after environment_copy. */
int environment_set(const char *name, const char *value, struct error *);

/* Puts this very string "NAME=value" there, which may change later. Only after environment_copy. */
int environment_put(char *variable, struct error *);

/* A string "NAME=" for environment_put with room for a value of so many bytes, its NUL included.
 * NULL if there is no memory left. */
char *environment_room(const char *name, size_t size, struct error *);

/* Ends in NULL, lives for ever. */
char *const *environment_all(void);

/* The same with this string "NAME=value" in the place of its own, valid until anything else takes
 * config/memory.h's memory; NULL if there is none left. */
char *const *environment_with(char *variable, struct error *);

/* NULL if it is not set. */
const char *environment_value(const char *name);

/* The same for config_expand: by then what pintle computes stands there. context: none. */
const char *environment_look_up(void *context, const char *name);

#endif
