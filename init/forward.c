/* SPDX-License-Identifier: Apache-2.0 */
#include "init/forward.h"

#include <signal.h>

#include "config/signal.h"
#include "init/loop.h"

/* What reloads or rotates (HUP, USR1 ...) ends only those who do so soon. */
enum { SOON = 10000 /* ms */ };

static uint8_t
	rewritten[SIGNAL_RTMAX + 1]; /* by the signal that comes in; 0: it goes on as it is */
static const uint8_t ignored = UINT8_MAX;

/* The last one that somebody from outside may have meant as an end. */
static struct {
	int signal;
	int64_t when;
} told;

void forward_init(const struct config *c) {
	for (const struct config_pair *p = c->signals; p; p = p->head.next) {
		int to = signal_number(p->value);

		rewritten[signal_number(p->key)] = to < 0 ? ignored : (uint8_t)to;
	}
}

static bool is_from_outside(const struct signals_event *s) {
	if (s->terminal)
		return s->signal == SIGINT || s->signal == SIGQUIT;
	return !s->inside && s->signal != SIGCONT;
}

/* What a terminal says to stop a job is for shells to pass on, and there is none. */
static bool is_passed_on(const struct signals_event *s, bool terminal) {
	switch (s->signal) {
	case SIGCHLD:
		return false;
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return !s->terminal && !terminal;
	default:
		return true;
	}
}

int forward_signal(const struct signals_event *s, bool terminal) {
	uint8_t other = rewritten[s->signal];
	int signal = other ? other : s->signal;

	if (other == ignored || (!other && !is_passed_on(s, terminal)))
		return 0;
	if (is_from_outside(s)) {
		told.signal = signal;
		told.when = loop_now();
	}
	return signal;
}

static bool means_end(int signal) {
	return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT;
}

int forward_explains(int status, int64_t now) {
	if (!told.signal)
		return 0;
	if (status == 128 + told.signal || means_end(told.signal) || now - told.when < SOON)
		return told.signal;
	return 0;
}
