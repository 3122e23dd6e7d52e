/* SPDX-License-Identifier: Apache-2.0 */
/* Signals come in as data: all are blocked by the first system call and read from a descriptor.
 * Masks are the kernel's 64 bits (bit n-1: signal n): musl's sets leave out 32-34. */
#ifndef INIT_SIGNALS_H
#define INIT_SIGNALS_H

#include <stdbool.h>
#include <stdint.h>

struct timespec;

struct signals_event {
	int signal;
	bool inside; /* sent by a process of our own PID namespace, whose pid we can see */
	bool terminal; /* sent by the kernel: ^C, ^\, ^Z or the hang-up of our terminal */
};

/* Blocks all signals and makes SIGCHLD deliverable; remembers what was inherited. The first call of
 * main: the kernel drops what PID 1 neither handles nor blocks. */
void signals_hold(void);

/* In a child, before exec: mask and ignored signals as they were inherited. Plain system calls
 * only. */
int signals_restore(void);

/* The descriptor that is readable when a signal has come, opened by the first call; -1 with errno.
 */
int signals_descriptor(void);

/* Makes as if SIGCHLD had come: whoever ran here before us may have left children, whose ends went
 * unheard. */
void signals_look_back(void);

/* Sleeps until one has come, or the limit (NULL: none) is over; needs no descriptor. What it read
 * is there for signals_next, and makes the descriptor ready no more. */
void signals_wait(const struct timespec *limit);

/* Takes the next one. False: there is none, or so many were taken that others have their turn; then
 * the descriptor stays ready. */
bool signals_next(struct signals_event *);

/* Before the loop runs: whether one of the mask has come, 0 if none. The others are kept for
 * signals_next. */
int signals_come(uint64_t mask);

#endif
