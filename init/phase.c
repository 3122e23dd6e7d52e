/* SPDX-License-Identifier: Apache-2.0 */
#include "init/phase.h"

static const char *const names[] = {
	[PHASE_PRE_START] = "pre-start",
	[PHASE_WAITING] = "waiting",
	[PHASE_RENDERING] = "rendering",
	[PHASE_STARTING] = "starting",
	[PHASE_RUNNING] = "running",
	[PHASE_PRE_STOP] = "pre-stop",
	[PHASE_DRAINING] = "draining",
	[PHASE_STOPPING] = "stopping",
	[PHASE_WITHDRAWING] = "withdrawing",
	[PHASE_CLEARING] = "clearing",
	[PHASE_PAUSING] = "restarting",
	[PHASE_POST_STOP] = "post-stop",
	[PHASE_OVER] = "over",
};

/* Ways that depend on the circumstances, beside the phases. */
enum {
	STAY,
	TO_START = PHASES, /* the wait, the files, the application: the first that there is */
	TO_FILES, /* the same, with the wait over */
	TO_LEAVE, /* pre-stop jobs, the drain, the stop signal: the first that there is */
	TO_DRAIN, /* the same, with the jobs done */
	TO_SIGNAL, /* the stop signal, if there is anybody to get it */
	TO_WITHDRAW, /* the application is gone, and so must be what the registry says */
	TO_CONFIRM, /* where nothing but the confirmation was waited for */
	TO_NEXT, /* the next start, or the end */
};

/* Only phases that end in themselves are 0, STAY: nothing leads back to PRE_START. */
static const unsigned char table[PHASES][EVENTS] = {
	[PHASE_PRE_START] = {
		[EVENT_DONE] = TO_START,
		[EVENT_STOP] = PHASE_CLEARING,
		[EVENT_FAILED] = PHASE_CLEARING,
	},
	[PHASE_WAITING] = {
		[EVENT_DONE] = TO_FILES,
		[EVENT_STOP] = PHASE_CLEARING,
		[EVENT_FAILED] = PHASE_CLEARING,
	},
	[PHASE_RENDERING] = {
		[EVENT_DONE] = PHASE_STARTING,
		[EVENT_STOP] = PHASE_CLEARING,
		[EVENT_FAILED] = PHASE_CLEARING,
	},
	[PHASE_STARTING] = {
		[EVENT_READY] = PHASE_RUNNING,
		[EVENT_STOP] = TO_SIGNAL,
		[EVENT_ENDED] = TO_WITHDRAW,
		[EVENT_FAILED] = TO_SIGNAL,
	},
	[PHASE_RUNNING] = {
		[EVENT_STOP] = TO_LEAVE,
		[EVENT_ENDED] = TO_WITHDRAW,
		[EVENT_FAILED] = TO_LEAVE,
		[EVENT_RESTART] = TO_DRAIN,
	},
	[PHASE_PRE_STOP] = {
		[EVENT_DONE] = TO_DRAIN,
		[EVENT_STOP] = PHASE_STOPPING,
		[EVENT_ENDED] = TO_WITHDRAW,
		[EVENT_FAILED] = TO_DRAIN,
	},
	[PHASE_DRAINING] = {
		[EVENT_TIME] = PHASE_STOPPING,
		[EVENT_WITHDRAWN] = TO_CONFIRM,
		[EVENT_STOP] = PHASE_STOPPING,
		[EVENT_ENDED] = TO_WITHDRAW,
	},
	[PHASE_STOPPING] = {
		[EVENT_ENDED] = TO_WITHDRAW,
	},
	[PHASE_WITHDRAWING] = {
		[EVENT_WITHDRAWN] = PHASE_CLEARING,
		[EVENT_TIME] = PHASE_CLEARING,
	},
	[PHASE_CLEARING] = {
		[EVENT_CLEARED] = TO_NEXT,
	},
	[PHASE_PAUSING] = {
		[EVENT_TIME] = PHASE_STARTING,
		[EVENT_STOP] = PHASE_CLEARING,
		[EVENT_FAILED] = PHASE_CLEARING,
	},
	[PHASE_POST_STOP] = {
		[EVENT_DONE] = PHASE_OVER,
		[EVENT_FAILED] = PHASE_OVER,
	},
	[PHASE_OVER] = { STAY },
};

enum phase phase_next(enum phase now, enum phase_event event, const struct phase_facts *f) {
	enum phase drain = f->drains || f->announced ? PHASE_DRAINING : PHASE_STOPPING;
	enum phase files = f->templates ? PHASE_RENDERING : PHASE_STARTING;
	enum phase end = f->post_stop ? PHASE_POST_STOP : PHASE_OVER;

	switch (table[now][event]) {
	case STAY:
		return now;
	case TO_START:
		return f->waits ? PHASE_WAITING : files;
	case TO_FILES:
		return files;
	case TO_LEAVE:
		return f->pre_stop ? PHASE_PRE_STOP : drain;
	case TO_DRAIN:
		return drain;
	case TO_SIGNAL:
		return f->runs ? PHASE_STOPPING : PHASE_CLEARING;
	case TO_WITHDRAW:
		return f->announced ? PHASE_WITHDRAWING : PHASE_CLEARING;
	case TO_CONFIRM:
		return f->drains ? now : PHASE_STOPPING;
	case TO_NEXT:
		return f->restarts ? PHASE_PAUSING : end;
	default:
		return table[now][event];
	}
}

const char *phase_name(enum phase phase) {
	return names[phase];
}
