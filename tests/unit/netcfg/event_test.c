/* SPDX-License-Identifier: Apache-2.0 */
/* Events as lines: what was encoded, told. */
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "netcfg/encode.h"
#include "netcfg/event.h"
#include "tests/unit/netcfg/given.h"

#include <cmocka.h>

enum { ETH0 = 2 };

static _Alignas(struct nlmsghdr) char buffer[4096];
static struct nlmsghdr *const message = (struct nlmsghdr *)buffer;
static struct net_state *state;

static struct net_op operation(enum net_op_kind kind) {
	return (struct net_op){ .kind = kind, .index = ETH0 };
}

/* type: 0, 1 or 2 for NEW, DEL or GET. */
static void expect(const struct net_op *op, unsigned type, const char *text) {
	char line[NET_OP_TEXT];
	(void)net_encode(op, 1, buffer);
	message->nlmsg_type = (uint16_t)((message->nlmsg_type & ~3U) + type);
	assert_true(net_event_text(state, message, line));
	assert_string_equal(line, text);
}

static int with_eth0(void **unused) {
	(void)unused;
	state = given_kernel();
	given_link(state, "eth0", IFF_UP, 1500);
	return 0;
}

static void links(void **unused) {
	struct ifinfomsg *header;
	struct net_op op = operation(NET_LINK_NAME);
	char line[NET_OP_TEXT];
	(void)unused;
	(void)net_encode(
		&(struct net_op){ .kind = NET_LINK_NAME, .index = ETH0, .new_name = "lan0" }, 1,
		buffer);
	header = mnl_nlmsg_get_payload(message);
	header->ifi_flags = IFF_UP | IFF_BROADCAST | IFF_RUNNING | 1 << 16;
	mnl_attr_put_u32(message, IFLA_MTU, 1400);
	mnl_attr_put_u32(message, IFLA_TXQLEN, 1000);
	mnl_attr_put(message, IFLA_ADDRESS, 6, "\2\0\0\0\0\2");
	assert_true(net_event_text(state, message, line));
	assert_string_equal(line, "2: lan0: <BROADCAST,UP,LOWER_UP> mtu 1400 qlen 1000 link/ether "
				  "02:00:00:00:00:02");
	/* The name is known from then on, also when the link has gone. */
	op = operation(NET_ADDRESS_ADD);
	op.address.ip = given_ip("10.0.0.2/24");
	expect(&op, 1, "Deleted 2: lan0    inet 10.0.0.2/24 scope global lan0");
	/* And that of one that is new. */
	op = (struct net_op){ .kind = NET_LINK_NAME, .index = 99, .new_name = "new" };
	expect(&op, 0, "99: new: <> mtu 0 qlen 0 link/ether 00:00:00:00:00:00");
	assert_non_null(net_link_named(state, "new"));
	op = operation(NET_LINK_NAME);
	op.new_name[0] = 'x';
	(void)net_encode(&op, 1, buffer);
	((struct ifinfomsg *)mnl_nlmsg_get_payload(message))->ifi_flags = IFF_UP;
	message->nlmsg_type = RTM_DELLINK;
	assert_true(net_event_text(state, message, line));
	assert_non_null(strstr(line, "Deleted 2: x: <NO-CARRIER,UP>"));
}

static void addresses_and_routes(void **unused) {
	struct net_hop hops[2] = { { .via = given_ip("10.0.0.8"), .index = ETH0, .weight = 1 },
				   { .via = given_ip("10.0.0.9"), .index = 77, .weight = 2 } };
	struct net_op op = operation(NET_ADDRESS_ADD);
	(void)unused;
	op.address.ip = given_ip("fe80::1/64");
	expect(&op, 0, "2: eth0    inet6 fe80::1/64 scope global eth0");
	op.address.ip = given_ip("127.0.0.2/8");
	op.address.scope = RT_SCOPE_HOST;
	expect(&op, 0, "2: eth0    inet 127.0.0.2/8 scope host eth0");
	op.index = 77;
	op.address.scope = RT_SCOPE_LINK;
	expect(&op, 0, "77: if77    inet 127.0.0.2/8 scope link if77");
	op = operation(NET_ROUTE_REPLACE);
	op.route = given_route(ETH0, "0.0.0.0/0", "10.0.0.1", 5);
	expect(&op, 0, "default via 10.0.0.1 dev eth0 metric 5");
	expect(&op, 1, "Deleted default via 10.0.0.1 dev eth0 metric 5");
	op.route.type = RTN_LOCAL;
	op.route.table = RT_TABLE_LOCAL;
	expect(&op, 0, "local default via 10.0.0.1 dev eth0 metric 5 table 255");
	op = (struct net_op){ .kind = NET_ROUTE_REPLACE };
	op.route = given_route(0, "10.9.0.0/16", NULL, 0);
	op.route.hops = hops;
	op.route.hops_count = 2;
	expect(&op, 0,
	       "10.9.0.0/16 nexthop via 10.0.0.8 dev eth0 weight 1 nexthop via 10.0.0.9 dev "
	       "if77 weight 2");
}

static void neighbours(void **unused) {
	struct net_op op = operation(NET_NEIGHBOUR_REPLACE);
	(void)unused;
	op.neighbour = (struct net_neighbour){ .ip = given_ip("10.0.0.9"), .mac = { 2 } };
	expect(&op, 0, "10.0.0.9 dev eth0 lladdr 02:00:00:00:00:00 PERMANENT");
	op.neighbour.mac[0] = 0;
	expect(&op, 1, "Deleted 10.0.0.9 dev eth0 PERMANENT");
	expect(&op, 2, "miss 10.0.0.9 dev eth0 PERMANENT");
	op.neighbour.forwarding = true;
	expect(&op, 0, "00:00:00:00:00:00 dev eth0 dst 10.0.0.9 self permanent");
}

static void nothing_to_tell(void **unused) {
	struct net_op op = operation(NET_RULE_ADD);
	struct config_rule_key key = { .family = AF_INET };
	char line[NET_OP_TEXT];
	(void)unused;
	op.rule = &key;
	(void)net_encode(&op, 1, buffer);
	assert_false(net_event_text(state, message, line));
	message->nlmsg_type = NLMSG_DONE;
	assert_false(net_event_text(state, message, line));
	message->nlmsg_type = RTM_NEWADDR;
	message->nlmsg_len = NLMSG_LENGTH(2);
	assert_false(net_event_text(state, message, line));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(links, with_eth0),
		cmocka_unit_test_setup(addresses_and_routes, with_eth0),
		cmocka_unit_test_setup(neighbours, with_eth0),
		cmocka_unit_test_setup(nothing_to_tell, with_eth0),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
