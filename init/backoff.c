/* SPDX-License-Identifier: Apache-2.0 */
#include "init/backoff.h"

int64_t backoff_next(struct backoff *b, int64_t held) {
	if (b->delay == 0 || held >= b->settled)
		b->delay = b->first;
	else
		b->delay = b->delay * 2 < b->last ? b->delay * 2 : b->last;
	return b->delay;
}
