/* SPDX-License-Identifier: Apache-2.0 */
#include "init/run.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "config/memory.h"
#include "init/action.h"
#include "init/agent/agent.h"
#include "init/announce.h"
#include "init/board.h"
#include "init/control.h"
#include "init/dependency.h"
#include "init/environment.h"
#include "init/export.h"
#include "init/filter.h"
#include "init/handover.h"
#include "init/health.h"
#include "init/job.h"
#include "init/log.h"
#include "init/loop.h"
#include "init/membership.h"
#include "init/names.h"
#include "init/oom.h"
#include "init/port.h"
#include "init/ready.h"
#include "init/reconcile.h"
#include "init/render.h"
#include "init/rights.h"
#include "init/service.h"
#include "init/signals.h"
#include "init/status.h"
#include "init/template.h"
#include "netcfg/netcfg.h"

enum { CANNOT_RUN = 126 };

static const struct config *config;
static char *const *inherited;
static MEMORY_BULK struct net_state network;
static bool observed; /* network is filled */
static struct net_mode network_mode;
static MEMORY_BULK struct port_list ports;
static MEMORY_BULK struct service_list services;
static bool waited; /* something before the start may have taken its time */

/* The steps of a start. Each returns 0, or the status to exit with and why. */

/* Byte for byte, but for what names the process that gets sockets. */
static int keep_environment(struct error *e) {
	environment_keep(inherited);
	return handover_any() && environment_copy(inherited, true, e) < 0 ? EX_UNAVAILABLE : 0;
}

static int copy_environment(struct error *e) {
	return environment_copy(inherited, false, e) < 0 ? EX_UNAVAILABLE : 0;
}

static int reserve_descriptors(struct error *e) {
	return handover_reserve(config, e) < 0 ? EX_UNAVAILABLE : 0;
}

static int prepare_filter(struct error *e) {
	if (!filter_is_wanted(&config->seccomp))
		return 0;
	switch (filter_prepare(config, e)) {
	case 0:
		return 0;
	case FILTER_UNAVAILABLE:
		return EX_UNAVAILABLE;
	default:
		return EX_CONFIG;
	}
}

static int check_templates(struct error *e) {
	return config->templates && agent_check_templates(config, e) < 0 ? EX_CONFIG : 0;
}

static int find_rights(struct error *e) {
	switch (app_find_rights(config, e)) {
	case 0:
		return 0;
	case RIGHTS_LACKING:
		return EX_UNAVAILABLE;
	default:
		return CANNOT_RUN;
	}
}

static int stop_signal; /* that came while something was waited for; 0: none */

static bool stop_came(void) {
	stop_signal = signals_come(config->app.stop_on);
	return stop_signal;
}

static int set_up_network(struct error *e) {
	static const struct net_wake wake = { signals_descriptor, stop_came };
	int result;

	observed = config->interfaces || config->net.mode == CONFIG_MODE_APPLY ||
		   config->services || config->checks || config->templates;
	if (!config->interfaces && config->net.mode != CONFIG_MODE_APPLY)
		return observed && net_observe(&network, config, e) < 0 ? EX_UNAVAILABLE : 0;
	waited = true;
	result = net_configure(&network, config, &network_mode, &wake, e);
	if (stop_signal || (result != 0 && stop_came()))
		return 128 + stop_signal;
	if (result < 0 && config->net.on_error == CONFIG_WARN) {
		log_warn("network: %s", e->text);
		*e = (struct error){ 0 };
		return 0;
	}
	return result < 0 ? EX_UNAVAILABLE : 0;
}

static int set_up_names(struct error *e) {
	if (!config->dns.head.origins && !config->hosts.list && !config->host.name)
		return 0;
	return names_set_up(config, e) < 0 ? EX_UNAVAILABLE : 0;
}

