/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/agent.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/error.h"
#include "config/memory.h"
#include "init/agent/confine.h"
#include "init/agent/directory.h"
#include "init/agent/discovery.h"
#include "init/agent/http.h"
#include "init/agent/store.h"
#include "init/log.h"
#include "init/loop.h"
#include "init/message.h"

enum { DESCRIPTORS = 1024, EXIT_BUG = 70 };

static struct registry_access access_found;
static struct loop_watch parent;
static unsigned services_count;

bool agent_wanted(const struct config *c) {
	return c->discovery.registry != CONFIG_REGISTRY_NONE && c->services;
}

int agent_prepare(const struct config *c, struct error *e) {
	struct error why = { 0 };
	uid_t uid;
	gid_t gid;

	if (!agent_wanted(c))
		return 0;
	if (confine_find(c->agent.user, &uid, &gid, e) < 0)
		return -1;
	if (registry_find(c->discovery.registry)->open(&access_found, &c->discovery, &why) < 0)
		return fail(e, "discovery: %s", why.text);
	if (access_found.endpoint.kind == ENDPOINT_DIRECTORY &&
	    directory_prepare(access_found.endpoint.path, uid, gid, &why) < 0)
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
	uid_t uid;
	gid_t gid;

	if (confine_find(c->agent.user, &uid, &gid, &e) < 0)
		log_warn("%s; it keeps its user", e.text);
	else if (confine_identity(uid, gid))
		log_warn("agent: becoming user %u: %m; it keeps its own, without capabilities",
			 uid);
	if (confine_process() < 0)
		log_warn("agent: system call filter: %m; it goes on without");
}

static void tell(enum message_kind kind, unsigned service, enum message_state state) {
	const struct message m = {
		.kind = (uint16_t)kind,
		.service = (uint16_t)service,
		.state = (uint16_t)state,
	};

	if (message_send(parent.fd, &m) < 0)
		log_debug("agent: telling: %m");
}

static void hear(struct loop_watch *w, uint32_t events) {
	struct message m;
	int got = message_receive(w->fd, &m, services_count);

	(void)events;
	if (got < 0) {
		loop_stop();
		return;
	}
	if (got == 0)
		return;
	switch ((enum message_kind)m.kind) {
	case MESSAGE_ANNOUNCE:
		discovery_announce();
		break;
	case MESSAGE_WITHDRAW:
		discovery_withdraw();
		break;
	case MESSAGE_DISMISS:
		loop_stop();
		break;
	case MESSAGE_STATE:
	case MESSAGE_WITHDRAWN:
	case MESSAGE_KINDS:
		break;
	}
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

static void begin(const struct config *c, const struct registry *registry,
		  const struct service_list *services, bool announced) {
	const struct discovery_setup setup = {
		.registry = registry,
		.where = access_found.endpoint.text,
		.services = services,
		.timeout = c->discovery.timeout,
		.first = !announced,
		.exchange = open_exchange(&access_found),
		.tell = tell,
	};

	discovery_init(&setup);
	if (announced)
		discovery_announce();
}

/* The secrets are read while the process may still read what only root can. */
int agent_run(const struct config *c, const struct service_list *services, int fd, bool announced) {
	const struct registry *registry = registry_find(c->discovery.registry);
	struct error e = { 0 };

	set_apart(fd);
	if (loop_init() < 0) {
		log_error("agent: opening its loop: %m");
		return EXIT_BUG;
	}
	if (registry->open(&access_found, &c->discovery, &e) < 0) {
		log_error("agent: discovery: %s", e.text);
		return EXIT_BUG;
	}
	confine(c);
	services_count = services->count;
	parent = (struct loop_watch){ .fd = fd, .ready = hear };
	if (loop_watch(&parent, EPOLLIN) < 0) {
		log_error("agent: watching its parent: %m");
		return EXIT_BUG;
	}
	begin(c, registry, services, announced);
	loop_run();
	return 0;
}
