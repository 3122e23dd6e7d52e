/* SPDX-License-Identifier: Apache-2.0 */
#include "init/render.h"

#include <sys/epoll.h>
#include <sysexits.h>

#include "init/agent_process.h"
#include "init/announcement.h"
#include "init/child.h"
#include "init/dependency.h"
#include "init/job.h"
#include "init/log.h"
#include "init/loop.h"
#include "init/signals.h"
#include "init/template.h"

static const struct config *config;
static int status;

static void end_with(int s) {
	status = s;
	loop_stop();
}

static void give_up(const char *failure) {
	log_error("%s", failure);
	end_with(EX_UNAVAILABLE);
}

static void rendered(enum config_when when, const char *failure) {
	struct template_view v;
	bool failed = false;

	(void)when;
	for (unsigned i = 0; template_view(i, &v); i++)
		failed |= v.failed > 0;
	if (failure)
		give_up(failure);
	else
		end_with(failed ? EX_UNAVAILABLE : 0);
}

static const struct job_events events = { .done = rendered };

void render_met(const char *failure) {
	if (failure)
		give_up(failure);
	else
		template_begin(&events);
}

static void forget(pid_t pid) {
	(void)pid;
}

static void wake(struct loop_watch *w, uint32_t epoll_events) {
	struct signals_event s;

	(void)w;
	(void)epoll_events;
	while (signals_next(&s))
		if (config->app.stop_on >> (s.signal - 1) & 1)
			end_with(128 + s.signal);
	(void)child_reap(forget);
}

static void withdrawn(void) {
}

int render_run(const struct config *c, const struct service_list *services) {
	static struct loop_watch signals = { .ready = wake };

	config = c;
	announcement_init(c, services, withdrawn);
	signals.fd = signals_descriptor();
	if (signals.fd < 0 || loop_watch(&signals, EPOLLIN) < 0) {
		log_error("starting: %m");
		return EX_UNAVAILABLE;
	}
	announcement_start_agent();
	if (dependency_waits())
		dependency_begin();
	else
		template_begin(&events);
	loop_run();
	template_end();
	agent_process_dismiss();
	return status;
}
