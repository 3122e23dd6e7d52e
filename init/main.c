/* SPDX-License-Identifier: Apache-2.0 */
/* One program, stopped early where only something is to be shown. */
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include "config/config.h"
#include "config/memory.h"
#include "config/writer.h"
#include "init/agent/agent.h"
#include "init/control.h"
#include "init/filter.h"
#include "init/handover.h"
#include "init/log.h"
#include "init/monitor.h"
#include "init/options.h"
#include "init/run.h"
#include "init/signals.h"
#include "netcfg/etc.h"
#include "netcfg/netcfg.h"

static const char config_path[] = "/etc/pintle.ini";
static struct config config;
static struct options options;
static MEMORY_BULK struct error failure; /* the one that ends it */

static int quit(int status) {
	log_error("%s", failure.text);
	return status;
}

/* What we open must not become the application's stdin or stderr. */
static void fill_descriptors(void) {
	struct pollfd fds[3] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };

	if (poll(fds, 3, 0) <= 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		if (fds[fd].revents & POLLNVAL)
			(void)open("/dev/null", O_RDWR);
}

/* Nothing of what we were given by accident is kept alive by us, nor passed on. */
static void close_inherited(void) {
	unsigned first = handover_inherit();

	if (syscall(SYS_close_range, first, ~0U, 0) == 0)
		return;
	for (; first < 1024; first++)
		close((int)first);
}

/* One line for each mistake. */
static void print_mistakes(char *text) {
	char *line;

	while ((line = strsep(&text, "\n")))
		if (*line)
			log_error("%s", line);
}

static int load_config(void) {
	static MEMORY_BULK struct config_report report;
	const char *variable = options.plain ? NULL : getenv("PINTLE_CONFIG");
	const char *named = options.config ? options.config : variable;
	struct config_input input = {
		.path = named && *named ? named : config_path,
		.optional = !named || !*named,
		.environment = environ,
		.options = options.sets,
	};

	if (options.plain)
		input = (struct config_input){ 0 };
	if (config_load(&config, &input, &report) == 0)
		return 0;
	print_mistakes(report.text);
	return -1;
}

/* The command line over all the rest. */
static void apply_options(void) {
	if (options.command)
		config.app.command = (const char *const *)options.command;
	if (options.group)
		config.app.signal_scope = CONFIG_GROUP;
	if (options.verbosity < 1)
		config.log.level = CONFIG_LOG_ERROR;
	if (options.verbosity > 1 && config.log.level < CONFIG_LOG_INFO)
		config.log.level = CONFIG_LOG_INFO;
	if (options.verbosity > 2)
		config.log.level = CONFIG_LOG_DEBUG;
	log_init(&config.log);
}

static MEMORY_BULK struct net_state network;

static int check_network(struct writer *w) {
	static const char *const names[] = {
		[CONFIG_MODE_AUTO] = "auto",
		[CONFIG_MODE_APPLY] = "apply",
		[CONFIG_MODE_VERIFY] = "verify",
		[CONFIG_MODE_LEAVE] = "leave",
	};
	struct net_mode mode;

	if (!config.interfaces)
		return 0;
	if (net_observe(&network, &config, &failure) < 0)
		return quit(EX_UNAVAILABLE);
	mode = net_decide(&config, &network);
	writer_texts(w, "\n# network mode here: ", names[mode.mode], ", because ", mode.reason,
		     mode.creates ? "; but what the file creates is made" : "", "\n", NULL);
	return 0;
}

static int check(void) {
	struct writer w = { .fd = STDOUT_FILENO };
	int status = filter_prepare(&config, &failure);

	if (status < 0)
		return quit(status == FILTER_UNAVAILABLE ? EX_UNAVAILABLE : EX_CONFIG);
	if (agent_check(&config, &failure) < 0 || agent_check_templates(&config, &failure) < 0)
		return quit(EX_CONFIG);
	config_print(&config, STDOUT_FILENO);
	status = check_network(&w);
	filter_print(&config, &w);
	writer_flush(&w);
	return status;
}

