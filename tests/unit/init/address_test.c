/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle is ContainerPilot 3.8, measured; where we differ on purpose the row says why. */
#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "init/address.h"

#include <cmocka.h>

static struct net_state net;

static void add(const char *link, uint32_t flags, const char *address, uint8_t prefix) {
	struct net_address *a = &net.addresses[net.addresses_count++];
	unsigned i = 0;

	while (i < net.links_count && strcmp(net.links[i].name, link) != 0)
		i++;
	if (i == net.links_count) {
		net.links[i].index = (int)++net.links_count;
		snprintf(net.links[i].name, sizeof(net.links[i].name), "%s", link);
		net.links[i].flags = flags;
	}
	*a = (struct net_address){ .index = (int)i + 1, .ip.prefix = prefix };
	a->ip.family = strchr(address, ':') ? AF_INET6 : AF_INET;
	assert_int_equal(inet_pton(a->ip.family, address, a->ip.bytes), 1);
}

/* In another order than the answers, as a kernel may give them. */
static int set_up(void **state) {
	(void)state;
	memset(&net, 0, sizeof(net));
	add("lo", IFF_UP | IFF_LOOPBACK, "::1", 128);
	add("lo", IFF_UP | IFF_LOOPBACK, "127.0.0.1", 8);
	add("eth0", IFF_UP, "fe80::42", 64);
	add("eth0", IFF_UP, "192.168.1.100", 24);
	add("eth0", IFF_UP, "10.2.0.1", 16);
	add("eth1", IFF_UP, "10.0.0.200", 24);
	add("eth1", IFF_UP, "10.0.0.100", 24);
	add("eth2", IFF_UP, "10.1.0.200", 24);
	add("eth2", IFF_UP, "fdc6:238c:c4bc::1", 48);
	add("eth2", IFF_UP, "fe80::44", 64);
	add("br-x", IFF_UP, "172.30.0.1", 16);
	add("br-x", IFF_UP, "fe80::45", 64);
	add("vlan.5", IFF_UP, "10.99.0.5", 24);
	add("zdown", 0, "10.77.0.1", 16);
	return 0;
}

static const struct {
	const char *selector;
	const char *result; /* NULL: nothing matches */
} rows[] = {
	{ "eth0", "10.2.0.1" },
	{ "eth0:inet", "10.2.0.1" },
	{ "eth2:inet6", "fdc6:238c:c4bc::1" },
	{ "eth0[0]", "10.2.0.1" },
	{ "eth0[1]", "192.168.1.100" },
	{ "eth0[2]", "fe80::42" },
	{ "eth0[3]", NULL },
	{ "eth2[1]", "fdc6:238c:c4bc::1" },
	{ "eth0[01]", "192.168.1.100" },
	{ "inet", "172.30.0.1" },
	{ "lo", "127.0.0.1" },
	{ "lo:inet6", "::1" },
	{ "lo[0]", "127.0.0.1" },
	{ "eth9", NULL },
	{ "ETH0", NULL },
	{ "10.0.0.0/16", "10.0.0.100" },
	{ "10.0.0.0/8", "10.2.0.1" },
	{ "0.0.0.0/0", "172.30.0.1" },
	{ "fdc6:238c:c4bc::/48", "fdc6:238c:c4bc::1" },
	{ "static:192.168.1.100", "192.168.1.100" },
	{ "static:fd00::1", "fd00::1" },
	{ "zdown", "10.77.0.1" },
	{ "127.0.0.0/8", "127.0.0.1" },
	{ "::1/128", "::1" },
	{ "fe80::/10", "fe80::45" },
	{ "10.1.0.200/32", "10.1.0.200" },
	/* ours: link-local only where it is named */
	{ "eth0:inet6", NULL },
	{ "inet6", "fdc6:238c:c4bc::1" },
	{ "::/0", "fdc6:238c:c4bc::1" },
	/* ours: a link that is down only where it is named */
	{ "10.77.0.0/16", NULL },
	/* ours: names as they are in use */
	{ "br-x", "172.30.0.1" },
	{ "vlan.5", "10.99.0.5" },
	{ "eth0@if7", NULL },
};

