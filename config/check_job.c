/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs: what suits a moment, and what it rules out. */
#include "config/check.h"

enum {
	FAIL = 1 << CONFIG_ON_FAILURE_FAIL,
	IGNORE = 1 << CONFIG_ON_FAILURE_IGNORE,
	RESTART = 1 << CONFIG_ON_FAILURE_RESTART,
	STOP_TIMEOUT = 3000, /* ms */
};

static const struct {
	int timeout;
	enum config_on_failure on_failure;
	unsigned possible; /* of on-failure */
} moments[] = {
	[CONFIG_PRE_START] = { CONFIG_NONE, CONFIG_ON_FAILURE_FAIL, FAIL | IGNORE },
	[CONFIG_POST_START] = { CONFIG_NONE, CONFIG_ON_FAILURE_IGNORE, FAIL | IGNORE },
	[CONFIG_PRE_STOP] = { STOP_TIMEOUT, CONFIG_ON_FAILURE_IGNORE, IGNORE },
	[CONFIG_POST_STOP] = { STOP_TIMEOUT, CONFIG_ON_FAILURE_IGNORE, IGNORE },
	[CONFIG_ALONGSIDE] = { CONFIG_NONE, CONFIG_ON_FAILURE_RESTART, FAIL | IGNORE | RESTART },
	[CONFIG_EVERY] = { CONFIG_NONE, CONFIG_ON_FAILURE_IGNORE, FAIL | IGNORE },
};

static bool is_unset(const struct config_job *j, const char *key) {
	const struct schema_section *section = schema_section("job");

	return schema_origin(section, schema_key(section, key), j)->source == CONFIG_DEFAULT;
}

static void set_what_suits(struct config_job *j) {
	if (is_unset(j, "timeout"))
		j->timeout = moments[j->when.at].timeout;
	if (is_unset(j, "on-failure"))
		j->on_failure = moments[j->when.at].on_failure;
}

static void check_failure(struct load *l, const struct config_job *j) {
	if (moments[j->when.at].possible >> j->on_failure & 1)
		return;
	if (j->on_failure == CONFIG_ON_FAILURE_RESTART)
		check_mistake(l, "job", j, "on-failure", "'restart' is only for when = alongside");
	else
		check_mistake(l, "job", j, "on-failure",
			      "'fail' is too late when it stops: only 'ignore' is possible");
}

void check_jobs(struct load *l) {
	for (struct config_job *j = l->config->jobs; j; j = j->head.next) {
		set_what_suits(j);
		check_failure(l, j);
		if (!j->command && is_unset(j, "command"))
			check_mistake(l, "job", j, "command", "is missing");
	}
}
