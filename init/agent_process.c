/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent_process.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/agent/agent.h"
#include "init/backoff.h"
#include "init/child.h"
#include "init/environment.h"
#include "init/log.h"

/* What it is to do, also after it was started again. */
enum task { IDLE, REACH, ANNOUNCE, WITHDRAW, DISMISSED };

static const struct config *config;
static const struct service_list *services;
static MEMORY_BULK struct probe_list no_probes;
static const struct probe_list *probes = &no_probes;
static void (*tell_withdrawn)(void);
static void (*tell_reached)(void);
static void (*tell_result)(unsigned probe, enum message_result, unsigned detail);
static unsigned watches;
static const struct message_belief *beliefs;
static void (*tell_watch)(const struct message_list *, unsigned items);
static void (*tell_rendered)(unsigned template, int file);
static unsigned templates;
static bool rendering;
static enum task task;
static bool announces; /* there are services and a registry */
static bool checking;
static bool renewed; /* it was ended to be started again at once */
static unsigned
	unanswered; /* MESSAGE_CHECK: until then results are those of an application before */
static bool critical[SERVICE_MAX];
static enum message_state states[SERVICE_MAX];
static struct backoff backoff = { .first = 50, .last = 1000, .settled = 1000 };
static int64_t born;

static void ended(struct child *, int);
static void ready(struct loop_watch *, uint32_t);
static void again(struct loop_timer *);

static struct child child = { .ended = ended };
static struct loop_watch line = { .fd = -1, .ready = ready };
static struct loop_timer restart = { .fire = again };

static void hang_up(void) {
	if (line.fd < 0)
		return;
	loop_forget(&line);
	close(line.fd);
	line.fd = -1;
}

static void end_it(void) {
	if (child.pid)
		(void)kill(child.pid, SIGKILL);
}

/* One that does not listen for so long that the line is full has to begin anew, since it would go
 * on with what is no longer so. */
static void say(enum message_kind kind, unsigned index, bool state) {
	const struct message m = { (uint16_t)kind, (uint16_t)index, state, 0 };

	if (line.fd < 0 || message_send(line.fd, &m) == 0)
		return;
	log_warn("agent: telling it something: %m");
	if (errno == EAGAIN)
		end_it();
}

/* What it was doing when it died is asked of the next one too. */
static void repeat_task(void) {
	static const uint8_t messages[] = { [REACH] = MESSAGE_REACH,
					    [ANNOUNCE] = MESSAGE_ANNOUNCE,
					    [WITHDRAW] = MESSAGE_WITHDRAW,
					    [DISMISSED] = 0 };

	if (messages[task])
		say(messages[task], MESSAGE_NOBODY, false);
}

static int start(bool again) {
	const struct agent_work work = { .services = services,
					 .probes = probes,
					 .critical = critical,
					 .beliefs = beliefs,
					 .announce = again,
					 .check = checking,
					 .render = rendering,
					 .environment = environment_all(),
					 .board = board };
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
		return -1;
	switch (child_fork(&child)) {
	case -1:
		close(ends[0]);
		close(ends[1]);
		return -1;
	case 0:
		close(ends[0]);
		_exit(agent_run(config, &work, ends[1]));
	}
	close(ends[1]);
	line.fd = ends[0];
	unanswered = checking;
	born = loop_now();
	return loop_watch(&line, EPOLLIN);
}

static void start_again(void) {
	loop_arm(&restart, backoff_next(&backoff, loop_now() - born));
}

static void again(struct loop_timer *t) {
	(void)t;
	if (start(task == ANNOUNCE) < 0) {
		log_warn("agent: starting it again: %m");
		start_again();
		return;
	}
	repeat_task();
}

static void ended(struct child *c, int status) {
	char how[64];

	(void)c;
	hang_up();
	if (task == DISMISSED)
		return;
	if (renewed) {
		renewed = false;
		again(&restart);
		return;
	}
	child_describe_end(status, how, sizeof(how));
	start_again();
	log_warn("agent: it %s, and is started again in %lld ms", how, (long long)backoff.delay);
}

