/* SPDX-License-Identifier: Apache-2.0 */
#include "init/lifecycle.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "config/signal.h"
#include "init/agent_process.h"
#include "init/child.h"
#include "init/leftover.h"
#include "init/log.h"
#include "init/signals.h"

enum state {
	STARTING, /* the application's program does not run yet */
	RUNNING,
	DRAINING, /* withdrawn from discovery, the application serves on */
	STOPPING, /* the application was told to stop */
	WITHDRAWING, /* the application has ended, discovery does not know yet */
	CLEARING, /* waiting for the processes that it left */
	OVER,
};

static const char *const names[] = {
	[STARTING] = "starting",       [RUNNING] = "running",   [DRAINING] = "draining",
	[STOPPING] = "stopping",       [CLEARING] = "clearing", [OVER] = "over",
	[WITHDRAWING] = "withdrawing",
};

enum { CONFIRMATION = 1000 }; /* ms at most for the registry to confirm, where nothing else waits */

static const struct lifecycle_plan *plan;
static enum state state;
static int asked; /* the signal that asked for the stop; 0: nobody did */
static int exit_status;
static bool maintenance; /* withdrawn by --drain */
static int64_t drain; /* ms that DRAINING lasts; 0: until the registry has confirmed */
static int64_t born;

/* What the application is being told, and its leftovers after it: the steps of an escalation. */
static const struct config_stop *step; /* NULL: nothing yet */
static struct config_stop only_step; /* where there is no list */
static const struct config_stop last_step = { .signal = SIGKILL, .wait = CONFIG_NONE };

static void timed_out(struct loop_timer *);
static void step_is_over(struct loop_timer *);
static void limit_is_over(struct loop_timer *);

static struct loop_timer timer = { .fire = timed_out }; /* of the state */
static struct loop_timer step_timer = { .fire = step_is_over };
static struct loop_timer limit_timer = { .fire = limit_is_over };

/* A stopped process can't obey, so CONT follows. */
static void tell(int signal) {
	if (app_runs()) {
		app_signal(signal);
		app_signal(SIGCONT);
	} else {
		leftover_begin();
		leftover_tell(signal);
	}
}

static void take_step(const struct config_stop *next) {
	char name[SIGNAL_TEXT];

	step = next;
	tell(step->signal);
	log_info("stop: sent %s", signal_text(step->signal, name));
	if (step->wait != CONFIG_NONE)
		loop_arm(&step_timer, step->wait);
}

static void end_patience(const char *why) {
	log_warn("stop: %s: KILL follows", why);
	loop_disarm(&step_timer);
	loop_disarm(&limit_timer);
	take_step(&last_step);
}

static void step_is_over(struct loop_timer *t) {
	(void)t;
	if (step->head.next)
		take_step(step->head.next);
	else
		end_patience(state == CLEARING ? "what the application left has not ended in time"
					       : "the application has not ended in time");
}

static void limit_is_over(struct loop_timer *t) {
	(void)t;
	end_patience("stop-timeout is over");
}

/* Asked for, a stop goes by [app] stop-signal and stop-timeout. */
static void begin_stop(int signal) {
	const struct config_app *app = &plan->config->app;

	only_step = (struct config_stop){ .signal = signal, .wait = CONFIG_NONE };
	if (app->stop_timeout != CONFIG_NONE)
		loop_arm(&limit_timer, app->stop_timeout);
	take_step(app->stop_signal ? app->stop_signal : &only_step);
}

/* In an asked stop leftovers are told what the application was told, and have its time. Those of an
 * application that ended by itself are not asked for long. */
static void begin_clearing(void) {
	if (asked && step) {
		tell(step->signal);
	} else if (asked) {
		begin_stop(asked);
	} else {
		only_step = (struct config_stop){ .signal = SIGTERM,
						  .wait = plan->config->app.leftover_timeout };
		take_step(&only_step);
	}
}

/* The drain: the longest that [app] and the services want; 0: only the confirmation is awaited. */
static int64_t drain_time(void) {
	int64_t longest = plan->config->app.drain;

	for (unsigned i = 0; i < plan->services->count && agent_process_is_announced(); i++) {
		const struct service *s = &plan->services->items[i];

		if (s->config->drain > longest)
			longest = s->config->drain;
	}
	return longest;
}

/* The registry gets its time to confirm once, however often it is asked. */
static int64_t confirmation_due;

static int64_t confirmation_left(void) {
	int64_t left = confirmation_due - loop_now();

	return left > 0 ? left : 0;
}

static void withdraw(int64_t patience) {
	if (!confirmation_due)
		confirmation_due = loop_now() + patience;
	agent_process_withdraw();
	loop_arm(&timer, confirmation_left());
}

static void withdrawn(void);

static void announce(void) {
	if (!plan->services->count)
		return;
	if (agent_process_start(plan->config, plan->services, withdrawn) < 0)
		log_warn("agent: starting it: %m");
	agent_process_announce();
}

static void say_start(void) {
	if (!plan->quiet)
		log_notice("app: started %s as pid %d", app_program(), (int)app_pid());
}

