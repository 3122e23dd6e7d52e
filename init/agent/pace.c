/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/pace.h"

#include <sys/random.h>

#include "init/loop.h"

/* Where no randomness is to be had yet, the clock will do. */
int64_t pace_any(int64_t most) {
	uint32_t n;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != sizeof(n))
		n = (uint32_t)loop_now() * 2654435761U;
	return n % most;
}

int64_t pace_backoff(unsigned failures) {
	int64_t most = PACE_FIRST;

	while (failures-- && most < PACE_MOST)
		most *= 2;
	if (most > PACE_MOST)
		most = PACE_MOST;
	return most / 2 + pace_any(most / 2 + 1);
}

int64_t pace_around(int64_t ms) {
	return ms - ms / 10 + pace_any(ms / 5 + 1);
}
