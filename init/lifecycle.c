/* SPDX-License-Identifier: Apache-2.0 */
#include "init/lifecycle.h"

#include <signal.h>
#include <sysexits.h>

#include "init/action.h"
#include "init/agent_process.h"
#include "init/announcement.h"
#include "init/board.h"
#include "init/clearing.h"
#include "init/dependency.h"
#include "init/forward.h"
#include "init/handover.h"
#include "init/job.h"
#include "init/log.h"
#include "init/phase.h"
#include "init/ready.h"
#include "init/restart.h"
#include "init/signals.h"
#include "init/stop.h"
#include "init/template.h"
#include "init/verdict.h"

enum {
	CONFIRMATION = 1000, /* ms at most for the registry to confirm, where nothing else waits */
	FORK_PATIENCE = 1000, /* ms, while not even a process is to be had */
	FORK_AGAIN = 50,
};

static const struct lifecycle_plan *plan;
static enum phase phase = PHASE_STARTING;
static int asked; /* the signal that asked for the stop; 0: nobody did */
static int exit_status;
static bool job_failed; /* one without which there is no going on */
static int64_t drain; /* ms that DRAINING lasts; 0: until the registry has confirmed */
static int64_t tried; /* since when the application is being started */
static int64_t pause_time = RESTART_NEVER; /* ms before the next start */

static void timed_out(struct loop_timer *);

static struct loop_timer timer = { .fire = timed_out }; /* of the phase */

static void happen(enum phase_event);

static void withdrawn(void) {
	happen(EVENT_WITHDRAWN);
}

static void became_ready(void) {
	happen(EVENT_READY);
}

static void cleared(void) {
	happen(EVENT_CLEARED);
}

static int asked_signal(void) {
	return asked;
}

static bool restarts(void) {
	return pause_time != RESTART_NEVER;
}

static void begin_waiting(void) {
	announcement_start_agent();
	dependency_begin();
}

/* Where the kernel refuses a process (the pids limit, memory), it may have one in a moment. */
static void launch(bool quick) {
	if (app_start(quick) == 0)
		return;
	if (!tried)
		tried = loop_now();
	if (loop_now() - tried < FORK_PATIENCE) {
		loop_arm(&timer, FORK_AGAIN);
	} else {
		log_error("app: %s: no process is to be had: %m", app_program());
		exit_status = EX_UNAVAILABLE;
		happen(EVENT_ENDED);
	}
}

/* quick: the first start, which touches nothing that has not been in use yet. */
static void begin_start(bool quick) {
	stop_reset();
	if (!quick)
		action_hold();
	pause_time = RESTART_NEVER;
	tried = 0;
	launch(quick);
}

static void begin_running(void) {
	if (plan->plain)
		return;
	announcement_begin();
	action_release();
	if (job_has(CONFIG_POST_START))
		job_run(CONFIG_POST_START);
}

/* Those that an application has around it go with it for good. */
static void dismiss_others(void) {
	if (plan->plain)
		return;
	action_end();
	template_end();
	agent_process_dismiss();
	job_end_lasting();
}

static void begin_clearing(void) {
	if (pause_time == RESTART_NEVER)
		dismiss_others();
	clearing_begin();
}

static void finish(void) {
	if (app_was_started())
		verdict_tell(exit_status, app_age(), plan->plain);
	loop_stop();
}

static void begin_draining(void) {
	ready_cancel();
	drain = announcement_drain();
	loop_arm(&timer, announcement_withdraw(drain > 0 ? drain : CONFIRMATION));
}

static void begin_stopping(void) {
	ready_cancel();
	action_hold();
	stop_begin(&plan->config->app, asked ? asked : SIGTERM);
}

static void begin_idle(void) {
	loop_arm(&timer, phase == PHASE_PAUSING ? pause_time : announcement_withdraw(CONFIRMATION));
}

/* What a phase has begun does not go on in the next one. */
static void leave_for(enum phase next) {
	log_debug("lifecycle: %s -> %s", phase_name(phase), phase_name(next));
	phase = next;
	loop_disarm(&timer);
	if (plan->plain)
		return;
	board_phase(next);
	job_cut();
	dependency_cut();
}

static const unsigned char moments[PHASES] = {
	[PHASE_PRE_START] = CONFIG_PRE_START,
	[PHASE_PRE_STOP] = CONFIG_PRE_STOP,
	[PHASE_POST_STOP] = CONFIG_POST_STOP,
};

/* All that happens on entering a phase happens here. */
static void enter(enum phase next) {
	leave_for(next);
	switch (phase) {
	case PHASE_PRE_START:
	case PHASE_PRE_STOP:
	case PHASE_POST_STOP:
		job_run(moments[phase]);
		break;
	case PHASE_WAITING:
		begin_waiting();
		break;
	case PHASE_RENDERING:
		template_begin(&lifecycle_job_events);
		break;
	case PHASE_STARTING:
		begin_start(false);
		break;
	case PHASE_RUNNING:
		begin_running();
		break;
	case PHASE_DRAINING:
		begin_draining();
		break;
	case PHASE_STOPPING:
		begin_stopping();
		break;
	case PHASE_WITHDRAWING:
	case PHASE_PAUSING:
		begin_idle();
		break;
	case PHASE_CLEARING:
		begin_clearing();
		break;
	case PHASE_OVER:
		finish();
		break;
	case PHASES:
		break;
	}
}

