/* SPDX-License-Identifier: Apache-2.0 */
#include "init/template.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "config/memory.h"
#include "init/action.h"
#include "init/agent_process.h"
#include "init/announcement.h"
#include "init/board.h"
#include "init/child.h"
#include "init/command.h"
#include "init/install.h"
#include "init/job.h"
#include "init/log.h"
#include "init/loop.h"

enum { FAILED = 100 /* exit status of our own processes, beyond all of install.h */ };

enum state { IDLE, STAGING, CHECKING, COMMITTING, DISCARDING };

struct template {
	const struct config_template *config;
	int waiting; /* the newest file that was rendered; -1: none */
	bool settled; /* once, at least */
	unsigned written, failed;
};

static void ended(struct child *, int wait_status);
static void too_late(struct loop_timer *);
static void lose_patience(struct loop_timer *);

static MEMORY_BULK struct template templates[CONFIG_TEMPLATES];
static unsigned count, unsettled;
static const struct child_plan *base;
static config_lookup *look_up;
static const struct job_events *events; /* NULL: was told, or is not to be */
static struct loop_timer patience = { .fire = lose_patience };

/* The one that is being dealt with. */
static struct template *now;
static enum state state;
static struct install wish;
static enum install_place place;
static bool late, over;
static struct child child = { .ended = ended };
static struct loop_timer limit = { .fire = too_late };

static const char *name_of(const struct template *t) {
	return t->config->head.name;
}

static const char *path_of(const struct template *t) {
	return t->config->path ? t->config->path : name_of(t);
}

static void finish(const char *failure) {
	const struct job_events *tell = events;

	events = NULL;
	loop_disarm(&patience);
	if (tell)
		tell->done(CONFIG_PRE_START, failure);
}

static void lose_patience(struct loop_timer *t) {
	(void)t;
	finish("templates: the agent has not rendered them in time");
}

/* Without the file the application is not to be started. */
static void settle(struct template *t) {
	struct error e = { 0 };

	if (board) {
		board->written[t - templates] = t->written;
		board->failed[t - templates] = t->failed;
	}
	if (t->settled)
		return;
	t->settled = true;
	unsettled--;
	if (events)
		loop_arm(&patience, TEMPLATE_PATIENCE);
	if (t->failed && access(path_of(t), F_OK) < 0)
		(void)fail(&e, "template %s: there is no %s", name_of(t), path_of(t));
	if (e.len || !unsettled)
		finish(e.len ? e.text : NULL);
}

static void complain(const char *why) {
	log_warn("template %s: %s; %s stays as it is", name_of(now), why, wish.path);
	now->failed++;
}

/* In a process of our own. */
static int act(void) {
	struct error e = { 0 };
	int result = 0;

	if (state == STAGING)
		result = install_stage(&wish, &e);
	else if (state == COMMITTING)
		result = install_commit(&wish, place, &e);
	else
		install_discard(&wish, place);
	if (result >= 0)
		return result;
	complain(e.text);
	return FAILED;
}

static void advance(void);

static void conclude(void) {
	struct template *t = now;

	close(wish.content);
	now = NULL;
	state = IDLE;
	settle(t);
	advance();
}

static void fork_for(enum state next) {
	state = next;
	late = false;
	switch (child_fork(&child)) {
	case -1:
		complain("no process is to be had");
		conclude();
		break;
	case 0:
		_exit(act());
	default:
		loop_arm(&limit, TEMPLATE_TIMEOUT);
	}
}

/* The words with the new file's path for each {}, or behind the last one. */
struct filled {
	const char *words[COMMAND_WORDS + 2];
	char text[COMMAND_TEXT];
	size_t used;
};

static const char *fill_word(struct filled *f, const char *word, const char *path) {
	char *start = f->text + f->used, *to = start, *end = f->text + sizeof(f->text);

	while (*word) {
		bool here = strncmp(word, "{}", 2) == 0;
		size_t len = here ? strlen(path) : 1;

		if (len >= (size_t)(end - to))
			return NULL;
		memcpy(to, here ? path : word, len);
		to += len;
		word += here ? 2 : 1;
	}
	if (to == end)
		return NULL;
	*to++ = '\0';
	f->used = (size_t)(to - f->text);
	return start;
}

static int fill(struct filled *f, const char *const *words, const char *path, struct error *e) {
	bool named = false;
	unsigned n;

	f->used = 0;
	for (n = 0; words[n] && n < COMMAND_WORDS; n++) {
		f->words[n] = fill_word(f, words[n], path);
		if (!f->words[n])
			return fail(e, "check: it is too long");
		named |= strstr(words[n], "{}") != NULL;
	}
	if (words[n])
		return fail(e, "check: more than %d words", COMMAND_WORDS);
	if (!named)
		f->words[n++] = path;
	f->words[n] = NULL;
	return 0;
}

