/* SPDX-License-Identifier: Apache-2.0 */
#include "init/app.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "config/memory.h"
#include "config/signal.h"
#include "init/child.h"
#include "init/command.h"
#include "init/environment.h"
#include "init/handover.h"
#include "init/log.h"
#include "init/loop.h"
#include "init/oom.h"
#include "init/rights.h"

static const struct config_app *config;
static const struct app_events *events;
static struct child child;
static struct child_plan plan;
static config_lookup *look_up;
static MEMORY_BULK struct command commands[2]; /* the one in use, and a spare one */
static unsigned used;
static int wait_status;
static int64_t born; /* when it was started last; 0: it never was */
static bool oom_killed;
static bool refused; /* to signal it, and that was said */

static void started(struct child *c) {
	(void)c;
	events->started();
}

/* The terminal comes back to us with the application's end, for the one who started us. */
static void take_terminal_back(void) {
	pid_t group;

	if (!plan.foreground)
		return;
	group = getpgrp();
	(void)ioctl(STDIN_FILENO, TIOCSPGRP, &group);
}

static void ended(struct child *c, int status) {
	(void)c;
	wait_status = status;
	oom_killed = app_exit_status() == 128 + SIGKILL && oom_struck();
	take_terminal_back();
	events->ended();
}

/* Nobody could continue what ^Z stops in a container: there is no shell to say "fg" to. A STOP from
 * outside is somebody's will. */
static void stopped(struct child *c, int signal) {
	if (plan.foreground && signal == SIGTSTP)
		(void)kill(-c->pid, SIGCONT);
}

/* Only if stdin is our terminal and we are in its foreground do we have it to give away. */
static bool has_terminal(void) {
	pid_t group;

	if (config->tty == CONFIG_NO || ioctl(STDIN_FILENO, TIOCGPGRP, &group) < 0)
		return false;
	return group == getpgrp() || config->tty == CONFIG_YES;
}

static int keep_rights(const struct rights *found, struct error *e) {
	struct rights *rights = memory_take(sizeof(*rights));

	if (!rights)
		return fail(e, "[app]: there is no memory left for its rights");
	*rights = *found;
	plan.rights = rights;
	return 0;
}

int app_find_rights(const struct config *c, struct error *e) {
	struct rights found;
	int result = rights_prepare(&found, c, NULL, e);

	if (result == 0 && found.changes_user)
		result = environment_set("HOME", found.user.home, e);
	if (result == 0 && found.asked)
		result = keep_rights(&found, e);
	return result;
}

int app_renew(struct error *e) {
	const char *const *argv = command_expand(&commands[!used], config->command, look_up, e);

	plan.environment = environment_all();
	if (!argv)
		return fail(e, "[app] command");
	plan.argv = argv;
	used = !used;
	return 0;
}

int app_prepare(const struct config *c, const struct app_events *tell, config_lookup *lookup,
		struct error *e) {
	config = &c->app;
	events = tell;
	child.started = started;
	child.ended = ended;
	child.stopped = stopped;
	look_up = lookup;
	if (app_renew(e) < 0)
		return -1;
	plan.directory = config->directory;
	plan.umask = config->umask;
	plan.foreground = has_terminal();
	plan.sockets = handover_any();
	return 0;
}

void app_keep_directory(void) {
	static MEMORY_BULK char here[PATH_MAX];
	const char *given = plan.directory;
	size_t len;

	if ((given && *given == '/') || !getcwd(here, sizeof(here)))
		return;
	len = strlen(here);
	if (!given ||
	    (size_t)snprintf(here + len, sizeof(here) - len, "/%s", given) < sizeof(here) - len)
		plan.directory = here;
}

const struct child_plan *app_plan(void) {
	return &plan;
}

/* ^Z stops the new foreground also before its exec, and vfork would hold us until somebody says to
 * continue it, which only we would do. */
int app_start(bool quick) {
	plan.quick = quick && !plan.rights && !plan.directory && !plan.foreground;
	if (child_start(&child, &plan) < 0)
		return -1;
	born = loop_now();
	return 0;
}

bool app_was_started(void) {
	return born != 0;
}

int64_t app_age(void) {
	return born ? loop_now() - born : 0;
}

bool app_runs(void) {
	return child.pid != 0;
}

pid_t app_pid(void) {
	return child.pid;
}

const char *app_program(void) {
	return plan.argv[0];
}

bool app_has_terminal(void) {
	return plan.foreground;
}

/* -1 is all that there is: only PID 1 may mean that. */
static pid_t target(void) {
	switch (config->signal_scope) {
	case CONFIG_PROCESS:
		return child.pid;
	case CONFIG_GROUP:
		return -child.pid;
	case CONFIG_ALL:
		return getpid() == 1 ? -1 : -child.pid;
	}
	return child.pid;
}

/* Before its first step the child has no group of its own yet. */
void app_signal(int signal) {
	char name[SIGNAL_TEXT];

	if (!child.pid || kill(target(), signal) == 0)
		return;
	if (errno == ESRCH) {
		(void)kill(child.pid, signal);
	} else if (!refused) {
		refused = true;
		log_warn("app: signal %s: %m: it runs as another user", signal_text(signal, name));
	}
}

int app_exit_status(void) {
	return child_exit_status(wait_status);
}

bool app_failed_to_start(struct error *why) {
	if (child.failure.step == 0)
		return false;
	child_explain(&child, &plan, why);
	return true;
}

bool app_was_oom_killed(void) {
	return oom_killed;
}

void app_describe_end(char *line, size_t size) {
	child_describe_end(wait_status, line, size);
	if (oom_killed)
		snprintf(line + strlen(line), size - strlen(line), " (OOM-killed)");
}
