/* SPDX-License-Identifier: Apache-2.0 */
/* Running the real loop until something has come of it, with real children. */
#ifndef TESTS_UNIT_INIT_AWAITING_H
#define TESTS_UNIT_INIT_AWAITING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { AWAITING_PATIENCE = 30000 }; /* ms */

/* Reaps children when the loop hears of them; orphan: of one that nobody waits for. Once, when the
 * loop and the signals have been set up. */
void awaiting_children(void (*orphan)(pid_t));

/* Runs the loop until it is so; the test fails when that takes too long. */
void await(bool (*condition)(void));

#endif
