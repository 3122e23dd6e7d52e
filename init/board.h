/* SPDX-License-Identifier: Apache-2.0 */
/* What PID 1 posts for the agent to show as metrics: one page that both have, so that nobody is
 * woken for it. PID 1 only writes there, and never reads what may come from the agent. */
#ifndef INIT_BOARD_H
#define INIT_BOARD_H

#include <stdint.h>

#include "config/config.h"
#include "init/phase.h"

struct board {
	int64_t started; /* the application: seconds since 1970; 0: never */
	uint32_t phase; /* enum phase */
	uint32_t restarts;
	uint32_t written[CONFIG_TEMPLATES], failed[CONFIG_TEMPLATES];
	uint8_t checks[CONFIG_CHECKS]; /* enum streak_state */
};

/* NULL: nobody looks. */
extern struct board *board;

/* These two do nothing then. The application was started just now. */
void board_phase(enum phase);
void board_start(unsigned restarts);

/* Before the agent is forked: makes one that it will share. 0, or -1 with errno. */
int board_share(void);

#endif
