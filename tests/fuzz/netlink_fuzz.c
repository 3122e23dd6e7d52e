/* SPDX-License-Identifier: Apache-2.0 */
/* A datagram of the kernel's answers: dumps, acknowledgements, ends. Whatever they say, what is
 * kept of it stays within its limits. */
#include <linux/fib_rules.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/ip.h"
#include "netcfg/decode.h"
#include "netcfg/neighbour.h"
#include "netcfg/rule.h"
#include "netcfg/wanted.h"

static struct net_state state;
static struct net_plan plan;

static struct config_origin origins[64];
static struct config_hop next_hops[] = { { { AF_INET, 32, { 10, 0, 0, 9 } }, 1 },
					 { { AF_INET, 32, { 10, 0, 0, 8 } }, 7 } };
static struct config_route several = { .to = { AF_INET, 16, { 10, 9 } },
				       .metric = CONFIG_NONE,
				       .type = RTN_UNICAST,
				       .hops = next_hops,
				       .hops_count = 2 };
static struct config_route route = { .head.next = &several,
				     .to = { AF_INET, 8, { 10 } },
				     .metric = CONFIG_NONE,
				     .type = RTN_UNICAST };
static struct config_neighbour neighbour = { .ip = { AF_INET, 32, { 10, 0, 0, 7 } },
					     .mac = { { 2, 0, 0, 0, 0, 7 } } };
static struct config_rule rule = {
	.key = { .family = AF_INET, .action = FR_ACT_TO_TBL, .table = 100, .mark = 5, .mask = 15 },
	.priority = CONFIG_NONE
};
static struct config_pair sysctl = { .key = "ipv4.rp_filter", .value = "2" };
static struct config_gateway gateway = { .ip = { AF_INET6, 128, { 0xfd } }, .metric = 7 };
static struct config_address address = { .ip = { AF_INET, 24, { 10, 0, 0, 2 } },
					 .scope = CONFIG_NONE };
static struct config_interface interface = {
	.head = { .name = "eth0", .origins = origins },
	.up = true,
	.mtu = 1400,
	.addresses = &address,
	.gateways = &gateway,
	.routes = &route,
	.rules = &rule,
	.neighbours = &neighbour,
	.sysctls = &sysctl,
	.tx_queue = CONFIG_NONE,
};
static const struct config config = { .interfaces = &interface };

static void must(bool truth) {
	if (!truth)
		abort();
}

static void look_at_link(const struct nlmsghdr *message) {
	struct net_link *link = &state.links[state.links_count];
	if (state.links_count == NET_MAX_LINKS || !net_decode_link(message, link))
		return;
	must(strlen(link->name) < NET_NAME && strlen(link->kind) < NET_NAME && link->index > 0);
	state.links_count++;
}

static void look_at_address(const struct nlmsghdr *message) {
	struct net_address *a = &state.addresses[state.addresses_count];
	if (state.addresses_count == NET_MAX_ADDRESSES || !net_decode_address(message, a))
		return;
	must(a->ip.prefix <= ip_bits(&a->ip) && strlen(a->label) < NET_NAME);
	state.addresses_count++;
}

static void look_at_route(const struct nlmsghdr *message) {
	struct net_hop hops[CONFIG_HOPS];
	struct net_route r;
	if (!net_decode_route(message, &r, hops))
		return;
	must(r.to.prefix <= ip_bits(&r.to) && r.hops_count <= CONFIG_HOPS);
	net_meet_route(&state, &r);
	must(state.found_count <= NET_MAX_FOUND);
}

static void look_at_neighbour(const struct nlmsghdr *message) {
	struct net_neighbour n;
	if (net_decode_neighbour(message, &n))
		net_meet_neighbour(&state, &n);
}

static void look_at_rule(const struct nlmsghdr *message) {
	struct config_rule_key key;
	uint32_t priority;
	uint8_t protocol;
	if (!net_decode_rule(message, &key, &priority, &protocol))
		return;
	must(strlen(key.iif) < CONFIG_LINK_NAME && strlen(key.oif) < CONFIG_LINK_NAME);
	net_meet_rule(&state, &key, priority, protocol);
}

static void look_at_refusal(const struct nlmsghdr *message) {
	struct net_refusal refusal;
	if (net_decode_refusal(message, &refusal))
		must(refusal.number > 0 && strlen(refusal.sentence) < NET_SENTENCE);
}

/* On memory of its own, so that reading beyond its end is seen. */
static void look_at(const struct nlmsghdr *message, void (*look)(const struct nlmsghdr *)) {
	struct nlmsghdr *copy = malloc(message->nlmsg_len);
	must(copy);
	memcpy(copy, message, message->nlmsg_len);
	look(copy);
	free(copy);
}

static void each_message(const char *datagram, size_t size, void (*look)(const struct nlmsghdr *)) {
	const struct nlmsghdr *message;
	while ((message = net_next_message(&datagram, &size)) != NULL)
		look_at(message, look);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static _Alignas(8) char buffer[32768];
	char text[NET_OP_TEXT];
	struct error e = { 0 };
	if (size > sizeof buffer)
		return 0;
	memcpy(buffer, data, size);
	state.links_count = state.addresses_count = 0;
	each_message(buffer, size, look_at_link);
	each_message(buffer, size, look_at_address);
	state.found_count = state.found_hops_count = 0;
	must(net_want(&state, &config, &e) == 0);
	each_message(buffer, size, look_at_route);
	each_message(buffer, size, look_at_neighbour);
	each_message(buffer, size, look_at_rule);
	each_message(buffer, size, look_at_refusal);
	if (net_plan(&plan, &config, &state, &e) == 0)
		for (unsigned n = 0; n < plan.count; n++)
			must(net_op_text(&plan.ops[n], text, sizeof text) == 0);
	return 0;
}
