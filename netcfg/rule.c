/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/rule.h"

#include <string.h>

#include "netcfg/check.h"

/* The last before that of the main table, which has 32766 (net/ipv4/fib_rules.c). */
enum { LAST_PRIORITY = 32765 };

static int want(struct net_state *state, const struct config_interface *i,
		const struct config_rule *rule, struct error *e) {
	if (state->rules_count == NET_MAX_RULES)
		return fail(e, "more than %d rules", NET_MAX_RULES);
	state->rules[state->rules_count++] = (struct net_wanted_rule){
		.rule = rule,
		.interface = i,
		.priority = rule->priority == CONFIG_NONE ? 0 : (uint32_t)rule->priority,
	};
	return 0;
}

/* The kernel would give them lower and lower ones, so that the last came first. */
static void number(struct net_state *state) {
	uint32_t priority = LAST_PRIORITY;
	for (unsigned n = state->rules_count; n-- > 0;)
		if (!state->rules[n].priority)
			state->rules[n].priority = priority--;
}

int net_want_rules(struct net_state *state, const struct config *c, struct error *e) {
	state->rules_count = 0;
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next) {
		if (net_check_interface(c, i, state, NULL) != 0)
			continue;
		for (const struct config_rule *r = i->rules; r; r = r->head.next)
			if (want(state, i, r, e) < 0)
				return -1;
	}
	number(state);
	return 0;
}

/* One without a priority is content with any. */
void net_meet_rule(struct net_state *state, const struct config_rule_key *key, uint32_t priority,
		   uint8_t protocol) {
	for (unsigned n = 0; n < state->rules_count; n++) {
		struct net_wanted_rule *w = &state->rules[n];
		if (memcmp(&w->rule->key, key, sizeof *key) != 0)
			continue;
		if (w->priority == priority || w->rule->priority == CONFIG_NONE)
			w->present = true;
		else if (protocol == NET_PROTOCOL)
			w->stale = priority;
	}
}
