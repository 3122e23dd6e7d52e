/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/agent.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/error.h"
#include "config/memory.h"
#include "init/agent/catalog.h"
#include "init/agent/confine.h"
#include "init/agent/directory.h"
#include "init/agent/discovery.h"
#include "init/agent/families.h"
#include "init/agent/http.h"
#include "init/agent/metrics.h"
#include "init/agent/prober.h"
#include "init/agent/renderer.h"
#include "init/agent/store.h"
#include "init/agent/tls.h"
#include "init/agent/watch.h"
#include "init/log.h"
#include "init/loop.h"
#include "init/message.h"

enum { DESCRIPTORS = 1024, EXIT_BUG = 70, USER_DIGITS = 9 /* that are an id for sure */ };

static MEMORY_BULK struct registry_access access_found;
static struct loop_watch parent;
static struct message_counts counts;

bool agent_announces(const struct config *c) {
	return c->discovery.registry != CONFIG_REGISTRY_NONE && c->services;
}

/* Whether it needs a registry at all. */
static bool uses_registry(const struct config *c) {
	return c->discovery.registry != CONFIG_REGISTRY_NONE && (c->services || c->watches);
}

bool agent_wanted(const struct config *c) {
	for (const struct config_check *check = c->checks; check; check = check->head.next)
		if (!check->exec)
			return true;
	return uses_registry(c) || c->templates || c->metrics.listen.port;
}

/* A number is a user, whatever the files say: the agent asks them itself, and no start waits. */
static bool may_be_missing(const char *user) {
	size_t digits = strspn(user, "0123456789");

	return user[digits] || digits > USER_DIGITS;
}

static int prepare_directory(const struct config *c, const char *path, struct error *e) {
	struct user user;

	if (confine_find(&user, &c->agent, e) < 0)
		return -1;
	return directory_prepare(path, &user, e);
}

/* What is wrong otherwise is agent_prepare's to say. */
int agent_check(const struct config *c, struct error *e) {
	struct error ignored = { 0 };

	if (tls_is_built() || !uses_registry(c) ||
	    registry_find(c->discovery.registry)->open(&access_found, &c->discovery, &ignored) <
		    0 ||
	    !access_found.endpoint.secure)
		return 0;
	return fail(e, "discovery: https at %s: this build has no TLS; a unix socket needs none",
		    access_found.endpoint.text);
}

int agent_prepare(const struct config *c, struct error *e) {
	/* The agent finds it again: PID 1 keeps no memory for it. */
	struct registry_access access = { 0 };
	struct error why = { 0 };
	struct user user;

	if (!agent_wanted(c))
		return 0;
	if ((may_be_missing(c->agent.user) || c->agent.groups) &&
	    confine_find(&user, &c->agent, e) < 0)
		return -1;
	if (!uses_registry(c))
		return 0;
	if (registry_find(c->discovery.registry)->open(&access, &c->discovery, &why) < 0 ||
	    (access.endpoint.secure && tls_prove(&access.tls, &why) < 0) ||
	    (access.endpoint.kind == ENDPOINT_DIRECTORY &&
	     prepare_directory(c, access.endpoint.path, &why) < 0))
		return fail(e, "discovery: %s", why.text);
	return 0;
}

static void close_range_of(unsigned first, unsigned last) {
	if (first > last || syscall(SYS_close_range, first, last, 0U) == 0)
		return;
	for (unsigned fd = first; fd <= last && fd < DESCRIPTORS; fd++)
		close((int)fd);
}

/* What was PID 1's is none of the agent's business: descriptors, and the name in ps. Signals are
 * blocked and stay so: PID 1 dismisses its agent itself. */
static void set_apart(int fd) {
	close_range_of(3, (unsigned)fd - 1);
	close_range_of((unsigned)fd + 1, ~0U);
	(void)prctl(PR_SET_NAME, "pintle: agent", 0, 0, 0);
	(void)umask(022);
	resolve_init();
}