static void take_watch(const struct message_list *l, unsigned items) {
	tell_watch(l, items);
	if (l->head.kind == MESSAGE_LIST && l->head.state)
		say(MESSAGE_TAKEN, l->head.index, false);
}

static void done(void (*tell)(void)) {
	task = IDLE;
	tell();
}

static void take(const struct message_list *l, unsigned items, int file) {
	const struct message *m = &l->head;

	loop_rest();
	if (m->kind == MESSAGE_RENDERED)
		tell_rendered(m->index, file);
	if (m->kind == MESSAGE_WATCH || m->kind == MESSAGE_LIST)
		take_watch(l, items);
	if (m->kind == MESSAGE_STATE)
		states[m->index] = (enum message_state)m->state;
	if (m->kind == MESSAGE_CHECKING && unanswered)
		unanswered--;
	if (m->kind == MESSAGE_RESULT && checking && !unanswered)
		tell_result(m->index, (enum message_result)m->state, m->detail);
	if (m->kind == MESSAGE_REACHED && task == REACH)
		done(tell_reached);
	if (m->kind == MESSAGE_WITHDRAWN && task == WITHDRAW)
		done(tell_withdrawn);
}

/* An agent that talks nonsense is not the one we started. */
static void ready(struct loop_watch *w, uint32_t events) {
	struct message_list m;
	const struct message_counts counts = { services->count, probes->count, watches, templates };
	unsigned items;
	int file, n = message_receive_file(w->fd, &m, &items, &counts, &file);

	(void)events;
	if (n > 0) {
		take(&m, items, file);
	} else if (n < 0) {
		if (errno == EBADMSG)
			log_warn("agent: it sent nonsense, and is ended");
		hang_up();
		end_it();
	}
}

void agent_process_expect(const struct probe_list *p,
			  void (*result)(unsigned probe, enum message_result, unsigned detail)) {
	probes = p;
	tell_result = result;
}

void agent_process_follow(unsigned n, const struct message_belief *b,
			  void (*tell)(const struct message_list *, unsigned items)) {
	watches = n;
	beliefs = b;
	tell_watch = tell;
}

void agent_process_deliver(void (*rendered)(unsigned template, int file)) {
	tell_rendered = rendered;
}

int agent_process_start(const struct config *c, const struct service_list *s,
			void (*withdrawn)(void)) {
	config = c;
	services = s;
	tell_withdrawn = withdrawn;
	announces = agent_announces(c);
	templates = 0;
	for (const struct config_template *t = c->templates; t; t = t->head.next)
		templates++;
	if (!agent_wanted(c) || child.pid || restart.armed)
		return 0;
	if (start(false) == 0)
		return 0;
	start_again();
	return -1;
}

void agent_process_check(bool on) {
	checking = on;
	unanswered += on && line.fd >= 0;
	say(MESSAGE_CHECK, MESSAGE_NOBODY, on);
}

void agent_process_render(void) {
	rendering = true;
	say(MESSAGE_RENDER, MESSAGE_NOBODY, false);
}

void agent_process_judge(unsigned service, bool passes) {
	if (announces && critical[service] == passes)
		say(MESSAGE_JUDGE, service, passes);
	critical[service] = !passes;
}

void agent_process_reach(void (*reached)(void)) {
	tell_reached = reached;
	task = REACH;
	repeat_task();
}

void agent_process_announce(void) {
	if (!announces)
		return;
	task = ANNOUNCE;
	say(MESSAGE_ANNOUNCE, MESSAGE_NOBODY, false);
}

void agent_process_withdraw(void) {
	if (task != ANNOUNCE)
		return;
	task = WITHDRAW;
	say(MESSAGE_WITHDRAW, MESSAGE_NOBODY, false);
}

void agent_process_renew(void) {
	if (!child.pid || task == DISMISSED)
		return;
	renewed = true;
	end_it();
}

bool agent_process_is_announced(void) {
	return task == ANNOUNCE || task == WITHDRAW;
}

/* It ignores what asks politely, and has nothing left to tidy up. */
void agent_process_dismiss(void) {
	task = DISMISSED;
	loop_disarm(&restart);
	end_it();
}

pid_t agent_process_pid(void) {
	return child.pid;
}

enum message_state agent_process_state(unsigned service) {
	return states[service];
}
