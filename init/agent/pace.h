/* SPDX-License-Identifier: Apache-2.0 */
/* How long to wait before the next try: times with some chance in them, so that a thousand
 * containers do not knock at once. */
#ifndef INIT_AGENT_PACE_H
#define INIT_AGENT_PACE_H

#include <stdint.h>

enum {
	PACE_FIRST = 250, /* ms before the second try, doubling */
	PACE_MOST = 15000,
	PACE_NEVER_MIND = 1000, /* failures: as many as it takes to come to PACE_MOST */
};

/* From 0 to most - 1; most at least 1. */
int64_t pace_any(int64_t most);

/* After so many failures in a row; equal jitter: half of it is certain, half is drawn. */
int64_t pace_backoff(unsigned failures);

/* ms, a tenth more or less. */
int64_t pace_around(int64_t ms);

#endif