static void confine(const struct config *c) {
	struct error e = { 0 };
	struct user user;

	if (confine_find(&user, &c->agent, &e) < 0)
		log_warn("%s; it keeps its user", e.text);
	else if (confine_identity(&user))
		log_warn("agent: becoming user %u: %m; it keeps its own, without capabilities",
			 user.uid);
	if (confine_process() < 0)
		log_warn("agent: system call filter: %m; it goes on without");
}

static void send_message(const struct message *m) {
	if (message_send(parent.fd, m) < 0)
		log_debug("agent: telling: %m");
}

static enum message_state service_states[SERVICE_MAX];

static void tell(enum message_kind kind, unsigned service, enum message_state state) {
	const struct message m = { (uint16_t)kind, (uint16_t)service, (uint16_t)state, 0 };

	if (kind == MESSAGE_STATE)
		service_states[service] = state;
	send_message(&m);
}

static void tell_result(unsigned probe, enum message_result result, unsigned detail) {
	const struct message m = { MESSAGE_RESULT, (uint16_t)probe, (uint16_t)result,
				   (uint16_t)detail };

	send_message(&m);
}

static int tell_watch(const struct message_list *m, unsigned items) {
	return m->head.kind == MESSAGE_LIST ? message_send_list(parent.fd, m, items)
					    : message_send(parent.fd, &m->head);
}

static int tell_rendered(unsigned template, int file) {
	const struct message m = { MESSAGE_RENDERED, (uint16_t) template, file >= 0, 0 };

	return file < 0 ? message_send(parent.fd, &m) : message_send_file(parent.fd, &m, file);
}

static void check(bool on) {
	if (on) {
		tell(MESSAGE_CHECKING, MESSAGE_NOBODY, 0);
		prober_begin();
	} else {
		prober_end();
	}
}

static void obey(const struct message *m) {
	switch ((enum message_kind)m->kind) {
	case MESSAGE_REACH:
		discovery_reach();
		break;
	case MESSAGE_ANNOUNCE:
		discovery_announce();
		break;
	case MESSAGE_WITHDRAW:
		discovery_withdraw();
		break;
	case MESSAGE_JUDGE:
		discovery_judge(m->index, m->state != 0);
		break;
	case MESSAGE_CHECK:
		check(m->state != 0);
		break;
	case MESSAGE_TAKEN:
		watch_taken();
		break;
	case MESSAGE_RENDER:
		renderer_begin();
		break;
	case MESSAGE_DISMISS:
		loop_stop();
		break;
	case MESSAGE_REACHED:
	case MESSAGE_WATCH:
	case MESSAGE_LIST:
	case MESSAGE_STATE:
	case MESSAGE_WITHDRAWN:
	case MESSAGE_CHECKING:
	case MESSAGE_RESULT:
	case MESSAGE_RENDERED:
	case MESSAGE_KINDS:
		break;
	}
}

static void hear(struct loop_watch *w, uint32_t events) {
	static MEMORY_BULK struct message_list m;
	unsigned items;
	int got = message_receive(w->fd, &m, &items, &counts);

	(void)events;
	if (got < 0)
		loop_stop();
	else if (got > 0)
		obey(&m.head);
}

static struct exchange *open_exchange(const struct registry_access *access) {
	static MEMORY_BULK struct http http;
	static MEMORY_BULK struct store store;

	if (access->endpoint.kind == ENDPOINT_DIRECTORY) {
		store_init(&store, &access->endpoint);
		return &store.exchange;
	}
	http_init(&http, &access->endpoint, access->headers);
	return &http.exchange;
}

static void begin_discovery(const struct config *c, const struct agent_work *work) {
	const struct discovery_setup setup = {
		.registry = registry_find(c->discovery.registry),
		.where = access_found.endpoint.text,
		.services = work->services,
		.critical = work->critical,
		.timeout = c->discovery.timeout,
		.first = !work->announce,
		.exchange = open_exchange(&access_found),
		.tell = tell,
	};

	discovery_init(&setup);
	if (work->announce)
		discovery_announce();
}

