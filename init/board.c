/* SPDX-License-Identifier: Apache-2.0 */
#include "init/board.h"

#include <sys/mman.h>
#include <time.h>

struct board *board;

void board_phase(enum phase phase) {
	if (board)
		board->phase = phase;
}

void board_start(unsigned restarts) {
	if (!board)
		return;
	board->started = time(NULL);
	board->restarts = restarts;
}

int board_share(void) {
	void *page = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			  -1, 0);

	if (page == MAP_FAILED)
		return -1;
	board = page;
	board_phase(PHASE_STARTING);
	return 0;
}
