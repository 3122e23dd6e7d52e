/* SPDX-License-Identifier: Apache-2.0 */
#include "init/action.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "config/memory.h"
#include "config/signal.h"
#include "init/app.h"
#include "init/child.h"
#include "init/command.h"
#include "init/log.h"
#include "init/loop.h"

struct action {
	const struct config_change *change;
	const char *kind, *name;
};

static void advance(struct loop_timer *);
static void ended(struct child *, int wait_status);
static void too_late(struct loop_timer *);

static const struct child_plan *base;
static config_lookup *look_up;
static void (*restart)(void);
static MEMORY_BULK struct action waiting[ACTION_MAX];
static unsigned count;
static bool ready; /* the application is */
static struct action now; /* whose command runs */
static bool late, unwanted; /* it was killed: for that, or because nobody wants it any more */
static struct child child = { .ended = ended };
static struct loop_timer turn = { .fire = advance };
static struct loop_timer limit = { .fire = too_late };

static void complain(const char *why) {
	log_warn("%s %s: on-change: %s", now.kind, now.name, why);
}

/* The scratch is the child's own as soon as it is forked. */
static int make_plan(struct child_plan *p, struct error *e) {
	static MEMORY_BULK struct command command;

	*p = *base;
	p->foreground = p->quick = p->sockets = false;
	p->no_input = true;
	p->argv = command_expand(&command, now.change->command, look_up, e);
	return p->argv ? 0 : -1;
}

static void launch(void) {
	struct child_plan plan;
	struct error e = { 0 };

	late = unwanted = false;
	if (make_plan(&plan, &e) == 0 && child_start(&child, &plan) < 0)
		(void)fail(&e, "starting it: %m");
	if (e.len)
		complain(e.text);
	else
		loop_arm(&limit, ACTION_TIMEOUT);
}

static void perform(void) {
	char name[SIGNAL_TEXT];

	switch (now.change->what) {
	case CONFIG_CHANGE_NONE:
		break;
	case CONFIG_CHANGE_SIGNAL:
		log_info("%s %s: changed: the application gets %s", now.kind, now.name,
			 signal_text(now.change->signal, name));
		app_signal(now.change->signal);
		break;
	case CONFIG_CHANGE_EXEC:
		log_info("%s %s: changed: %s runs", now.kind, now.name, now.change->command[0]);
		launch();
		break;
	case CONFIG_CHANGE_RESTART:
		log_notice("%s %s: changed: the application is started anew", now.kind, now.name);
		restart();
		break;
	}
}

static void advance(struct loop_timer *t) {
	(void)t;
	if (!ready || !count || child.pid)
		return;
	now = waiting[0];
	memmove(&waiting[0], &waiting[1], --count * sizeof(*waiting));
	loop_arm(&turn, 0);
	perform();
}

static void explain(int wait_status, struct error *why) {
	struct child_plan plan;

	if (late)
		(void)fail(why, "took longer than %d s, and was killed", ACTION_TIMEOUT / 1000);
	else if (child.failure.step && make_plan(&plan, why) == 0)
		child_explain(&child, &plan, why);
	else if (!why->len)
		child_describe_end(wait_status, why->text, sizeof(why->text));
}

static void ended(struct child *c, int wait_status) {
	struct error why = { 0 };

	(void)c;
	loop_disarm(&limit);
	explain(wait_status, &why);
	if (wait_status && !unwanted)
		complain(why.text);
	loop_arm(&turn, 0);
}

/* Before its first step the child has no group of its own yet. */
static void kill_it(void) {
	if (kill(-child.pid, SIGKILL) < 0 && errno == ESRCH)
		(void)kill(child.pid, SIGKILL);
}

static void too_late(struct loop_timer *t) {
	(void)t;
	late = true;
	kill_it();
}

void action_prepare(const struct child_plan *plan, config_lookup *lookup,
		    void (*start_anew)(void)) {
	base = plan;
	look_up = lookup;
	restart = start_anew;
}

void action_run(const struct config_change *change, const char *kind, const char *name) {
	unsigned i = 0;

	if (change->what == CONFIG_CHANGE_NONE)
		return;
	while (i < count && waiting[i].change != change)
		i++;
	if (i < count || count == ACTION_MAX)
		return;
	waiting[count++] = (struct action){ change, kind, name };
	loop_arm(&turn, 0);
}

void action_hold(void) {
	ready = false;
	count = 0;
}

void action_release(void) {
	ready = true;
	loop_arm(&turn, 0);
}

void action_end(void) {
	action_hold();
	unwanted = true;
	if (child.pid)
		kill_it();
}