static int find_ports(struct error *e) {
	if (!config->ports)
		return 0;
	switch (port_resolve(&ports, config, inherited, e)) {
	case 0:
		return 0;
	case PORT_TAKEN:
		return EX_UNAVAILABLE;
	default:
		return EX_CONFIG;
	}
}

static int find_services(struct error *e) {
	if (export_ports(&ports, e) < 0 || (observed && export_addresses(config, &network, e) < 0))
		return EX_UNAVAILABLE;
	if (!config->services)
		return 0;
	if (service_resolve(&services, config, &network, environment_look_up, e) < 0)
		return EX_UNAVAILABLE;
	return export_services(&services, e) < 0 ? EX_UNAVAILABLE : 0;
}

static int set_environment(struct error *e) {
	return export_settings(config, e);
}

static int prepare_ready(struct error *e) {
	return ready_prepare(config, &ports, e) < 0 ? EX_UNAVAILABLE : 0;
}

static int prepare_agent(struct error *e) {
	if (config->metrics.listen.port && board_share() < 0)
		return fail(e, "metrics: a page for them: %m"), EX_UNAVAILABLE;
	if (!config->services && !config->checks && !config->watches && !config->templates &&
	    !config->metrics.listen.port)
		return 0;
	if (agent_check(config, e) < 0)
		return EX_CONFIG;
	return agent_prepare(config, e) < 0 ? EX_UNAVAILABLE : 0;
}

static int prepare_app(struct error *e) {
	if (handover_export(e) < 0)
		return EX_UNAVAILABLE;
	return app_prepare(config, &lifecycle_app_events, environment_look_up, e) < 0 ? CANNOT_RUN
										      : 0;
}

static int prepare_jobs(struct error *e) {
	return job_prepare(config, app_plan(), environment_look_up, &lifecycle_job_events, e) < 0
		       ? EX_UNAVAILABLE
		       : 0;
}

static int prepare_templates(struct error *e) {
	(void)e;
	if (!config->templates)
		return 0;
	template_prepare(config, app_plan(), environment_look_up);
	action_prepare(app_plan(), environment_look_up, lifecycle_restart);
	return 0;
}

static int prepare_checks(struct error *e) {
	(void)e;
	if (config->checks)
		health_prepare(config, &services, &ports, &network, environment_look_up);
	return 0;
}

static void renew(void) {
	struct error e = { 0 };

	export_settings_again(config);
	if (app_renew(&e) < 0)
		log_warn("%s", e.text);
}

static int prepare_dependencies(struct error *e) {
	static const struct dependency_events events = { renew, lifecycle_met, membership_believe };

	(void)e;
	if (!config->watches && !config->discovery.required)
		return 0;
	dependency_prepare(config, &events);
	action_prepare(app_plan(), environment_look_up, lifecycle_restart);
	return 0;
}

/* Of --render, which only looks: the application may run and have its ports. */

static int look_at_network(struct error *e) {
	observed = true;
	return net_observe(&network, config, e) < 0 ? EX_UNAVAILABLE : 0;
}

static int guess_ports(struct error *e) {
	int result = config->ports ? port_guess(&ports, config, inherited, e) : 0;

	return result < 0 ? EX_CONFIG : result ? EX_UNAVAILABLE : 0;
}

static int prepare_rendering(struct error *e) {
	static const struct dependency_events events = { renew, render_met, NULL };

	if (agent_prepare(config, e) < 0)
		return EX_UNAVAILABLE;
	template_prepare(config, app_plan(), environment_look_up);
	if (config->watches)
		dependency_prepare(config, &events);
	return 0;
}

typedef int step(struct error *);

static step *const steps[] = {
	copy_environment, reserve_descriptors,  prepare_filter, check_templates, find_rights,
	set_up_names,     set_up_network,       find_ports,     find_services,   set_environment,
	prepare_ready,    prepare_agent,        prepare_app,    prepare_jobs,    prepare_templates,
	prepare_checks,   prepare_dependencies, NULL,
};

