/* SPDX-License-Identifier: Apache-2.0 */
#include "init/announcement.h"

#include "init/agent_process.h"
#include "init/log.h"
#include "init/loop.h"

static const struct config *config;
static const struct service_list *services;
static void (*tell_withdrawn)(void);
static bool maintenance;
static int64_t due; /* when the registry's time to confirm is over; 0: it was not asked */

void announcement_init(const struct config *c, const struct service_list *s,
		       void (*withdrawn)(void)) {
	config = c;
	services = s;
	tell_withdrawn = withdrawn;
}

void announcement_start_agent(void) {
	if (agent_process_start(config, services, tell_withdrawn) < 0)
		log_warn("agent: starting it: %m");
}

void announcement_begin(void) {
	if (!config->services || maintenance)
		return;
	due = 0;
	announcement_start_agent();
	agent_process_announce();
}

int64_t announcement_withdraw(int64_t patience) {
	int64_t now = loop_now();

	if (!due)
		due = now + patience;
	agent_process_withdraw();
	return due > now ? due - now : 0;
}

int64_t announcement_drain(void) {
	int64_t longest = config->app.drain;

	for (unsigned i = 0; agent_process_is_announced() && i < services->count; i++) {
		const struct service *s = &services->items[i];

		if (s->config->drain > longest)
			longest = s->config->drain;
	}
	return longest;
}

bool announcement_maintain(bool out) {
	if (!services->count)
		return false;
	if (out == maintenance)
		return true;
	maintenance = out;
	if (out)
		agent_process_withdraw();
	else
		announcement_begin();
	return true;
}

bool announcement_is_in_maintenance(void) {
	return maintenance;
}