/* What is not configured, no start looks at. */
static bool depends(void) {
	return plan->config->watches || plan->config->discovery.required;
}

static void happen(enum phase_event event) {
	const struct phase_facts facts = {
		.waits = depends() && dependency_waits(),
		.runs = app_runs(),
		.templates = plan->config->templates && template_any(),
		.pre_stop = job_has(CONFIG_PRE_STOP),
		.post_stop = app_was_started() && job_has(CONFIG_POST_STOP),
		.announced = agent_process_is_announced(),
		.drains = (phase == PHASE_DRAINING ? drain : announcement_drain()) > 0,
		.restarts = restarts(),
	};
	enum phase next = phase_next(phase, event, &facts);

	if (next != phase)
		enter(next);
}

/* Nothing to be done before the signal, nor after it: it is merely passed on. */
static bool stop_is_simple(void) {
	return stop_is_one_signal(&plan->config->app) && announcement_drain() == 0 &&
	       !agent_process_is_announced() && !job_has(CONFIG_PRE_STOP);
}

/* Nobody is started again once the stop was asked for. */
static void forget_restart(void) {
	if (pause_time == RESTART_NEVER)
		return;
	pause_time = RESTART_NEVER;
	if (phase == PHASE_CLEARING || phase == PHASE_PAUSING)
		dismiss_others();
}

static void stop_asked(int signal) {
	if (!asked) {
		asked = signal;
		handover_close();
	}
	if (!app_was_started())
		exit_status = 128 + signal;
	forget_restart();
	if (phase == PHASE_RUNNING && stop_is_simple())
		stop_begin(&plan->config->app, signal);
	else if (phase == PHASE_STOPPING || phase == PHASE_CLEARING)
		stop_tell(signal);
	else
		happen(EVENT_STOP);
}

static void timed_out(struct loop_timer *t) {
	(void)t;
	if (phase == PHASE_STARTING)
		launch(false);
	else
		happen(EVENT_TIME);
}

/* The others that live as long as it does; it may need one of them to become ready. */
static void begin_others(void) {
	static bool begun;

	if (!begun)
		job_begin_lasting();
	begun = true;
	if (plan->config->checks || plan->config->watches || plan->config->metrics.listen.port)
		announcement_start_agent();
}

static void app_started(void) {
	if (plan->plain) {
		became_ready();
		return;
	}
	log_notice("app: started %s as pid %d", app_program(), (int)app_pid());
	board_start(verdict_restarts());
	if (phase != PHASE_STARTING) /* it is being told to stop already */
		return;
	plan->started();
	begin_others();
	ready_begin(became_ready);
}

static void app_ended(void) {
	if (!plan->plain)
		ready_cancel();
	exit_status = verdict_status(asked);
	if (!asked && !job_failed && pause_time == RESTART_NEVER)
		pause_time = verdict_restart(exit_status, app_age());
	if (pause_time == RESTART_NEVER)
		handover_close();
	if (job_failed)
		exit_status = EX_UNAVAILABLE;
	happen(EVENT_ENDED);
}

void lifecycle_met(const char *failure) {
	if (!failure) {
		happen(EVENT_DONE);
		return;
	}
	log_error("%s", failure);
	job_failed = true;
	asked = asked ? asked : SIGTERM;
	exit_status = EX_UNAVAILABLE;
	forget_restart();
	happen(EVENT_FAILED);
}

static void jobs_done(enum config_when when, const char *failure) {
	if (failure || when != CONFIG_POST_START)
		lifecycle_met(failure);
}

void lifecycle_restart(void) {
	if (phase != PHASE_RUNNING || asked)
		return;
	pause_time = 0;
	happen(EVENT_RESTART);
}

const struct job_events lifecycle_job_events = { .done = jobs_done };
const struct app_events lifecycle_app_events = { .started = app_started, .ended = app_ended };

static void take_signal(const struct signals_event *s) {
	int signal;

	if (plan->config->app.stop_on >> (s->signal - 1) & 1) /* asks for it */
		stop_asked(s->signal);
	else if ((signal = forward_signal(s, app_has_terminal())) != 0)
		app_signal(signal);
}

void lifecycle_wake(void) {
	struct signals_event s;
	bool ended = false;

	while (signals_next(&s)) {
		take_signal(&s);
		ended |= s.signal == SIGCHLD;
	}
	if (ended)
		clearing_reap();
}

void lifecycle_start(const struct lifecycle_plan *p) {
	static const struct clearing_events clearing_events = { cleared, restarts, asked_signal };

	plan = p;
	forward_init(plan->config);
	verdict_init(&plan->config->app, plan->exit_zero);
	clearing_init(&p->config->app, p->warn_orphans, &clearing_events);
	announcement_init(plan->config, plan->services, withdrawn);
	if (job_has(CONFIG_PRE_START))
		enter(PHASE_PRE_START);
	else if (depends() && dependency_waits())
		enter(PHASE_WAITING);
	else if (plan->config->templates && template_any())
		enter(PHASE_RENDERING);
	else
		begin_start(true);
}

int lifecycle_exit_status(void) {
	return exit_status;
}

const char *lifecycle_state(void) {
	return phase_name(phase);
}

bool lifecycle_is_ready(void) {
	return phase == PHASE_RUNNING && !announcement_is_in_maintenance();
}

bool lifecycle_maintain(bool out) {
	return phase == PHASE_RUNNING && announcement_maintain(out);
}

bool lifecycle_is_over(void) {
	return phase > PHASE_STOPPING;
}
