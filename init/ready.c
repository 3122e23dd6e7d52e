/* SPDX-License-Identifier: Apache-2.0 */
#include "init/ready.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init/environment.h"
#include "init/health.h"
#include "init/holder.h"
#include "init/log.h"
#include "init/loop.h"
#include "init/notify.h"

enum { FIRST_LOOK = 20, LAST_LOOK = 250 /* ms between two looks at the ports, doubling */ };

enum state { CANCELLED, WAITING, LATE, REACHED };

static const struct config_app *app; /* NULL: a plain init */
static const struct port_list *ports;
static char starter[NOTIFY_NAME]; /* the socket of who started us; "": none, or not our business */
static void (*tell_became)(void);
static enum state state;
static bool early; /* it said READY=1 before we heard that it runs */
static int64_t pause_between;

static void look(struct loop_timer *);
static void late(struct loop_timer *);

static struct loop_timer next_look = { .fire = look };
static struct loop_timer patience = { .fire = late };

static int prepare_notify(struct error *e) {
	const char *inherited = environment_value("NOTIFY_SOCKET");
	char name[NOTIFY_NAME];

	if (notify_open(name, e) < 0)
		return -1;
	if (inherited && strlen(inherited) < sizeof(starter))
		memcpy(starter, inherited, strlen(inherited) + 1);
	return environment_set("NOTIFY_SOCKET", name, e);
}

int ready_prepare(const struct config *c, const struct port_list *list, struct error *e) {
	app = &c->app;
	ports = list;
	switch (app->ready) {
	case CONFIG_READY_PORT:
		return access("/proc/net/tcp", R_OK) < 0
			       ? fail(e, "[app] ready = port: /proc/net/tcp: %m")
			       : 0;
	case CONFIG_READY_NOTIFY:
		return prepare_notify(e);
	case CONFIG_READY_STARTED:
	case CONFIG_READY_CHECK:
		break;
	}
	return 0;
}

static void enter(enum state next) {
	loop_disarm(&next_look);
	loop_disarm(&patience);
	state = next;
}

static void reach(void) {
	if (state != WAITING && state != LATE)
		return;
	enter(REACHED);
	if (*starter && notify_send_ready(starter) < 0)
		log_warn("app: telling %s that it is ready: %m", starter);
	tell_became();
}

static bool listens(const struct port *port) {
	struct holder holder;

	return holder_find(port->config->protocol, port->number, &port->config->bind, &holder);
}

static void look(struct loop_timer *t) {
	for (unsigned i = 0; i < ports->count; i++)
		if (!listens(&ports->items[i])) {
			loop_arm(t, pause_between);
			pause_between *= 2;
			if (pause_between > LAST_LOOK)
				pause_between = LAST_LOOK;
			return;
		}
	reach();
}

static void late(struct loop_timer *t) {
	(void)t;
	state = LATE;
	log_warn("app: not ready when ready-timeout is over; it is announced when it is ready");
}

static void said_ready(void) {
	early = state == CANCELLED;
	reach();
}

static void check_changed(void) {
	if (app->ready == CONFIG_READY_CHECK && health_passes())
		reach();
}

static void wait_for_it(void) {
	if (app->ready_timeout != CONFIG_NONE && app->ready != CONFIG_READY_STARTED)
		loop_arm(&patience, app->ready_timeout);
	switch (app->ready) {
	case CONFIG_READY_STARTED:
		reach();
		break;
	case CONFIG_READY_PORT:
		pause_between = FIRST_LOOK;
		loop_arm(&next_look, 0);
		break;
	case CONFIG_READY_NOTIFY:
		if (notify_listen(said_ready) < 0)
			log_warn("app: listening for READY=1: %m");
		if (early)
			reach();
		break;
	case CONFIG_READY_CHECK:
		break;
	}
}

void ready_begin(void (*became)(void)) {
	tell_became = became;
	enter(WAITING);
	if (!app) {
		reach();
		return;
	}
	health_begin(check_changed);
	wait_for_it();
}

void ready_cancel(void) {
	enter(CANCELLED);
	if (!app)
		return;
	health_end();
	early = false;
	if (app->ready == CONFIG_READY_NOTIFY)
		notify_forget();
}

bool ready_is_due(void) {
	return state >= LATE;
}
