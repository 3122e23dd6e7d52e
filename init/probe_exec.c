/* SPDX-License-Identifier: Apache-2.0 */
#include "init/probe_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/memory.h"
#include "init/command.h"

enum {
	LINE = 120, /* bytes that are kept of a line of output */
	OUTPUT_MAX = 1 << 20, /* bytes of output; whoever prints more is cut off */
	PIECE = 4096,
	WHY = ERROR_TEXT + LINE + 3,
};

struct runner {
	const struct probe *probe; /* NULL: not a command */
	struct probe_pace pace;
	struct child child;
	struct loop_timer timer; /* to the next look */
	struct loop_timer limit; /* of the one that runs */
	struct loop_watch output; /* fd -1: closed */
	bool late; /* it was killed for that */
	bool unwanted; /* its result is not wanted any more */
	size_t printed; /* bytes so far */
	bool line_over; /* the next byte begins a new line */
	size_t line_length;
	char line[LINE];
};

static MEMORY_BULK struct runner runners[PROBE_MAX];
static const struct probe_list *list;
static const struct child_plan *base;
static config_lookup *look_up;
static void (*tell_result)(unsigned probe, bool good, const char *why);
static bool active;

static void close_output(struct runner *r) {
	if (r->output.fd < 0)
		return;
	loop_forget(&r->output);
	close(r->output.fd);
	r->output.fd = -1;
}

/* Keeps the last line that is not empty. What could disturb a terminal or a log becomes '?'. */
static void keep(struct runner *r, char c) {
	if (c == '\n' || c == '\r') {
		r->line_over = true;
		return;
	}
	if (r->line_over)
		r->line_length = 0;
	r->line_over = false;
	if (r->line_length < sizeof(r->line))
		r->line[r->line_length++] = c < ' ' || c > '~' ? '?' : c;
}

/* False: there is no more for now. */
static bool read_output(struct runner *r) {
	char bytes[PIECE];
	ssize_t n = read(r->output.fd, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < n; i++)
		keep(r, bytes[i]);
	if (n > 0)
		r->printed += (size_t)n;
	if (n == 0 || r->printed > OUTPUT_MAX)
		close_output(r);
	return n > 0 && r->output.fd >= 0;
}

static void output_ready(struct loop_watch *w, uint32_t events) {
	(void)events;
	(void)read_output(LOOP_OWNER(w, struct runner, output));
}

static void take(struct runner *r, bool good, const char *why) {
	if (probe_pace_counts(&r->pace, good))
		tell_result((unsigned)(r - runners), good, why);
	loop_arm(&r->timer,
		 probe_pace_next(&r->pace, loop_now(), r->probe->config->interval, good));
}

/* The scratch is the child's own as soon as it is forked. */
static int make_plan(struct child_plan *plan, const struct runner *r, int output, struct error *e) {
	static MEMORY_BULK struct command command;

	*plan = *base;
	plan->argv = command_expand(&command, r->probe->config->exec, look_up, e);
	plan->no_input = true;
	plan->output = output;
	plan->foreground = plan->quick = plan->sockets = false;
	return plan->argv ? 0 : -1;
}

static void describe(const struct runner *r, int status, char why[WHY]) {
	struct child_plan plan;
	struct error e = { 0 };

	if (r->late)
		(void)fail(&e, "took too long");
	else if (r->child.failure.step && make_plan(&plan, r, 0, &e) == 0)
		child_explain(&r->child, &plan, &e);
	else
		child_describe_end(status, e.text, sizeof(e.text));
	snprintf(why, WHY, "%s%s%.*s", e.text, r->line_length ? ": " : "", (int)r->line_length,
		 r->line);
}

/* What it leaves behind may keep the pipe open, so its end is not waited for. */
static void ended(struct child *c, int status) {
	struct runner *r = LOOP_OWNER(c, struct runner, child);
	char why[WHY];

	while (r->output.fd >= 0 && read_output(r))
		continue;
	close_output(r);
	loop_disarm(&r->limit);
	describe(r, status, why);
	if (!r->unwanted)
		take(r, WIFEXITED(status) && WEXITSTATUS(status) == 0, why);
	else if (active)
		loop_arm(&r->timer, 0);
}

/* Before its first step the child has no group of its own yet. */
static void kill_it(struct runner *r) {
	if (kill(-r->child.pid, SIGKILL) < 0 && errno == ESRCH)
		(void)kill(r->child.pid, SIGKILL);
}

static void too_late(struct loop_timer *t) {
	struct runner *r = LOOP_OWNER(t, struct runner, limit);

	r->late = true;
	kill_it(r);
}

/* Only our end must never block: programs do not expect that of theirs. */
static int start(struct runner *r) {
	struct error e = { 0 };
	struct child_plan plan;
	int ends[2], result;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	errno = E2BIG;
	result = make_plan(&plan, r, ends[1], &e) < 0 ? -1 : child_start(&r->child, &plan);
	close(ends[1]);
	r->output.fd = ends[0];
	if (result < 0 || loop_watch(&r->output, EPOLLIN) < 0)
		close_output(r);
	return result;
}

static void look(struct loop_timer *t) {
	struct runner *r = LOOP_OWNER(t, struct runner, timer);

	if (r->child.pid)
		return;
	r->late = r->unwanted = r->line_over = false;
	r->printed = r->line_length = 0;
	if (start(r) < 0)
		take(r, false, strerror(errno));
	else
		loop_arm(&r->limit, r->probe->config->timeout);
}

void probe_exec_init(const struct probe_list *probes, const struct child_plan *plan,
		     config_lookup *lookup,
		     void (*result)(unsigned probe, bool good, const char *why)) {
	list = probes;
	base = plan;
	look_up = lookup;
	tell_result = result;
	for (unsigned i = 0; i < list->count; i++)
		if (!probe_is_remote(&list->items[i]))
			runners[i] = (struct runner){
				.probe = &list->items[i],
				.child.ended = ended,
				.timer.fire = look,
				.limit.fire = too_late,
				.output = { .fd = -1, .ready = output_ready },
			};
}

void probe_exec_begin(void) {
	probe_exec_end();
	active = true;
	for (unsigned i = 0; i < list->count; i++) {
		struct runner *r = &runners[i];

		if (!r->probe)
			continue;
		probe_pace_begin(&r->pace, loop_now());
		if (!r->child.pid)
			loop_arm(&r->timer, 0);
	}
}

void probe_exec_end(void) {
	active = false;
	for (unsigned i = 0; i < list->count; i++) {
		struct runner *r = &runners[i];

		loop_disarm(&r->timer);
		r->unwanted = true;
		if (r->child.pid)
			kill_it(r);
	}
}