static void say_end(void) {
	struct error why = { 0 };
	char how[64];

	if (app_failed_to_start(&why)) {
		log_error("app: %s", why.text);
	} else if (!plan->quiet) {
		app_describe_end(how, sizeof(how));
		log_notice("app: %s after %lld.%lld s, exiting with %d", how,
			   (long long)lifecycle_age() / 1000,
			   (long long)lifecycle_age() % 1000 / 100, exit_status);
	}
}

/* All that happens on entering a state happens here. */
static void enter(enum state next) {
	log_debug("lifecycle: %s -> %s", names[state], names[next]);
	state = next;
	loop_disarm(&timer);
	switch (state) {
	case STARTING:
		break;
	case RUNNING:
		say_start();
		announce();
		break;
	case DRAINING:
		drain = drain_time();
		withdraw(drain > 0 ? drain : CONFIRMATION);
		break;
	case STOPPING:
		begin_stop(asked);
		break;
	case WITHDRAWING:
		withdraw(CONFIRMATION);
		break;
	case CLEARING:
		agent_process_dismiss();
		loop_arm(&timer, 0);
		break;
	case OVER:
		say_end();
		loop_stop();
		break;
	}
}

static bool must_drain(void) {
	return drain_time() > 0 || agent_process_is_announced();
}

/* Nothing to be done before the signal, nor after it: it is merely passed on. */
static bool stop_is_simple(void) {
	const struct config_app *app = &plan->config->app;
	bool escalates = app->stop_signal &&
			 (app->stop_signal->head.next || app->stop_signal->wait != CONFIG_NONE);

	return !escalates && app->stop_timeout == CONFIG_NONE && !must_drain();
}

static void stop_asked(int signal) {
	if (!asked)
		asked = signal;
	switch (state) {
	case RUNNING:
		if (stop_is_simple())
			begin_stop(signal);
		else
			enter(must_drain() ? DRAINING : STOPPING);
		break;
	case STARTING:
	case DRAINING:
		enter(STOPPING);
		break;
	case STOPPING:
	case CLEARING:
		tell(signal);
		break;
	case WITHDRAWING:
	case OVER:
		break;
	}
}

static void orphan_ended(pid_t);

/* Reaps; with nobody left to wait for, it is over. */
static void sweep(void) {
	if (!child_reap(orphan_ended) && state == CLEARING)
		enter(OVER);
}

/* Whatever ended together with the application has been reaped when CLEARING's timer fires. */
static void timed_out(struct loop_timer *t) {
	(void)t;
	switch (state) {
	case DRAINING:
		enter(STOPPING);
		break;
	case WITHDRAWING:
		enter(CLEARING);
		sweep();
		break;
	case CLEARING:
		begin_clearing();
		break;
	case STARTING:
	case RUNNING:
	case STOPPING:
	case OVER:
		break;
	}
}

static void withdrawn(void) {
	if (state == DRAINING && drain == 0) {
		enter(STOPPING);
	} else if (state == WITHDRAWING) {
		enter(CLEARING);
		sweep();
	}
}

static void app_started(void) {
	if (state == STARTING)
		enter(RUNNING);
}

static int map_status(int status) {
	for (const struct config_exit *x = plan->config->app.exit_map; x; x = x->head.next)
		if (x->from == status && (asked || !x->stopped))
			return x->to;
	return plan->exit_zero[status & 0xff] ? 0 : status;
}

static void app_ended(void) {
	exit_status = map_status(app_exit_status());
	enter(agent_process_is_announced() ? WITHDRAWING : CLEARING);
}

const struct app_events lifecycle_app_events = { .started = app_started, .ended = app_ended };

static void orphan_ended(pid_t pid) {
	if (plan->warn_orphans)
		log_warn("reaped orphan %d", (int)pid);
	if (state == CLEARING && step)
		leftover_tell(step->signal);
}

static bool asks_for_stop(int signal) {
	return plan->config->app.stop_on >> (signal - 1) & 1;
}

/* What a terminal says to stop a job is for shells to pass on, and there is none. */
static bool is_passed_on(const struct signals_event *s) {
	switch (s->signal) {
	case SIGCHLD:
		return false;
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
		return !s->terminal && !app_has_terminal();
	default:
		return true;
	}
}

static void take_signal(const struct signals_event *s) {
	if (asks_for_stop(s->signal))
		stop_asked(s->signal);
	else if (is_passed_on(s))
		app_signal(s->signal);
}

void lifecycle_wake(void) {
	struct signals_event s;
	bool ended = false;

	while (signals_next(&s)) {
		take_signal(&s);
		ended |= s.signal == SIGCHLD;
	}
	if (ended)
		sweep();
}

int lifecycle_start(const struct lifecycle_plan *p, bool quick) {
	plan = p;
	if (app_start(quick) < 0)
		return -1;
	born = loop_now();
	return 0;
}

int lifecycle_exit_status(void) {
	return exit_status;
}

const char *lifecycle_state(void) {
	return names[state];
}

bool lifecycle_is_ready(void) {
	return state == RUNNING && !maintenance;
}

bool lifecycle_maintain(bool out) {
	if (state != RUNNING || !plan->services->count)
		return false;
	if (out)
		agent_process_withdraw();
	else if (maintenance)
		agent_process_announce();
	maintenance = out;
	return true;
}

bool lifecycle_is_over(void) {
	return state > STOPPING;
}

int64_t lifecycle_age(void) {
	return loop_now() - born;
}
