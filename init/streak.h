/* SPDX-License-Identifier: Apache-2.0 */
/* What the results of a check come to: so many good ones in a row make it pass, so many bad ones
 * make it fail. Pure. */
#ifndef INIT_STREAK_H
#define INIT_STREAK_H

#include <stdbool.h>
#include <stdint.h>

enum streak_state {
	STREAK_UNKNOWN, /* neither so far */
	STREAK_PASSING,
	STREAK_FAILING,
	STREAK_STATES,
};

/* Zeroed, nothing is known yet. */
struct streak {
	enum streak_state state;
	bool good; /* the last results */
	int64_t count; /* of these in a row */
};

/* Takes a result; true: the state has changed. */
bool streak_take(struct streak *, bool good, int64_t rise, int64_t fall);

#endif