static step *const rendering_steps[] = { copy_environment,
					 prepare_filter,
					 check_templates,
					 find_rights,
					 look_at_network,
					 guess_ports,
					 find_services,
					 set_environment,
					 prepare_app,
					 prepare_rendering,
					 NULL };

/* Without any setting. */
static step *const plain_steps[] = { keep_environment, prepare_app, NULL };

/* 0, or the exit status of a start that is over before the application runs: a step failed, or the
 * stop was asked for meanwhile. */
static int prepare(step *const *s) {
	struct error e = { 0 };
	int signal;

	for (; *s; s++) {
		int status = (*s)(&e);

		if (status && e.len)
			log_error("%s", e.text);
		if (status)
			return status;
	}
	signal = waited ? signals_come(config->app.stop_on) : 0;
	return signal ? 128 + signal : 0;
}

static void wake(struct loop_watch *w, uint32_t events) {
	(void)w;
	(void)events;
	lifecycle_wake();
}

/* What has been read already makes no descriptor ready. */
static void wake_early(struct loop_timer *t) {
	(void)t;
	lifecycle_wake();
}

/* A plain init has no descriptor to wait for but at a terminal, where the start goes by fork. */
static bool uses_loop(void) {
	return config->given || app_has_terminal();
}

static void settle_network(void) {
	if (observed)
		net_settle(&network);
	observed = false;
}

/* What is in use when the agent is forked stays in use for it. */
static void application_runs(void) {
	if (config->services || config->checks)
		settle_network();
}

/* None of it is for an application that is over before it. */
static void settle_rest(struct loop_timer *t) {
	static bool put_off;

	if (lifecycle_is_over() && !put_off) {
		put_off = true;
		loop_arm(t, 0);
		return;
	}
	settle_network();
	status_open(config, &ports, &network, &network_mode, &services);
	if (network.changed)
		announce_start(config, &network);
	if (config->interfaces || config->services)
		reconcile_start(config, &network, &network_mode, &services);
	memory_settle();
}

/* What can wait until the application runs. No directory is kept in use that somebody may want to
 * unmount. */
static int settle(void) {
	static struct loop_watch signals = { .ready = wake };
	static struct loop_timer early_signals = { .fire = wake_early };
	static struct loop_timer rest = { .fire = settle_rest };

	if (!app_runs() || config->jobs || config->watches || config->templates ||
	    config->app.restart != CONFIG_RESTART_NEVER)
		app_keep_directory();
	(void)!chdir("/");
	signals_look_back();
	if (!config->given && app_runs())
		handover_close();
	if (!uses_loop())
		return 0;
	signals.fd = signals_descriptor();
	if (signals.fd < 0 || loop_watch(&signals, EPOLLIN) < 0)
		return -1;
	loop_arm(&early_signals, 0);
	if (!config->given)
		return 0;
	oom_begin();
	loop_arm(&rest, 0);
	return 0;
}

/* With nothing but signals and timers to wait for, there is no need of a descriptor. */
static void wait_for_signal(int ms) {
	const struct timespec limit = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	signals_wait(ms < 0 ? NULL : &limit);
	lifecycle_wake();
}

int run_render(const struct config *c, char *const *environment) {
	int status;

	if (!c->templates)
		return 0;
	config = c;
	inherited = environment;
	status = prepare(rendering_steps);
	return status ? status : render_run(c, &services);
}

int run(struct lifecycle_plan *plan, char *const *environment) {
	int status;

	config = plan->config;
	inherited = environment;
	plan->services = &services;
	plan->started = application_runs;
	status = prepare(config->given ? steps : plain_steps);
	if (status)
		return status;
	lifecycle_start(plan);
	if (settle() < 0) {
		log_error("starting: %m");
		app_signal(SIGKILL);
		return EX_UNAVAILABLE;
	}
	if (uses_loop()) {
		loop_run();
		control_close();
	} else {
		loop_run_on(wait_for_signal);
	}
	return lifecycle_exit_status();
}
