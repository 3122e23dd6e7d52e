/* SPDX-License-Identifier: Apache-2.0 */
/* What an init does while the application lives and when it ends: signals, orphans, the status. */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/app.h"
#include "tests/bench/bench.h"

enum {
	SIGNAL_ROUNDS = 200, /* of as many candidates as there are */
	SIGNAL_ROUNDS_QUICK = 60,
	SIGNALS = 20, /* in a row, the first of which does not count */
	STORM_ROUNDS = 40,
	STORM_ROUNDS_QUICK = 5,
	STORM = 4000, /* signals */
	STORM_GAP = 10000, /* ns */
	EXIT_ROUNDS = 800,
	EXIT_ROUNDS_QUICK = 200,
	SETTLING = 500000, /* ns */
	ORPHAN_ROUNDS = 40,
	ORPHAN_ROUNDS_QUICK = 5,
};

static const enum candidate_id with_none[] = { NONE,           REF0,    REF,       TINI,
					       TINI_STATIC,    CONTROL, DUMB_INIT, CATATONIT,
					       CATATONIT_MUSL, PINTLE,  CANDIDATES };
static const enum candidate_id *inits = with_none + 1;

/* Starts all that is usable, each once. */
static void start_all(const enum candidate_id *list, struct run runs[CANDIDATES]) {
	for (; *list != CANDIDATES; list++)
		if (candidate_usable(*list) && !spawn(*list, SPAWN_IDLE, &runs[*list]))
			candidates[*list].present = false;
}

static void end_all(const enum candidate_id *list, struct run runs[CANDIDATES]) {
	for (; *list != CANDIDATES; list++)
		if (candidate_usable(*list))
			spawn_end(&runs[*list]);
}

/* One TERM, and how long until the handler runs. */
static double one_signal(const struct run *r) {
	int64_t sent = spawn_now();
	kill(r->pid, SIGTERM);
	int64_t handled = spawn_moment(r);
	return handled < 0 ? -1 : (double)(handled - sent) / 1000;
}

static void row_of_signals(enum candidate_id c, const struct run *r) {
	(void)one_signal(r);
	for (int i = 1; i < SIGNALS; i++) {
		double latency = one_signal(r);
		if (latency < 0) {
			candidates[c].failures++;
			return;
		}
		sample_add(SIGNAL, c, latency);
	}
}

/* The CPU clock stands still once all is done. */
static int64_t settled_cpu(const struct run *r) {
	static const struct timespec pause = { .tv_nsec = 2000000 };
	int64_t before, after = spawn_cpu(r);
	do {
		before = after;
		nanosleep(&pause, NULL);
		after = spawn_cpu(r);
	} while (after != before);
	return after;
}

/* More signals than anybody can take: equal ones that are pending become one, with no init at all
 * too. What counts is the init's work for each that arrives. */
static void storm(enum candidate_id c, const struct run *r) {
	int64_t before = settled_cpu(r);
	(void)spawn_moments(r);
	for (int i = 0; i < STORM; i++) {
		int64_t due = spawn_now() + STORM_GAP;
		kill(r->pid, SIGTERM);
		while (spawn_now() < due)
			;
	}
	int64_t after = settled_cpu(r);
	unsigned delivered = spawn_moments(r);
	if (delivered > 0)
		sample_add(SIGNAL_CPU, c, (double)(after - before) / 1000 / delivered);
	else
		candidates[c].failures++;
}

void signal_measure(const struct options *o) {
	static struct run runs[CANDIDATES];
	enum candidate_id order[CANDIDATES];

	spawn_pin(true);
	start_all(with_none, runs);
	for (int round = o->quick ? SIGNAL_ROUNDS_QUICK : SIGNAL_ROUNDS; round > 0; round--) {
		unsigned n = sample_shuffle(with_none, order);
		for (unsigned i = 0; i < n; i++)
			row_of_signals(order[i], &runs[order[i]]);
	}
	for (int round = o->quick ? STORM_ROUNDS_QUICK : STORM_ROUNDS; round > 0; round--) {
		unsigned n = sample_shuffle(inits, order);
		for (unsigned i = 0; i < n; i++)
			storm(order[i], &runs[order[i]]);
	}
	end_all(with_none, runs);
}

/* What an init still has to do after the application's start is not part of its end. The CPU is
 * left to it without a sleep, after which every cache would be cold. */
static void let_settle(void) {
	for (int64_t until = spawn_now() + SETTLING; spawn_now() < until;)
		sched_yield();
}

/* From right before the application's exit to the harness's wait. The moment itself is read later:
 * waking up for it would disturb. */
static void exit_once(enum candidate_id c) {
	struct run r;
	if (!spawn(c, SPAWN_IDLE, &r))
		return;
	let_settle();
	(void)spawn_command(&r, APP_EXIT);
	int status = spawn_wait(&r);
	int64_t ended = spawn_now();
	int64_t exited = spawn_moment(&r);
	spawn_close(&r);
	if (exited >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == APP_STATUS)
		sample_add(EXIT, c, (double)(ended - exited) / 1000);
	else
		candidates[c].failures++;
}

void exit_measure(const struct options *o) {
	enum candidate_id order[CANDIDATES];

	spawn_pin(false);
	for (int round = o->quick ? EXIT_ROUNDS_QUICK : EXIT_ROUNDS; round > 0; round--) {
		unsigned n = sample_shuffle(with_none, order);
		for (unsigned i = 0; i < n; i++)
			exit_once(order[i]);
	}
}

static void row_of_orphans(enum candidate_id c, const struct run *r) {
	int64_t before = settled_cpu(r), began = spawn_now();
	(void)spawn_command(r, APP_ORPHANS);
	int64_t left = spawn_moment(r);
	if (left < 0) {
		candidates[c].failures++;
		return;
	}
	sample_add(ORPHAN_WALL, c, (double)(left - began) / 1000 / APP_ORPHANS_COUNT);
	if (c != NONE)
		sample_add(ORPHAN_CPU, c,
			   (double)(settled_cpu(r) - before) / 1000 / APP_ORPHANS_COUNT);
}

void orphan_measure(const struct options *o) {
	static struct run runs[CANDIDATES];
	enum candidate_id order[CANDIDATES];

	spawn_pin(true);
	start_all(with_none, runs);
	for (int round = o->quick ? ORPHAN_ROUNDS_QUICK : ORPHAN_ROUNDS; round > 0; round--) {
		unsigned n = sample_shuffle(with_none, order);
		for (unsigned i = 0; i < n; i++)
			row_of_orphans(order[i], &runs[order[i]]);
	}
	end_all(with_none, runs);
}
