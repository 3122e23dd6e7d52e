/* SPDX-License-Identifier: Apache-2.0 */
/* Byte for byte, as a little-endian kernel reads them (netlink is in the host's order). */
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "netcfg/encode.h"
#include "tests/unit/netcfg/given.h"

#include <cmocka.h>

enum { SEQ = 7, ETH0 = 2 };

/* "1400 0000" to bytes; blanks don't matter. */
static size_t bytes_of(const char *hex, unsigned char *bytes) {
	size_t count = 0;
	int used;
	for (unsigned byte; sscanf(hex, " %2x%n", &byte, &used) == 1; hex += used)
		bytes[count++] = (unsigned char)byte;
	return count;
}

static void expect(const struct net_op *op, const char *hex) {
	_Alignas(struct nlmsghdr) unsigned char message[NET_MESSAGE];
	unsigned char expected[NET_MESSAGE];
	size_t size;
	memset(message, 0xa5, sizeof message);
	size = net_encode(op, SEQ, message);
	assert_int_equal(size, bytes_of(hex, expected));
	assert_memory_equal(message, expected, size);
}

/* nlmsghdr: length, type, flags, seq, pid; ifinfomsg: family, type, index, flags, change. */
static void links(void **unused) {
	struct net_op op = { .kind = NET_LINK_UP, .index = ETH0 };
	(void)unused;
	expect(&op, "20000000 1000 0100 07000000 00000000"
		    "0000 0000 02000000 01000000 01000000");
	op.kind = NET_LINK_DOWN;
	expect(&op, "20000000 1000 0100 07000000 00000000"
		    "0000 0000 02000000 00000000 01000000");
	op.kind = NET_LINK_MTU;
	op.number = 1400;
	expect(&op, "28000000 1000 0100 07000000 00000000"
		    "0000 0000 02000000 00000000 00000000"
		    "0800 0400 78050000");
}

static struct net_op address(const char *ip) {
	struct net_op op = { .kind = NET_ADDRESS_ADD, .index = ETH0 };
	op.address.ip = given_ip(ip);
	op.address.protocol = NET_PROTOCOL;
	return op;
}

/* ifaddrmsg: family, prefix, flags, scope, index; LOCAL 2, ADDRESS 1, BROADCAST 4, PROTO 11. */
static void addresses(void **unused) {
	struct net_op op = address("10.0.0.2/24");
	(void)unused;
	expect(&op, "38000000 1400 0105 07000000 00000000"
		    "02 18 00 00 02000000"
		    "0800 0200 0a000002  0800 0100 0a000002  0800 0400 0a0000ff"
		    "0500 0b00 c8000000");
	op.kind = NET_ADDRESS_DELETE;
	expect(&op, "28000000 1500 0100 07000000 00000000"
		    "02 18 00 00 02000000"
		    "0800 0200 0a000002  0800 0100 0a000002");
	op = address("fd00::2/64");
	op.address.flags = IFA_F_NODAD | IFA_F_PERMANENT;
	expect(&op, "48000000 1400 0105 07000000 00000000"
		    "0a 40 02 00 02000000"
		    "1400 0200 fd000000 00000000 00000000 00000002"
		    "1400 0100 fd000000 00000000 00000000 00000002"
		    "0500 0b00 c8000000");
}

/* LABEL 3, RT_PRIORITY 9. */
static void details_of_addresses(void **unused) {
	struct net_op op = address("10.0.0.2/32");
	(void)unused;
	op.address.peer = given_ip("10.0.0.3/32");
	op.address.scope = RT_SCOPE_LINK;
	op.address.metric = 9;
	strcpy(op.address.label, "eth0:1");
	expect(&op, "44000000 1400 0105 07000000 00000000"
		    "02 20 00 fd 02000000"
		    "0800 0200 0a000002  0800 0100 0a000003"
		    "0b00 0300 65746830 3a310000  0800 0900 09000000"
		    "0500 0b00 c8000000");
}

static struct net_op route(const char *to, const char *via) {
	struct net_op op = { .kind = NET_ROUTE_REPLACE, .index = ETH0 };
	op.route = given_route(ETH0, to, via, 0);
	op.route.protocol = NET_PROTOCOL;
	return op;
}