static void the_oracle_agrees(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[64] = "";
		struct error e = { 0 };
		int found = address_select(rows[i].selector, &net, text, sizeof(text), &e);

		if (found != (rows[i].result != NULL) ||
		    (rows[i].result && strcmp(text, rows[i].result) != 0))
			fail_msg("%s: %d '%s' %s", rows[i].selector, found, text, e.text);
	}
}

static void what_is_no_selector_is_refused(void **state) {
	static const char *const wrong[] = {
		"eth0[-1]",       "eth0:inet5",  "",          "!",
		"127.0.0.1",      "eth0 ",       "static:",   "static:abcdef",
		"static:5",       "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1",
		"10.0.0/8",       "::/129",      "eth0[",     "eth0[]",
		"eth0[1]x",       "[1]",         ":inet",     "abcdefghijklmnop",
		"static:0.0.0.0", "10.0.0.0/8x",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		char text[64];
		struct error e = { 0 };

		if (address_select(wrong[i], &net, text, sizeof(text), &e) != -1 || !e.len)
			fail_msg("'%s' was taken", wrong[i]);
	}
}

/* What swarm puts beside the container's own address, and before it. */
static void a_virtual_address_is_the_last_resort(void **state) {
	char text[64];
	struct error e = { 0 };

	(void)state;
	memset(&net, 0, sizeof(net));
	add("eth0", IFF_UP, "10.0.0.2", 32);
	assert_int_equal(address_select("inet", &net, text, sizeof(text), &e), 1);
	assert_string_equal(text, "10.0.0.2");
	add("eth0", IFF_UP, "10.0.0.3", 24);
	assert_int_equal(address_select("inet", &net, text, sizeof(text), &e), 1);
	assert_string_equal(text, "10.0.0.3");
	assert_int_equal(address_select("eth0", &net, text, sizeof(text), &e), 1);
	assert_string_equal(text, "10.0.0.3");
	assert_int_equal(address_select("10.0.0.2/32", &net, text, sizeof(text), &e), 1);
	assert_string_equal(text, "10.0.0.2");
	assert_int_equal(address_select("eth0[0]", &net, text, sizeof(text), &e), 1);
	assert_string_equal(text, "10.0.0.2");
}

static void a_tentative_address_is_none(void **state) {
	char text[64];
	struct error e = { 0 };

	(void)state;
	memset(&net, 0, sizeof(net));
	add("eth0", IFF_UP, "fd00::1", 64);
	net.addresses[0].flags = IFA_F_TENTATIVE;
	assert_int_equal(address_select("inet6", &net, text, sizeof(text), &e), 0);
}

static void the_environment_may_name_it(void **state) {
	static const struct {
		const char *value, *result;
	} values[] = {
		{ "192.0.2.7", "192.0.2.7" },
		{ "fd00::7", "fd00::7" },
		{ "[fd00::7]:80", "fd00::7" },
		{ "tcp://10.0.0.1:6379", "10.0.0.1" },
		{ "web.example.com", "web.example.com" },
		{ "300.1.1.1", NULL },
		{ "0.0.0.0", NULL },
		{ "a b", NULL },
		{ "-x", NULL },
		{ "::", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		char text[64] = "";
		struct error e = { 0 };
		int found;

		setenv("PUBLIC_IP", values[i].value, 1);
		found = address_select("env:PUBLIC_IP", &net, text, sizeof(text), &e);
		if (found != (values[i].result ? 1 : -1) ||
		    (values[i].result && strcmp(text, values[i].result) != 0))
			fail_msg("%s: %d '%s'", values[i].value, found, text);
	}
}

static void an_unset_variable_matches_nothing(void **state) {
	char text[64];
	struct error e = { 0 };

	(void)state;
	unsetenv("PUBLIC_IP");
	assert_int_equal(address_select("env:PUBLIC_IP", &net, text, sizeof(text), &e), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_oracle_agrees, set_up),
		cmocka_unit_test_setup(what_is_no_selector_is_refused, set_up),
		cmocka_unit_test_setup(a_virtual_address_is_the_last_resort, set_up),
		cmocka_unit_test_setup(a_tentative_address_is_none, set_up),
		cmocka_unit_test_setup(the_environment_may_name_it, set_up),
		cmocka_unit_test_setup(an_unset_variable_matches_nothing, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
