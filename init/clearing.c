/* SPDX-License-Identifier: Apache-2.0 */
#include "init/clearing.h"

#include "init/child.h"
#include "init/leftover.h"
#include "init/log.h"
#include "init/loop.h"
#include "init/stop.h"

static const struct config_app *app;
static const struct clearing_events *events;
static bool warns;
static bool active; /* the application is gone, and something it left is not */
static bool orphans_ended;

static void clear(struct loop_timer *);

static struct loop_timer begin = { .fire = clear };

static void finish(void) {
	active = false;
	events->cleared();
}

static void orphan_ended(pid_t pid) {
	orphans_ended = true;
	leftover_forget(pid);
	if (warns)
		log_warn("reaped orphan %d", (int)pid);
}

/* With nobody left to wait for, it is cleared. An application that is started again has others
 * around it that stay: there, what it left is counted. */
void clearing_reap(void) {
	bool any = child_reap(orphan_ended);

	if (!active)
		return;
	if (any && orphans_ended && stop_sweep() == 0 && events->restarts())
		any = false;
	orphans_ended = false;
	if (!any)
		finish();
}

/* What ended together with the application is reaped before anybody is told to end. */
static void clear(struct loop_timer *t) {
	(void)t;
	clearing_reap();
	if (!active)
		return;
	stop_leftovers(app, events->asked());
	orphans_ended = true;
	clearing_reap();
}

/* Jobs have a time of their own. */
static void hopeless(void) {
	if (!active || child_any())
		return;
	log_warn("stop: what the application left can't be killed");
	finish();
}

void clearing_init(const struct config_app *a, bool warn, const struct clearing_events *e) {
	app = a;
	warns = warn;
	events = e;
	stop_init(hopeless);
}

void clearing_begin(void) {
	active = true;
	loop_arm(&begin, 0);
}
