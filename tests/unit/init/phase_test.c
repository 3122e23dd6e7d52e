/* SPDX-License-Identifier: Apache-2.0 */
/* The whole life of a container, each phase with each event: what is not written here changes
 * nothing, and that is tested too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "init/phase.h"

#include <cmocka.h>

enum { FACTS = 1 << 8 };

static struct phase_facts facts(unsigned bits) {
	return (struct phase_facts){
		.runs = bits & 1,
		.pre_stop = bits & 2,
		.post_stop = bits & 4,
		.announced = bits & 8,
		.drains = bits & 16,
		.restarts = bits & 32,
		.waits = bits & 64,
		.templates = bits & 128,
	};
}

/* The contract in words of interface.md, section 3. */

static enum phase files(const struct phase_facts *f) {
	return f->templates ? PHASE_RENDERING : PHASE_STARTING;
}

static enum phase start(const struct phase_facts *f) {
	return f->waits ? PHASE_WAITING : files(f);
}

static enum phase end(const struct phase_facts *f) {
	return f->post_stop ? PHASE_POST_STOP : PHASE_OVER;
}

static enum phase gone(const struct phase_facts *f) {
	return f->announced ? PHASE_WITHDRAWING : PHASE_CLEARING;
}

static enum phase drain(const struct phase_facts *f) {
	return f->announced || f->drains ? PHASE_DRAINING : PHASE_STOPPING;
}

static enum phase leave(const struct phase_facts *f) {
	return f->pre_stop ? PHASE_PRE_STOP : drain(f);
}

static enum phase told(const struct phase_facts *f) {
	return f->runs ? PHASE_STOPPING : PHASE_CLEARING;
}

static enum phase confirmed(const struct phase_facts *f) {
	return f->drains ? PHASE_DRAINING : PHASE_STOPPING;
}

static enum phase next(const struct phase_facts *f) {
	return f->restarts ? PHASE_PAUSING : end(f);
}

#define GO(phase)                                                                                  \
	{ .to = PHASE_##phase, .moves = true }
#define BY(rule)                                                                                   \
	{ .decide = (rule), .moves = true }

static const struct {
	enum phase to;
	enum phase (*decide)(const struct phase_facts *);
	bool moves;
} expected[PHASES][EVENTS] = {
	[PHASE_PRE_START] = { [EVENT_DONE] = BY(start),
			      [EVENT_STOP] = GO(CLEARING),
			      [EVENT_FAILED] = GO(CLEARING) },
	[PHASE_RENDERING] = { [EVENT_DONE] = GO(STARTING),
			      [EVENT_STOP] = GO(CLEARING),
			      [EVENT_FAILED] = GO(CLEARING) },
	[PHASE_WAITING] = { [EVENT_DONE] = BY(files),
			    [EVENT_STOP] = GO(CLEARING),
			    [EVENT_FAILED] = GO(CLEARING) },
	[PHASE_STARTING] = { [EVENT_READY] = GO(RUNNING),
			     [EVENT_STOP] = BY(told),
			     [EVENT_FAILED] = BY(told),
			     [EVENT_ENDED] = BY(gone) },
	[PHASE_RUNNING] = { [EVENT_STOP] = BY(leave),
			    [EVENT_FAILED] = BY(leave),
			    [EVENT_RESTART] = BY(drain),
			    [EVENT_ENDED] = BY(gone) },
	[PHASE_PRE_STOP] = { [EVENT_DONE] = BY(drain),
			     [EVENT_FAILED] = BY(drain),
			     [EVENT_STOP] = GO(STOPPING),
			     [EVENT_ENDED] = BY(gone) },
	[PHASE_DRAINING] = { [EVENT_TIME] = GO(STOPPING),
			     [EVENT_STOP] = GO(STOPPING),
			     [EVENT_WITHDRAWN] = BY(confirmed),
			     [EVENT_ENDED] = BY(gone) },
	[PHASE_STOPPING] = { [EVENT_ENDED] = BY(gone) },
	[PHASE_WITHDRAWING] = { [EVENT_WITHDRAWN] = GO(CLEARING), [EVENT_TIME] = GO(CLEARING) },
	[PHASE_CLEARING] = { [EVENT_CLEARED] = BY(next) },
	[PHASE_PAUSING] = { [EVENT_TIME] = GO(STARTING),
			    [EVENT_STOP] = GO(CLEARING),
			    [EVENT_FAILED] = GO(CLEARING) },
	[PHASE_POST_STOP] = { [EVENT_DONE] = GO(OVER), [EVENT_FAILED] = GO(OVER) },
};

static void every_event_in_every_phase(void **state) {
	(void)state;
	for (enum phase p = 0; p < PHASES; p++) {
		for (enum phase_event e = 0; e < EVENTS; e++) {
			for (unsigned bits = 0; bits < FACTS; bits++) {
				const struct phase_facts f = facts(bits);
				enum phase to = expected[p][e].decide ? expected[p][e].decide(&f)
								      : expected[p][e].to;

				if (!expected[p][e].moves)
					to = p;
				if (phase_next(p, e, &f) != to)
					fail_msg("%s, event %u, facts %u: %s instead of %s",
						 phase_name(p), e, bits,
						 phase_name(phase_next(p, e, &f)), phase_name(to));
			}
		}
	}
}

/* Whether the end can be reached, where the phases seen are not to be entered again. */
static bool ends(enum phase from, const struct phase_facts *f, unsigned seen) {
	if (from == PHASE_OVER)
		return true;
	for (enum phase_event e = 0; e < EVENTS; e++) {
		enum phase to = phase_next(from, e, f);

		if (!(seen >> to & 1) && ends(to, f, seen | 1U << to))
			return true;
	}
	return false;
}

static void from_everywhere_there_is_a_way_to_the_end(void **state) {
	(void)state;
	for (enum phase p = 0; p < PHASES; p++)
		for (unsigned bits = 0; bits < FACTS; bits++) {
			const struct phase_facts f = facts(bits & ~32U);

			assert_true(ends(p, &f, 1U << p));
		}
}

/* Whatever else comes, it is never started again once nobody wants a restart. */
static void without_a_restart_time_runs_one_way(void **state) {
	(void)state;
	for (enum phase p = PHASE_RUNNING; p < PHASES; p++)
		for (enum phase_event e = 0; e < EVENTS; e++)
			for (unsigned bits = 0; bits < FACTS; bits++) {
				const struct phase_facts f = facts(bits & ~32U);

				if (p != PHASE_PAUSING)
					assert_in_range(phase_next(p, e, &f), p, PHASE_OVER);
			}
}

static void phases_have_names(void **state) {
	(void)state;
	for (enum phase p = 0; p < PHASES; p++)
		for (enum phase q = 0; q < p; q++)
			assert_string_not_equal(phase_name(p), phase_name(q));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_event_in_every_phase),
		cmocka_unit_test(from_everywhere_there_is_a_way_to_the_end),
		cmocka_unit_test(without_a_restart_time_runs_one_way),
		cmocka_unit_test(phases_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
