/* SPDX-License-Identifier: Apache-2.0 */
/* The one epoll loop of a process: watches and timers are members of their owners.
 * Nothing is allocated, nothing ticks: a loop with nothing to do does not wake up. */
#ifndef INIT_LOOP_H
#define INIT_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The struct that a watch, timer or child is a member of. */
#define LOOP_OWNER(member, type, name) ((type *)((char *)(member)-offsetof(type, name)))

struct loop_watch {
	int fd;
	void (*ready)(struct loop_watch *, uint32_t events); /* EPOLLIN ... */
};

/* A zeroed timer with its fire set is a disarmed one. */
struct loop_timer {
	void (*fire)(struct loop_timer *);
	int64_t due; /* ms of loop_now() */
	struct loop_timer *next;
	bool armed;
};

/* For a forked child: opens a loop of its own, in which nothing is watched yet. Without it the
 * first loop_watch opens one. Fails: -1 with errno. */
int loop_init(void);
/* Calls back until loop_stop. One event per wait, so that a callback may forget any watch. */
void loop_run(void);
/* The same where nothing is watched: wait sleeps for so many ms (-1: for ever), or until there is
 * something to do, and does it. */
void loop_run_on(void (*wait)(int ms));
void loop_stop(void);

int loop_watch(struct loop_watch *, uint32_t events);
/* For a watch that is being watched already. */
int loop_rewatch(struct loop_watch *, uint32_t events);
/* Before the descriptor is closed; harmless for one that is not watched. */
void loop_forget(struct loop_watch *);

/* Fires once, in ms; a timer that is armed already is armed anew. */
void loop_arm(struct loop_timer *, int64_t ms);
void loop_disarm(struct loop_timer *);

/* Nothing is to be done for a while: once this event is dealt with, code and stack that it took are
 * given back to the kernel. */
void loop_rest(void);

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t loop_now(void);

#endif