/* rtmsg: family, dst, src, tos, table, protocol, scope, type, flags; GATEWAY 5, OIF 4. */
static void routes(void **unused) {
	struct net_op op = route("0.0.0.0/0", "10.0.0.1");
	(void)unused;
	expect(&op, "2c000000 1800 0105 07000000 00000000"
		    "02 00 00 00 fe c8 00 01 00000000"
		    "0800 0500 0a000001  0800 0400 02000000");
	op = route("10.5.0.0/16", NULL);
	expect(&op, "2c000000 1800 0105 07000000 00000000"
		    "02 10 00 00 fe c8 fd 01 00000000"
		    "0800 0100 0a050000  0800 0400 02000000");
	op = route("fd01::/32", "fd00::9");
	op.route.metric = 1024;
	expect(&op, "54000000 1800 0105 07000000 00000000"
		    "0a 20 00 00 fe c8 00 01 00000000"
		    "1400 0100 fd010000 00000000 00000000 00000000"
		    "1400 0500 fd000000 00000000 00000000 00000009"
		    "0800 0400 02000000  0800 0600 00040000");
	op.kind = NET_ROUTE_DELETE;
	expect(&op, "54000000 1900 0100 07000000 00000000"
		    "0a 20 00 00 fe 00 ff 00 00000000"
		    "1400 0100 fd010000 00000000 00000000 00000000"
		    "1400 0500 fd000000 00000000 00000000 00000009"
		    "0800 0400 02000000  0800 0600 00040000");
}

/* TABLE 15, PREFSRC 7, METRICS 8 {MTU 2}, VIA 18; RTNH_F_ONLINK 4. */
static void details_of_routes(void **unused) {
	struct net_op op = route("10.5.0.0/16", "10.0.0.1");
	(void)unused;
	op.route.src = given_ip("10.0.0.2");
	op.route.table = 1000;
	op.route.metric = 7;
	op.route.mtu = 1300;
	op.route.onlink = true;
	expect(&op, "58000000 1800 0105 07000000 00000000"
		    "02 10 00 00 fc c8 00 01 04000000"
		    "0800 0100 0a050000  0800 0500 0a000001  0800 0400 02000000"
		    "0800 0600 07000000  0800 0f00 e8030000  0800 0700 0a000002"
		    "0c00 0880 0800 0200 14050000");
	op = route("10.5.0.0/16", "fe80::1");
	expect(&op, "44000000 1800 0105 07000000 00000000"
		    "02 10 00 00 fe c8 00 01 00000000"
		    "0800 0100 0a050000"
		    "1600 1200 0a00 fe800000 00000000 00000000 00000001 0000"
		    "0800 0400 02000000");
}

/* The biggest there are, for the room that a message has. */
static void it_fits(void **unused) {
	_Alignas(struct nlmsghdr) unsigned char message[2 * NET_MESSAGE];
	struct net_op op = address("fd00::2/64");
	(void)unused;
	op.address.peer = given_ip("fd00::3/64");
	op.address.metric = 1;
	memset(op.address.label, 'x', sizeof op.address.label - 1);
	assert_in_range(net_encode(&op, SEQ, message), 1, NET_MESSAGE);
	op = route("fd01::/32", "fd00::9");
	op.route.src = given_ip("fd00::2");
	op.route.table = 1000;
	op.route.metric = 7;
	op.route.mtu = 1300;
	assert_in_range(net_encode(&op, SEQ, message), 1, NET_MESSAGE);
}

static void inverses(void **unused) {
	struct net_op op = { .kind = NET_LINK_MTU }, inverse;
	struct net_route before = given_route(ETH0 + 1, "0.0.0.0/0", "10.0.0.9", 0);
	(void)unused;
	op.number = 1400;
	op.before = 1500;
	assert_true(net_inverse(&op, &inverse));
	assert_int_equal(inverse.number, 1500);

	op = address("10.0.0.2/24");
	assert_true(net_inverse(&op, &inverse));
	assert_int_equal(inverse.kind, NET_ADDRESS_DELETE);
	op.again = true;
	assert_false(net_inverse(&op, &inverse));

	op = route("0.0.0.0/0", "10.0.0.1");
	assert_true(net_inverse(&op, &inverse));
	assert_int_equal(inverse.kind, NET_ROUTE_DELETE);
	op.route_before = &before;
	assert_true(net_inverse(&op, &inverse));
	assert_int_equal(inverse.kind, NET_ROUTE_REPLACE);
	assert_int_equal(inverse.index, ETH0 + 1);
	assert_int_equal(inverse.route.protocol, RTPROT_BOOT);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(links),
		cmocka_unit_test(addresses),
		cmocka_unit_test(details_of_addresses),
		cmocka_unit_test(routes),
		cmocka_unit_test(details_of_routes),
		cmocka_unit_test(it_fits),
		cmocka_unit_test(inverses),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
