/* SPDX-License-Identifier: Apache-2.0 */
#include "init/job.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "config/memory.h"
#include "config/moment.h"
#include "config/number.h"
#include "init/backoff.h"
#include "init/command.h"
#include "init/environment.h"
#include "init/log.h"
#include "init/rights.h"

enum state {
	WAITING, /* for its moment, its clock, or its next try */
	RUNNING,
	KILLED, /* its timeout is over */
	ENDING, /* told to: what comes of it counts no more */
	DONE,
	FAILED,
};

static const char *const names[] = {
	[WAITING] = "waiting", [RUNNING] = "running", [KILLED] = "ending",
	[ENDING] = "ending",   [DONE] = "done",       [FAILED] = "failed",
};

struct job {
	const struct config_job *config;
	enum state state;
	struct child child;
	struct loop_timer clock; /* until it is started */
	struct loop_timer limit; /* until it is killed */
	struct backoff backoff; /* of on-failure = restart */
	int64_t born;
	unsigned runs;
	int status;
	struct rights rights; /* if it has a user of its own */
	char *home; /* "HOME=/x", if that is its own as well */
};

static const struct config *config;
static const struct job_events *events;
static config_lookup *look_up;
static const struct child_plan *base;
static MEMORY_BULK struct job jobs[CONFIG_JOBS];
static unsigned count;
static bool home_is_set; /* by [env] */

static void advance(struct loop_timer *);

/* The jobs of a moment. */
static struct {
	enum config_when when;
	unsigned next;
	struct job *now; /* NULL: none is being run */
	struct loop_timer timer; /* until the next one, which is at once */
} sequence = { .timer = { .fire = advance } };

#define EACH(j)                                                                                    \
	struct job *j = jobs;                                                                      \
	j < jobs + count;                                                                          \
	j++

static bool is_lasting(const struct job *j) {
	return j->config->when.at == CONFIG_ALONGSIDE || j->config->when.at == CONFIG_EVERY;
}

static const char *name_of(const struct job *j) {
	return j->config->head.name;
}

/* For all jobs in turn: a child that is forked has copies of what the plan points to. */
static int make_plan(struct job *j, struct child_plan *p, struct error *e) {
	static MEMORY_BULK struct command command;
	const struct config_job *c = j->config;

	*p = *base;
	p->foreground = p->quick = p->sockets = false;
	p->no_input = true;
	p->argv = command_expand(&command, c->command, look_up, e);
	if (!p->argv)
		return -1;
	if (c->user)
		p->rights = &j->rights;
	if (j->home)
		p->environment = environment_with(j->home, e);
	if (c->directory)
		p->directory = c->directory;
	if (c->umask != CONFIG_NONE)
		p->umask = c->umask;
	return p->environment ? 0 : -1;
}

/* Its group is there from its first step on until it is reaped. */
static void tell(const struct job *j, int signal) {
	if (kill(-j->child.pid, signal) < 0 && errno == ESRCH)
		(void)kill(j->child.pid, signal);
}

static void try_again(struct job *j, const char *failure) {
	int64_t pause = backoff_next(&j->backoff, loop_now() - j->born);

	log_warn("job %s: %s, and is started again in %lld s", name_of(j), failure,
		 (long long)pause / 1000);
	j->state = WAITING;
	loop_arm(&j->clock, pause);
}

static void give_up(struct job *j, const char *failure) {
	struct error why = { 0 };

	(void)fail(&why, "job %s: %s", name_of(j), failure);
	if (j == sequence.now)
		sequence.now = NULL;
	events->done(j->config->when.at, why.text);
}

/* It has ended by itself, or never began. */
static void conclude(struct job *j, const char *failure) {
	j->state = failure ? FAILED : DONE;
	if (failure && j->config->on_failure == CONFIG_ON_FAILURE_FAIL) {
		give_up(j, failure);
		return;
	}
	if (failure && j->config->on_failure == CONFIG_ON_FAILURE_RESTART)
		try_again(j, failure);
	else if (failure)
		log_warn("job %s: %s", name_of(j), failure);
	else
		log_info("job %s: ended", name_of(j));
	if (j == sequence.now)
		loop_arm(&sequence.timer, 0);
}

static void launch(struct job *j) {
	struct child_plan plan;
	struct error why = { 0 };

	j->state = RUNNING;
	j->born = loop_now();
	j->runs++;
	if (make_plan(j, &plan, &why) == 0 && child_start(&j->child, &plan) < 0)
		(void)fail(&why, "starting it: %m");
	if (why.len)
		conclude(j, why.text);
	else if (j->config->timeout != CONFIG_NONE)
		loop_arm(&j->limit, j->config->timeout);
}

static void advance(struct loop_timer *t) {
	unsigned i = sequence.next;

	(void)t;
	while (i < count && jobs[i].config->when.at != sequence.when)
		i++;
	sequence.next = i + 1;
	sequence.now = i < count ? &jobs[i] : NULL;
	if (!sequence.now)
		events->done(sequence.when, NULL);
	else if (!sequence.now->child.pid) /* else that has been cut, and is still to be reaped */
		launch(sequence.now);
}

static void started(struct child *c) {
	log_info("job %s: started as pid %d", name_of(LOOP_OWNER(c, struct job, child)),
		 (int)c->pid);
}

static void print(const struct writer *w, char *text, size_t size) {
	snprintf(text, size, "%.*s", (int)w->len, w->bytes);
}

