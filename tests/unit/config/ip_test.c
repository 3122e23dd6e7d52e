/* SPDX-License-Identifier: Apache-2.0 */
#include "config/ip.h"

#include <sys/socket.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int parses(const char *text, enum ip_form form, struct config_ip *ip) {
	struct error e = { 0 };

	*ip = (struct config_ip){ 0 };
	return ip_parse(text, form, ip, &e);
}

static void reads_and_writes(void **state) {
	static const struct {
		const char *text;
		enum ip_form form;
		const char *written; /* NULL: refused */
	} cases[] = {
		{ "10.0.0.1", IP_ALONE, "10.0.0.1" },
		{ "10.0.0.1/24", IP_ALONE, NULL },
		{ "10.0.0.1", IP_WITH_PREFIX, NULL },
		{ "10.0.0.1/24", IP_WITH_PREFIX, "10.0.0.1/24" },
		{ "10.0.0.1/32", IP_WITH_PREFIX, "10.0.0.1" },
		{ "10.0.0.1", IP_EITHER, "10.0.0.1" },
		{ "0.0.0.0/0", IP_EITHER, "0.0.0.0/0" },
		{ "10.0.0.1/33", IP_EITHER, NULL },
		{ "10.0.0.1/", IP_EITHER, NULL },
		{ "10.0.0.1/+8", IP_EITHER, NULL },
		{ "10.0.0.1/0008", IP_EITHER, NULL },
		{ "10.0.0.1/24/8", IP_EITHER, NULL },
		{ "10.0.0", IP_EITHER, NULL },
		{ "10.0.0.256", IP_EITHER, NULL },
		{ " 10.0.0.1", IP_EITHER, NULL },
		{ "", IP_EITHER, NULL },
		{ "/24", IP_EITHER, NULL },
		{ "localhost", IP_EITHER, NULL },
		{ "FD00:0::0001", IP_ALONE, "fd00::1" },
		{ "fd00::1/64", IP_WITH_PREFIX, "fd00::1/64" },
		{ "::/0", IP_EITHER, "::/0" },
		{ "fd00::1/129", IP_EITHER, NULL },
		{ "fd00::1/999", IP_EITHER, NULL },
		{ "fe80::1%eth0", IP_ALONE, NULL },
		{ "fd00:1", IP_ALONE, NULL },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb:cccc", IP_ALONE, NULL },
	};
	struct config_ip ip;
	char text[IP_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int result = parses(cases[i].text, cases[i].form, &ip);

		assert_int_equal(result, cases[i].written ? 0 : -1);
		if (result == 0)
			assert_string_equal(ip_text(&ip, text), cases[i].written);
		else
			assert_int_equal(ip.family, 0);
	}
}

static void knows_its_network(void **state) {
	struct config_ip host, net;

	(void)state;
	assert_int_equal(parses("10.0.1.7", IP_ALONE, &host), 0);
	assert_int_equal(parses("10.0.0.0/23", IP_EITHER, &net), 0);
	assert_true(ip_within(&host, &net));
	assert_true(ip_is_network(&net));
	assert_int_equal(parses("10.0.0.0/24", IP_EITHER, &net), 0);
	assert_false(ip_within(&host, &net));
	assert_int_equal(parses("::/0", IP_EITHER, &net), 0);
	assert_false(ip_within(&host, &net));
	assert_int_equal(parses("10.0.1.255/24", IP_EITHER, &net), 0);
	assert_true(ip_is_broadcast(&net));
	assert_false(ip_is_network(&net));
}

static void knows_who_is_no_host(void **state) {
	static const struct {
		const char *text;
		int result;
	} cases[] = {
		{ "10.0.0.1", 0 },         { "127.0.0.1", 0 },    { "0.0.0.0", -1 },
		{ "224.0.0.1", -1 },       { "239.255.0.1", -1 }, { "240.0.0.1", 0 },
		{ "255.255.255.255", -1 }, { "fd00::1", 0 },      { "::", -1 },
		{ "ff02::1", -1 },         { "::1", 0 },
	};
	struct config_ip ip;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error e = { 0 };

		assert_int_equal(parses(cases[i].text, IP_ALONE, &ip), 0);
		assert_int_equal(ip_need_host(&ip, cases[i].text, &e), cases[i].result);
	}
}

static void knows_link_local_and_loopback(void **state) {
	struct config_ip ip;

	(void)state;
	parses("fe80::1", IP_ALONE, &ip);
	assert_true(ip_is_link_local(&ip));
	parses("fec0::1", IP_ALONE, &ip);
	assert_false(ip_is_link_local(&ip));
	parses("169.254.1.1", IP_ALONE, &ip);
	assert_true(ip_is_link_local(&ip));
	parses("::1", IP_ALONE, &ip);
	assert_true(ip_is_loopback(&ip));
	parses("1::1", IP_ALONE, &ip);
	assert_false(ip_is_loopback(&ip));
	parses("127.1.2.3", IP_ALONE, &ip);
	assert_true(ip_is_loopback(&ip));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_writes),
		cmocka_unit_test(knows_its_network),
		cmocka_unit_test(knows_who_is_no_host),
		cmocka_unit_test(knows_link_local_and_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
