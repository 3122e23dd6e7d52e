/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ETH0 "[interface eth0]\n"

/* A line of [interface eth0], how it is written again; or what is wrong with it. */
static const struct {
	const char *line;
	const char *written;
	const char *wrong;
} cases[] = {
	{ "address = 10.0.0.2/24", "address = 10.0.0.2/24", NULL },
	{ "address = 10.0.0.2/32", "address = 10.0.0.2/32", NULL },
	{ "address = 10.0.0.0/31", "address = 10.0.0.0/31", NULL },
	{ "address = 10.0.0.2/24 scope link metric 7 label eth0:a",
	  "address = 10.0.0.2/24 scope link label eth0:a metric 7", NULL },
	{ "address = 10.0.0.2/24 scope 42", "address = 10.0.0.2/24 scope 42", NULL },
	{ "address = 10.0.0.2 peer 10.0.0.3", "address = 10.0.0.2/32 peer 10.0.0.3", NULL },
	{ "address = 10.0.0.2 peer 10.0.0.3/24", "address = 10.0.0.2/32 peer 10.0.0.3/24", NULL },
	{ "address = fd00::2/64 dad", "address = fd00::2/64 dad", NULL },
	{ "address = fd00::2/64 nodad", "address = fd00::2/64", NULL },
	{ "address = 10.0.0.2", NULL, "has no prefix length: 10.0.0.2/24" },
	{ "address = fd00::2", NULL, "has no prefix length: fd00::2/64" },
	{ "address = 0.0.0.0/24", NULL, "no host's address" },
	{ "address = ::/64", NULL, "no host's address" },
	{ "address = 10.0.0.0/24", NULL, "the network itself" },
	{ "address = fd00::/64", NULL, "the network itself" },
	{ "address = 10.0.0.255/24", NULL, "broadcast address" },
	{ "address = 255.255.255.255/32", NULL, "broadcast" },
	{ "address = 224.1.1.1/24", NULL, "multicast" },
	{ "address = ff02::1/64", NULL, "multicast" },
	{ "address = 10.0.0.1/0", NULL, "whole internet" },
	{ "address = 10.0.0.1/33", NULL, "from 0 to 32" },
	{ "address = ::1/128", NULL, "only be an address of lo" },
	{ "address = 10.0.0.2/24 label wlan0", NULL, "begin with eth0:" },
	{ "address = 10.0.0.2/24 label eth01", NULL, "begin with eth0:" },
	{ "address = 10.0.0.2/24 label eth0:0123456789a", NULL, "longer than 15" },
	{ "address = fd00::2/64 label eth0", NULL, "only IPv4" },
	{ "address = 10.0.0.2/24 dad", NULL, "only IPv6" },
	{ "address = fd00::2/64 dad nodad", NULL, "not both" },
	{ "address = 10.0.0.2/24 metric", NULL, "'metric' needs a value" },
	{ "address = 10.0.0.2/24 metric 1 metric 2", NULL, "twice" },
	{ "address = 10.0.0.2/24 metric -1", NULL, "not a number" },
	{ "address = 10.0.0.2/24 via 10.0.0.1", NULL, "'via' is not understood" },
	{ "address = 10.0.0.2/24 brd 10.0.0.255", NULL, "'brd' is not understood" },
	{ "address = 10.0.0.2/24 scope galaxy", NULL, "not a number from 0 to 255" },
	{ "address = 10.0.0.2/24 peer fd00::1", NULL, "another family" },
	{ "address = 10.0.0.2/24,", NULL, "empty item" },
	{ "address = eth0", NULL, "not an IP address" },
	{ "gateway = 10.0.0.1 metric 5 onlink", "gateway = 10.0.0.1 metric 5 onlink", NULL },
	{ "gateway = fe80::1", "gateway = fe80::1", NULL },
	{ "gateway = 10.0.0.1/24", NULL, "no prefix length" },
	{ "gateway = 0.0.0.0", NULL, "no host" },
	{ "gateway = ff02::2", NULL, "multicast" },
	{ "gateway = 10.0.0.1 via 10.0.0.2", NULL, "not understood" },
	{ "route = 10.1.0.0/16 via 10.0.0.1 src 10.0.0.2 metric 5 table 100 mtu 1400",
	  "route = 10.1.0.0/16 via 10.0.0.1 src 10.0.0.2 metric 5 table 100 mtu 1400", NULL },
	{ "route = 10.1.0.0/16", "route = 10.1.0.0/16", NULL },
	{ "route = 10.1.2.3 via 10.0.0.1 onlink", "route = 10.1.2.3 via 10.0.0.1 onlink", NULL },
	{ "route = default via 10.0.0.1", "route = 0.0.0.0/0 via 10.0.0.1", NULL },
	{ "route = default via fe80::1", "route = ::/0 via fe80::1", NULL },
	{ "route = fd01::/48 table main", "route = fd01::/48 table 254", NULL },
	{ "route = 10.1.2.3/16", NULL, "the network is 10.1.0.0/16" },
	{ "route = fd01::5/48", NULL, "the network is fd01::/48" },
	{ "route = 10.1.0.0/16 via fd00::1", NULL, "not an IPv4 address" },
	{ "route = fd01::/48 via 10.0.0.1", NULL, "not an IPv6 address" },
	{ "route = 10.1.0.0/16 via 0.0.0.0", NULL, "no host" },
	{ "route = 10.1.0.0/16 onlink", NULL, "there is none" },
	{ "route = 10.1.0.0/16 table 255", NULL, "kernel's own" },
	{ "route = 10.1.0.0/16 table 0", NULL, "kernel's own" },
	{ "route = 10.1.0.0/16 mtu 67", NULL, "from 68" },
	{ "route = 10.1.0.0/16 dev eth1", NULL, "'dev' is not understood" },
	{ "route = blackhole 10.1.0.0/16", NULL, "not understood after blackhole" },
};

