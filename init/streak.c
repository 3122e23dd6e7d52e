/* SPDX-License-Identifier: Apache-2.0 */
#include "init/streak.h"

bool streak_take(struct streak *s, bool good, int64_t rise, int64_t fall) {
	enum streak_state next = good ? STREAK_PASSING : STREAK_FAILING;

	s->count = s->count && s->good == good ? s->count + 1 : 1;
	s->good = good;
	if (s->state == next || s->count < (good ? rise : fall))
		return false;
	s->state = next;
	return true;
}
