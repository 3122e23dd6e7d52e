/* SPDX-License-Identifier: Apache-2.0 */
#include "init/stop.h"

#include <signal.h>

#include "config/signal.h"
#include "init/app.h"
#include "init/leftover.h"
#include "init/log.h"
#include "init/loop.h"

static const struct config_stop *step; /* what is being told; NULL: nothing yet */
static struct config_stop only_step; /* where there is no list */
static const struct config_stop last_step = { .signal = SIGKILL, .wait = 1000 /* ms */ };
static void (*give_up)(void);

static void step_is_over(struct loop_timer *);
static void limit_is_over(struct loop_timer *);

static struct loop_timer step_timer = { .fire = step_is_over };
static struct loop_timer limit_timer = { .fire = limit_is_over };

/* A stopped process can't obey, so CONT follows. */
void stop_tell(int signal) {
	if (app_runs()) {
		app_signal(signal);
		app_signal(SIGCONT);
	} else {
		leftover_begin();
		(void)leftover_tell(signal);
	}
}

static void take_step(const struct config_stop *next) {
	char name[SIGNAL_TEXT];

	step = next;
	stop_tell(step->signal);
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

/* Others may have time left, so it is asked again. The application is waited for: without its
 * end there is no status. */
static void kill_has_not_helped(void) {
	if (app_runs())
		return;
	loop_arm(&step_timer, step->wait);
	give_up();
}

static void step_is_over(struct loop_timer *t) {
	(void)t;
	if (step == &last_step)
		kill_has_not_helped();
	else if (step->head.next)
		take_step(step->head.next);
	else
		end_patience(app_runs() ? "the application has not ended in time"
					: "what the application left has not ended in time");
}

static void limit_is_over(struct loop_timer *t) {
	(void)t;
	end_patience("stop-timeout is over");
}

void stop_init(void (*hopeless)(void)) {
	give_up = hopeless;
}

void stop_begin(const struct config_app *app, int signal) {
	only_step = (struct config_stop){ .signal = signal, .wait = CONFIG_NONE };
	if (app->stop_timeout != CONFIG_NONE)
		loop_arm(&limit_timer, app->stop_timeout);
	take_step(app->stop_signal ? app->stop_signal : &only_step);
}

bool stop_is_one_signal(const struct config_app *app) {
	bool escalates = app->stop_signal &&
			 (app->stop_signal->head.next || app->stop_signal->wait != CONFIG_NONE);

	return !escalates && app->stop_timeout == CONFIG_NONE;
}

/* Those of an application that ended by itself are not asked for long. */
void stop_leftovers(const struct config_app *app, int signal) {
	if (step == &last_step) {
		take_step(step);
	} else if (signal && step) {
		stop_tell(step->signal);
	} else if (signal) {
		stop_begin(app, signal);
	} else {
		only_step =
			(struct config_stop){ .signal = SIGTERM, .wait = app->leftover_timeout };
		take_step(&only_step);
	}
}

unsigned stop_sweep(void) {
	return leftover_tell(step ? step->signal : 0);
}

void stop_reset(void) {
	loop_disarm(&step_timer);
	loop_disarm(&limit_timer);
	step = NULL;
}