/* The scratch is the child's own as soon as it is forked. */
static int make_plan(struct child_plan *p, struct error *e) {
	static MEMORY_BULK struct command command;
	static MEMORY_BULK struct filled filled;
	static MEMORY_BULK char path[PATH_MAX];
	const char *const *words = command_expand(&command, now->config->check, look_up, e);

	install_staged(&wish, place, path);
	if (!words || fill(&filled, words, path, e) < 0)
		return -1;
	*p = *base;
	p->argv = filled.words;
	p->foreground = p->quick = p->sockets = false;
	p->no_input = true;
	return 0;
}

static void check(void) {
	struct error e = { 0 };
	struct child_plan plan;

	state = CHECKING;
	late = false;
	if (make_plan(&plan, &e) == 0 && child_start(&child, &plan) < 0)
		(void)fail(&e, "check: starting it: %m");
	if (!e.len) {
		loop_arm(&limit, TEMPLATE_TIMEOUT);
		return;
	}
	complain(e.text);
	fork_for(DISCARDING);
}

static void explain(int wait_status, struct error *why) {
	struct error e = { 0 };
	struct child_plan plan;

	if (late)
		(void)fail(&e, "took longer than %d s, and was killed", TEMPLATE_TIMEOUT / 1000);
	else if (state == CHECKING && child.failure.step && make_plan(&plan, &e) == 0)
		child_explain(&child, &plan, &e);
	else
		child_describe_end(wait_status, e.text, sizeof(e.text));
	(void)fail(why, "%s%s", state == CHECKING ? "check: " : "writing it ", e.text);
}

/* Of our own processes: those that failed have said why. */
static void take_status(int status) {
	if (status == FAILED)
		now->failed++;
	if (state == STAGING && status < INSTALL_PLACES) {
		place = (enum install_place)status;
		if (now->config->check)
			check();
		else
			fork_for(COMMITTING);
		return;
	}
	if (state == COMMITTING && status == 0) {
		now->written++;
		log_info("template %s: wrote %s", name_of(now), wish.path);
		action_run(&now->config->on_change, "template", name_of(now));
	}
	conclude();
}

/* What was staged does not stay behind. */
static void end_early(int status) {
	bool staged = state == STAGING && status < INSTALL_PLACES;

	if (staged)
		place = (enum install_place)status;
	if (staged || state == CHECKING)
		fork_for(DISCARDING);
	else
		conclude();
}

static void ended(struct child *c, int wait_status) {
	int status = child_exit_status(wait_status);
	struct error why = { 0 };

	(void)c;
	loop_disarm(&limit);
	if (over) {
		end_early(status);
	} else if (state == CHECKING && status == 0) {
		fork_for(COMMITTING);
	} else if (state != CHECKING && !late && status <= FAILED) {
		take_status(status);
	} else {
		explain(wait_status, &why);
		complain(why.text);
		if (state == CHECKING)
			fork_for(DISCARDING);
		else
			conclude();
	}
}

/* Ours has no group of its own, nor has another one before its first step. */
static void kill_it(void) {
	if (state != CHECKING || (kill(-child.pid, SIGKILL) < 0 && errno == ESRCH))
		(void)kill(child.pid, SIGKILL);
}

static void too_late(struct loop_timer *t) {
	(void)t;
	late = true;
	kill_it();
}

/* To the next one that waits. */
static void advance(void) {
	for (unsigned i = 0; i < count && !now; i++) {
		struct template *t = &templates[i];

		if (t->waiting < 0)
			continue;
		now = t;
		wish = (struct install){
			.path = path_of(t),
			.owner = t->config->owner,
			.mode = t->config->mode,
			.content = t->waiting,
		};
		t->waiting = -1;
		fork_for(STAGING);
	}
}

/* What was rendered before and waits is of no use any more. */
static void rendered(unsigned index, int file) {
	struct template *t = &templates[index];

	if (t->waiting >= 0)
		close(t->waiting);
	t->waiting = file;
	if (file < 0) {
		t->failed++;
		settle(t);
	} else if (over) {
		close(file);
		t->waiting = -1;
	} else {
		advance();
	}
}

void template_prepare(const struct config *c, const struct child_plan *plan,
		      config_lookup *lookup) {
	base = plan;
	look_up = lookup;
	count = 0;
	for (const struct config_template *t = c->templates; t; t = t->head.next)
		templates[count++] = (struct template){ .config = t, .waiting = -1 };
	unsettled = count;
	if (count)
		agent_process_deliver(rendered);
}

bool template_any(void) {
	return count > 0;
}

void template_begin(const struct job_events *tell) {
	events = tell;
	loop_arm(&patience, TEMPLATE_PATIENCE);
	announcement_start_agent();
	agent_process_render();
}

void template_end(void) {
	over = true;
	events = NULL;
	loop_disarm(&patience);
	for (unsigned i = 0; i < count; i++) {
		if (templates[i].waiting >= 0)
			close(templates[i].waiting);
		templates[i].waiting = -1;
	}
	if (state == CHECKING)
		kill_it();
}

bool template_view(unsigned i, struct template_view *v) {
	if (i >= count)
		return false;
	*v = (struct template_view){
		.name = name_of(&templates[i]),
		.written = templates[i].written,
		.failed = templates[i].failed,
	};
	return true;
}