static void explain(struct job *j, int wait_status, struct error *why) {
	struct writer w = { .len = 0 };
	struct child_plan plan;
	char how[64];

	if (j->child.failure.step) {
		if (make_plan(j, &plan, why) == 0)
			child_explain(&j->child, &plan, why);
	} else if (j->state == KILLED && WIFSIGNALED(wait_status)) {
		number_write_duration(j->config->timeout, &w);
		print(&w, how, sizeof(how));
		(void)fail(why, "killed after %s", how);
	} else if (wait_status) {
		child_describe_end(wait_status, how, sizeof(how));
		(void)fail(why, "%s", how);
	}
}

/* One that was cut may be the next one to be run already. */
static void end_as_told(struct job *j) {
	j->state = is_lasting(j) ? DONE : FAILED;
	if (j == sequence.now)
		launch(j);
}

static void ended(struct child *c, int wait_status) {
	struct job *j = LOOP_OWNER(c, struct job, child);
	struct error why = { 0 };

	loop_disarm(&j->limit);
	j->status = child_exit_status(wait_status);
	if (j->state == ENDING) {
		end_as_told(j);
		return;
	}
	explain(j, wait_status, &why);
	conclude(j, why.len ? why.text : NULL);
}

static void limit_is_over(struct loop_timer *t) {
	struct job *j = LOOP_OWNER(t, struct job, limit);

	if (j->state == ENDING)
		log_warn("job %s: it has not ended in time: KILL follows", name_of(j));
	else
		j->state = KILLED;
	tell(j, SIGKILL);
}

/* What is still running from the last time has this one's turn. */
static void clock_strikes(struct loop_timer *t) {
	struct job *j = LOOP_OWNER(t, struct job, clock);

	if (j->config->when.at == CONFIG_EVERY)
		loop_arm(&j->clock, j->config->when.interval);
	if (!j->child.pid)
		launch(j);
}

/* Standard error and its like are the application's to open anew, unless it runs as root anyway. */
static int find_rights(struct job *j, const char *user, struct error *e) {
	if (rights_prepare(&j->rights, config, user, e) != 0)
		return -1;
	j->rights.keeps_owners = base->rights && base->rights->changes_user;
	if (home_is_set)
		return 0;
	j->home = environment_room("HOME", strlen(j->rights.user.home) + 1, e);
	if (!j->home)
		return -1;
	(void)stpcpy(j->home + strlen(j->home), j->rights.user.home);
	return 0;
}

static int prepare(struct job *j, const struct config_job *c, struct error *e) {
	struct error why = { 0 };

	*j = (struct job){
		.config = c,
		.child = { .started = started, .ended = ended },
		.clock = { .fire = clock_strikes },
		.limit = { .fire = limit_is_over },
		.backoff = { .first = 1000, .last = 30000, .settled = 60000 },
		.status = CONFIG_NONE,
	};
	if (c->user && find_rights(j, c->user, &why) < 0)
		return fail(e, "job %s: %s", c->head.name, why.text);
	return 0;
}

int job_prepare(const struct config *c, const struct child_plan *app, config_lookup *lookup,
		const struct job_events *tell_events, struct error *e) {
	config = c;
	events = tell_events;
	look_up = lookup;
	count = 0;
	if (!c->jobs)
		return 0;
	base = app;
	home_is_set = false;
	for (const struct config_pair *p = c->env; p; p = p->head.next)
		home_is_set |= strcmp(p->key, "HOME") == 0;
	for (const struct config_job *j = c->jobs; j; j = j->head.next)
		if (prepare(&jobs[count++], j, e) < 0)
			return -1;
	return 0;
}

bool job_has(enum config_when when) {
	for (EACH(j))
		if (j->config->when.at == when)
			return true;
	return false;
}

void job_run(enum config_when when) {
	job_cut();
	sequence.when = when;
	sequence.next = 0;
	loop_arm(&sequence.timer, 0);
}

void job_cut(void) {
	loop_disarm(&sequence.timer);
	sequence.now = NULL;
	for (EACH(j)) {
		if (!j->child.pid || j->state == ENDING || is_lasting(j))
			continue;
		log_info("job %s: cut short", name_of(j));
		loop_disarm(&j->limit);
		j->state = ENDING;
		tell(j, SIGKILL);
	}
}

void job_begin_lasting(void) {
	for (EACH(j))
		if (is_lasting(j))
			loop_arm(&j->clock, j->config->when.interval);
}

static void ask_to_end(struct job *j) {
	j->state = ENDING;
	tell(j, SIGTERM);
	tell(j, SIGCONT);
	loop_arm(&j->limit, config->app.leftover_timeout);
}

void job_end_lasting(void) {
	for (EACH(j)) {
		if (!is_lasting(j))
			continue;
		loop_disarm(&j->clock);
		if (j->child.pid && j->state != ENDING)
			ask_to_end(j);
	}
}

bool job_view(unsigned i, struct job_view *v) {
	struct writer w = { .len = 0 };
	const struct job *j = &jobs[i];

	if (i >= count)
		return false;
	*v = (struct job_view){
		.name = name_of(j),
		.state = names[j->state],
		.pid = j->child.pid,
		.runs = j->runs,
		.status = j->status,
	};
	moment_write(NULL, &j->config->when, &w);
	print(&w, v->when, sizeof(v->when));
	return true;
}
