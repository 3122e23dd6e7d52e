/* SPDX-License-Identifier: Apache-2.0 */
/* The pause before something that has ended is started again: each twice as long as the one before,
 * and the first one again after it has held for a while. */
#ifndef INIT_BACKOFF_H
#define INIT_BACKOFF_H

#include <stdint.h>

/* All in ms. */
struct backoff {
	int64_t first, last;
	int64_t settled; /* having held that long counts as a success */
	int64_t delay; /* the pause before this one; 0: there was none */
};

/* The pause after it has held so long. */
int64_t backoff_next(struct backoff *, int64_t held);

#endif
