/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/netcfg/given.h"

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/ip.h"
#include "netcfg/select.h"
#include "netcfg/wanted.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

const struct config *given_config(const char *const settings[]) {
	static struct config c;
	static struct config_report report;
	memset(&c, 0, sizeof c);
	memset(&report, 0, sizeof report);
	if (config_load(&c, &(struct config_input){ .options = settings }, &report) < 0)
		fail_msg("%s", report.text);
	return &c;
}

struct net_state *given_kernel(void) {
	static struct net_state state;
	state.links_count = state.addresses_count = state.routes_count = state.found_count = 0;
	state.cut = state.is_host = state.changed = false;
	state.may_change = state.renames_live = true;
	given_link(&state, "lo", IFF_UP | IFF_LOOPBACK, 65536);
	return &state;
}

void given_link(struct net_state *state, const char *name, uint32_t flags, uint32_t mtu) {
	struct net_link *link = &state->links[state->links_count++];
	*link = (struct net_link){ .index = (int)state->links_count, .flags = flags, .mtu = mtu };
	if (flags & IFF_UP)
		link->flags |= 1 << 16; /* IFF_LOWER_UP */
	(void)snprintf(link->name, sizeof link->name, "%s", name);
}

struct config_ip given_ip(const char *text) {
	struct config_ip ip = { 0 };
	struct error e = { 0 };
	if (ip_parse(text, IP_EITHER, &ip, &e) < 0)
		fail_msg("%s", e.text);
	return ip;
}

struct net_address *given_address(struct net_state *state, int index, const char *address) {
	struct net_address *a = &state->addresses[state->addresses_count++];
	*a = (struct net_address){ .index = index, .ip = given_ip(address) };
	return a;
}

struct net_route given_route(int index, const char *to, const char *via, uint32_t metric) {
	struct net_route route = {
		.index = index,
		.to = given_ip(to),
		.metric = metric,
		.table = RT_TABLE_MAIN,
		.type = RTN_UNICAST,
		.protocol = RTPROT_BOOT,
	};
	if (via)
		route.via = given_ip(via);
	return route;
}

void given_wanted(struct net_state *state, const struct config *c) {
	struct error e = { 0 };
	net_forget_wanted_links(state);
	for (unsigned n = 0; n < state->links_count; n++)
		state->links[n].rename = NULL;
	if (!state->changed)
		state->found_count = 0;
	if (net_want(state, c, &e) < 0)
		fail_msg("%s", e.text);
}

const char *given_plan(const struct config *c, const struct net_state *state) {
	static struct net_plan plan;
	static char text[GIVEN_TEXT];
	struct error e = { 0 };
	size_t length = 0;
	*text = '\0';
	plan.sent = 0;
	if (net_plan(&plan, c, state, &e) < 0) {
		(void)snprintf(text, sizeof text, "error: %s", e.text);
		return text;
	}
	for (unsigned n = 0; n < plan.count; n++) {
		assert_int_equal(net_op_text(&plan.ops[n], text + length, sizeof text - length - 1),
				 0);
		length += strlen(text + length);
		memcpy(text + length++, "\n", 2);
	}
	return text;
}
