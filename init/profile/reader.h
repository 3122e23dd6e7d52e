/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the reader of profiles share: where in the text they are, and the kinds of
 * values. A member that nobody knows is a mistake: a rule without its "args" would allow more than
 * it says. */
#ifndef INIT_PROFILE_READER_H
#define INIT_PROFILE_READER_H

#include <cJSON.h>
#include <stdint.h>

#include "init/profile/profile.h"

struct reader {
	const struct profile_machine *machine;
	struct error *e;
	int rule, argument; /* of syscalls and its args; -1: not there */
};

/* Fails with where the value stands: "syscalls[3].args[0].op: ...". */
int reader_fail(const struct reader *, const cJSON *, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Whether it is an object whose members are all among the names, NULL at their end, and are there
 * once. */
int reader_check(const struct reader *, const cJSON *, const char *const *names);

/* A member; NULL if it is not there, or null. */
const cJSON *reader_get(const cJSON *object, const char *name);

/* Each of these fails if the value is of another kind; an item that is NULL is an empty list. */
const char *reader_text(const struct reader *, const cJSON *);
int reader_number(const struct reader *, const cJSON *, uint64_t most, uint64_t *);
int reader_texts(const struct reader *, const cJSON *); /* a list of texts */

/* An action with its errno: "action" and "errnoRet" of the object. */
int reader_action(const struct reader *, const cJSON *object, const char *action,
		  const char *number, uint32_t *);

/* One of "syscalls". */
int reader_rule(struct reader *, const cJSON *);

#endif