static void watch_changed(unsigned watch) {
	(void)watch;
	renderer_change();
}

static void begin_watching(const struct config *c, const struct agent_work *work) {
	const struct watch_setup setup = {
		.config = c,
		.registry = registry_find(c->discovery.registry),
		.access = &access_found,
		.beliefs = work->beliefs,
		.tell = tell_watch,
		.changed = watch_changed,
	};

	for (const struct config_watch *w = c->watches; w; w = w->head.next)
		counts.watches++;
	if (counts.watches)
		watch_init(&setup);
}

static void begin_rendering(const struct config *c, const struct agent_work *work) {
	const struct renderer_setup setup = {
		.environment = work->environment,
		.tell = tell_rendered,
	};

	renderer_init(&setup);
	catalog_init(c);
	renderer_add(catalog_look_up);
	if (work->render)
		renderer_begin();
}

/* While the process may still take any address. */
static void open_metrics(const struct config *c) {
	if (c->metrics.listen.port && metrics_open(&c->metrics.listen) < 0)
		log_warn("metrics: listening on port %u: %m; there are none",
			 c->metrics.listen.port);
}

static unsigned count_instances(unsigned watch) {
	const struct instances *list = watch_list(watch);

	return list ? list->count : 0;
}

static void begin_metrics(const struct config *c, const struct agent_work *work) {
	const struct families_source source = {
		.config = c,
		.board = work->board,
		.services = service_states,
		.instances = count_instances,
	};

	families_init(&source);
	metrics_begin();
}

static void begin(const struct config *c, const struct agent_work *work) {
	if (agent_announces(c))
		begin_discovery(c, work);
	begin_rendering(c, work);
	begin_watching(c, work);
	begin_metrics(c, work);
	prober_init(work->probes, tell_result);
	if (work->check)
		check(true);
}

static int open_secured(struct error *e) {
	if (!access_found.endpoint.secure)
		return 0;
	if (access_found.tls.anyone)
		log_warn("discovery: verify = no: whoever answers at %s gets the token",
			 access_found.endpoint.text);
	return tls_open(&access_found.tls, e);
}

/* The secrets are read, and the files of TLS opened, while the process may still read what only
 * root can. */
static int open_registry(const struct config *c) {
	struct error e = { 0 };

	if (!uses_registry(c) ||
	    (registry_find(c->discovery.registry)->open(&access_found, &c->discovery, &e) == 0 &&
	     open_secured(&e) == 0))
		return 0;
	log_error("agent: discovery: %s", e.text);
	return -1;
}

int agent_check_templates(const struct config *c, struct error *e) {
	size_t mark = memory_mark();
	int result = renderer_open(c, e);

	memory_release(mark);
	return result;
}

/* So are the templates. */
static int open_templates(const struct config *c) {
	struct error e = { 0 };

	if (renderer_open(c, &e) == 0)
		return 0;
	log_error("agent: %s", e.text);
	return -1;
}

int agent_run(const struct config *c, const struct agent_work *work, int fd) {
	set_apart(fd);
	if (loop_init() < 0) {
		log_error("agent: opening its loop: %m");
		return EXIT_BUG;
	}
	if (open_registry(c) < 0 || open_templates(c) < 0)
		return EXIT_BUG;
	open_metrics(c);
	confine(c);
	/* Without a registry nothing is to be said of services. */
	counts.services = agent_announces(c) ? work->services->count : 0;
	counts.checks = work->probes->count;
	parent = (struct loop_watch){ .fd = fd, .ready = hear };
	if (loop_watch(&parent, EPOLLIN) < 0) {
		log_error("agent: watching its parent: %m");
		return EXIT_BUG;
	}
	begin(c, work);
	memory_settle();
	loop_run();
	return 0;
}