static void lines_of_an_interface(void **state) {
	char file[256], line[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(file, sizeof(file), ETH0 "%s\n", cases[i].line);
		if (cases[i].wrong) {
			loading_refuse((struct loading){ .file = file }, ":2: [interface eth0] ",
				       cases[i].wrong);
			continue;
		}
		loading_must((struct loading){ .file = file });
		(void)snprintf(line, sizeof(line), "\n%s\t# ", cases[i].written);
		if (!strstr(loading_print(), line))
			fail_msg("no %s in: %s", line, loading_print());
	}
}

/* Whole files in which two lines don't go together, and the line that is wrong. */
static const struct {
	const char *file, *line, *wrong;
} contradictions[] = {
	{ ETH0 "address = 10.0.0.2/24\ngateway = 10.0.1.1", ":3: ", "onlink" },
	{ ETH0 "address = 10.0.0.2/24\ngateway = 10.0.0.2", ":3: ", "own address" },
	{ ETH0 "address = 10.0.0.2/24\nroute = 10.9.0.0/16 via 10.0.1.1", ":3: ", "onlink" },
	{ ETH0 "mtu = 1279\naddress = fd00::2/64", ":2: ", "1280" },
	{ ETH0 "mtu = 1000\nroute = fd01::/64", ":2: ", "1280" },
	{ ETH0 "address = 10.0.0.2/24\naddress = 10.0.0.2/16", ":3: ", "already" },
	{ ETH0 "address = 10.0.0.2/24\n[interface eth1]\naddress = 10.0.0.2/24",
	  ":4: ", "of eth0" },
	{ ETH0 "gateway = 10.0.0.1\ngateway = 10.0.0.2", ":3: ", "metric" },
	{ ETH0 "gateway = 10.0.0.1\n[interface eth1]\ngateway = 10.1.0.1", ":4: ", "metric" },
	{ ETH0 "gateway = 10.0.0.1\nroute = default via 10.0.0.7", ":3: ", "metric" },
	{ ETH0 "gateway = fd00::1\ngateway = fd00::2 metric 1024", ":3: ", "metric" },
	{ ETH0 "route = 10.9.0.0/16\nroute = 10.9.0.0/16 metric 0", ":3: ", "metric" },
	{ "[interface a234567890123456]\n", ":1: ", "15" },
	{ "[interface ..]\n", ":1: ", "name" },
	{ "[interface a/b]\n", ":1: ", "name" },
	{ "[interface a b]\n", ":1: ", "name" },
};

static void contradictions_are_found(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(contradictions) / sizeof(contradictions[0]); i++)
		loading_refuse((struct loading){ .file = contradictions[i].file },
			       contradictions[i].line, contradictions[i].wrong);
}

static const char *const fine[] = {
	ETH0 "gateway = 10.0.1.1",
	ETH0 "address = 10.0.0.2/24\ngateway = 10.0.1.1 onlink",
	ETH0 "address = 10.0.0.2/32 peer 10.0.1.1\ngateway = 10.0.1.1",
	ETH0 "address = 10.0.0.2/24\nroute = 10.5.0.1/32\ngateway = 10.5.0.1",
	ETH0 "address = fd00::2/64\ngateway = fe80::1",
	ETH0 "address = 10.0.0.2/24\ngateway = fd00::1",
	ETH0 "gateway = 10.0.0.1\ngateway = 10.0.0.2 metric 7\ngateway = fd00::1",
	ETH0 "route = 10.9.0.0/16\nroute = 10.9.0.0/16 table 7\nroute = 10.9.0.0/17",
	ETH0 "mtu = 1279\naddress = 10.0.0.2/24",
	"[interface lo]\naddress = ::1/128\nmtu = 65536",
};

static void agreements_are_not(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		loading_must((struct loading){ .file = fine[i] });
}

static void items_keep_their_order(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = ETH0 "address = 10.0.0.2/24, 10.0.1.2/24\naddress = 10.0.2.2/24\n",
	});
	const struct config_address *a = c->interfaces->addresses;
	unsigned lines[] = { 2, 2, 3 };

	(void)state;
	for (unsigned i = 0; i < 3; i++, a = a->head.next) {
		assert_int_equal(a->ip.bytes[2], i);
		assert_int_equal(a->head.origin.line, lines[i]);
		assert_int_equal(a->scope, CONFIG_NONE);
		assert_int_equal(a->metric, CONFIG_NONE);
	}
	assert_null(a);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_an_interface),
		cmocka_unit_test(contradictions_are_found),
		cmocka_unit_test(agreements_are_not),
		cmocka_unit_test(items_keep_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
