/* SPDX-License-Identifier: Apache-2.0 */
/* Signals by name or number, as kill(1) and docker write them: TERM, SIGTERM, 15, RTMIN+3. */
#ifndef CONFIG_SIGNAL_H
#define CONFIG_SIGNAL_H

#include <stddef.h>

/* The kernel's, signal(7). The C libraries keep the first two or three real-time signals to
 * themselves and disagree on SIGRTMIN; docker and kill(1) count from 34. */
enum { SIGNAL_RTMIN = 34, SIGNAL_RTMAX = 64, SIGNAL_TEXT = 12 };

/* 1 to 64, or -1 if it is none. */
int signal_number(const char *text);
/* "TERM", "RTMIN+3"; the number if it has no name. */
const char *signal_text(int signal, char text[static SIGNAL_TEXT]);

#endif
