/* SPDX-License-Identifier: Apache-2.0 */
#include "init/verdict.h"

#include "config/signal.h"
#include "init/app.h"
#include "init/forward.h"
#include "init/log.h"
#include "init/loop.h"
#include "init/restart.h"

static const struct config_app *config;
static const bool *to_zero;
static struct restart restarts;

void verdict_init(const struct config_app *app, const bool *exit_zero) {
	config = app;
	to_zero = exit_zero;
}

int verdict_status(bool asked) {
	int status = app_exit_status();

	for (const struct config_exit *x = config->exit_map; x; x = x->head.next)
		if (x->from == status && (asked || !x->stopped))
			return x->to;
	return to_zero[status & 0xff] ? 0 : status;
}

/* Whoever was stopped did not crash. */
static bool was_stopped(void) {
	int signal = forward_explains(app_exit_status(), loop_now());
	char name[SIGNAL_TEXT];

	if (signal)
		log_warn("app: it was stopped by %s, which [app] stop-on does not name, and is not "
			 "started again",
			 signal_text(signal, name));
	return signal != 0;
}

int64_t verdict_restart(int status, int64_t lived) {
	int64_t pause;
	char how[64];

	if (config->restart == CONFIG_RESTART_NEVER || was_stopped())
		return RESTART_NEVER;
	pause = restart_after(&restarts, config, status, lived);
	if (pause == RESTART_NEVER)
		return RESTART_NEVER;
	app_describe_end(how, sizeof(how));
	log_warn("app: %s after %lld.%lld s, and is started again in %lld ms", how,
		 (long long)lived / 1000, (long long)lived % 1000 / 100, (long long)pause);
	return pause;
}

void verdict_tell(int status, int64_t lived, bool quiet) {
	struct error why = { 0 };
	char how[64];

	if (app_failed_to_start(&why)) {
		log_error("app: %s", why.text);
	} else if (!quiet || app_was_oom_killed()) {
		app_describe_end(how, sizeof(how));
		log_notice("app: %s after %lld.%lld s, exiting with %d", how,
			   (long long)lived / 1000, (long long)lived % 1000 / 100, status);
	}
}

unsigned verdict_restarts(void) {
	return restarts.count;
}
