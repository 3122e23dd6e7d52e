/* SPDX-License-Identifier: Apache-2.0 */
#include "init/restart.h"

#include <stdbool.h>

/* A program that can't be run (126) or is not there (127) will not be there the next time. */
static bool is_wanted(const struct config_app *app, int status) {
	switch (app->restart) {
	case CONFIG_RESTART_NEVER:
		return false;
	case CONFIG_RESTART_ON_FAILURE:
		return status != 0 && status != 126 && status != 127;
	case CONFIG_RESTART_ALWAYS:
		return status != 126 && status != 127;
	}
	return false;
}

/* A first delay beyond the longest one is meant as it is written. */
static void set_up(struct backoff *b, const struct config_app *app) {
	b->first = app->restart_delay;
	b->last = app->restart_delay_max > b->first ? app->restart_delay_max : b->first;
	b->settled = RESTART_SETTLED;
}

int64_t restart_after(struct restart *r, const struct config_app *app, int status, int64_t lived) {
	if (lived >= RESTART_SETTLED)
		r->failures = 0;
	r->failures = status == 0 ? 0 : r->failures + 1;
	if (!is_wanted(app, status))
		return RESTART_NEVER;
	if (app->restart_limit && r->failures > app->restart_limit)
		return RESTART_NEVER;
	set_up(&r->backoff, app);
	r->count++;
	return backoff_next(&r->backoff, lived);
}