static int plan(void) {
	static MEMORY_BULK struct net_plan wanted;
	struct writer w = { .fd = STDOUT_FILENO };
	struct error odd = { 0 }, names = { 0 };

	if (net_etc(&config, false, &odd, &names) < 0)
		writer_texts(&w, "# ", names.text, "\n", NULL);
	if (config.interfaces && net_observe(&network, &config, &failure) < 0)
		return quit(EX_UNAVAILABLE);
	if (config.interfaces && net_plan(&wanted, &config, &network, &failure) < 0) {
		if (config.net.on_error == CONFIG_FAIL)
			return quit(EX_UNAVAILABLE);
		log_warn("network: %s", failure.text);
	}
	for (unsigned i = 0; i < wanted.count; i++) {
		char text[NET_OP_TEXT];

		if (net_op_text(&wanted.ops[i], text, sizeof(text)) == 0)
			writer_texts(&w, text, "\n", NULL);
	}
	writer_flush(&w);
	return 0;
}

/* Beside an application that runs, perhaps, with an agent that has the metrics' port. */
static int render(void) {
	static const char *const no_command[] = { "", NULL };

	config.metrics.listen.port = 0;
	if (!config.app.command)
		config.app.command = no_command;
	signals_hold();
	return run_render(&config, environ);
}

static int monitor(void) {
	(void)monitor_run(&network, &failure);
	return quit(EX_UNAVAILABLE);
}

/* Orphans come to PID 1 by nature, to anybody else only on request. The libc knows the id of its
 * first thread, which is that of the process, without asking the kernel. */
static int start(void) {
	struct lifecycle_plan life = {
		.config = &config,
		.plain = !config.given,
		.warn_orphans = options.warn_reaped,
		.exit_zero = options.to_zero,
	};

	if (!config.app.command && options_need_command(&options, &failure) < 0)
		return quit(config.given ? EX_CONFIG : EX_USAGE);
	if (gettid() != 1)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (options.parent_death_signal)
		(void)prctl(PR_SET_PDEATHSIG, options.parent_death_signal);
	return run(&life, environ);
}

static int ask(enum control_request request) {
	return control_ask(&config.control, request, options.check);
}

static int health(void) {
	return ask(CONTROL_HEALTH);
}

static int ready(void) {
	return ask(CONTROL_READY);
}

static int status(void) {
	return ask(options.json ? CONTROL_STATUS_JSON : CONTROL_STATUS);
}

static int drain(void) {
	return ask(CONTROL_DRAIN);
}

static int resume(void) {
	return ask(CONTROL_RESUME);
}

static int reference(void) {
	config_reference(options.reference, STDOUT_FILENO);
	return 0;
}

static int version(void) {
	options_version(&options, STDOUT_FILENO);
	return 0;
}

static int help(void) {
	options_help(STDOUT_FILENO);
	return 0;
}

static const struct {
	int (*act)(void);
	bool needs_config;
} modes[] = {
	[OPTIONS_RUN] = { start, true },
	[OPTIONS_CHECK] = { check, true },
	[OPTIONS_PLAN] = { plan, true },
	[OPTIONS_RENDER] = { render, true },
	[OPTIONS_MONITOR] = { monitor, false },
	[OPTIONS_HEALTH] = { health, true },
	[OPTIONS_READY] = { ready, true },
	[OPTIONS_STATUS] = { status, true },
	[OPTIONS_DRAIN] = { drain, true },
	[OPTIONS_RESUME] = { resume, true },
	[OPTIONS_REFERENCE] = { reference, false },
	[OPTIONS_VERSION] = { version, false },
	[OPTIONS_HELP] = { help, false },
};

int main(int argc, char *argv[]) {
	signals_hold();
	fill_descriptors();
	if (options_parse(&options, argc, argv, &failure) < 0)
		return quit(EX_USAGE);
	if (options.mode == OPTIONS_RUN)
		close_inherited();
	else
		(void)signals_restore();
	if (modes[options.mode].needs_config && load_config() < 0)
		return EX_CONFIG;
	apply_options();
	return modes[options.mode].act();
}
