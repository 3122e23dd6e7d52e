/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/agent/endpoint.h"

#include <cmocka.h>

static const struct {
	const char *address;
	enum endpoint_kind kind;
	int family;
	uint16_t port;
	const char *text;
} good[] = {
	{ "http://10.0.0.1:8500", ENDPOINT_ADDRESS, AF_INET, 8500, "10.0.0.1:8500" },
	{ "http://10.0.0.1", ENDPOINT_ADDRESS, AF_INET, 80, "10.0.0.1:80" },
	{ "http://10.0.0.1:1/", ENDPOINT_ADDRESS, AF_INET, 1, "10.0.0.1:1" },
	{ "10.0.0.1:65535", ENDPOINT_ADDRESS, AF_INET, 65535, "10.0.0.1:65535" },
	{ "[fd00::1]:8500", ENDPOINT_ADDRESS, AF_INET6, 8500, "[fd00::1]:8500" },
	{ "http://[::1]", ENDPOINT_ADDRESS, AF_INET6, 80, "[::1]:80" },
	{ "consul:8500", ENDPOINT_NAME, 0, 8500, "consul:8500" },
	{ "consul.service.dc1", ENDPOINT_NAME, 0, 80, "consul.service.dc1:80" },
	{ "http://my_host-1", ENDPOINT_NAME, 0, 80, "my_host-1:80" },
	{ "unix:/run/consul.sock", ENDPOINT_ADDRESS, AF_UNIX, 0, "localhost" },
	{ "unix:///run/consul.sock", ENDPOINT_ADDRESS, AF_UNIX, 0, "localhost" },
	{ "https://10.0.0.1:8501", ENDPOINT_ADDRESS, AF_INET, 8501, "10.0.0.1:8501" },
	{ "https://[::1]/", ENDPOINT_ADDRESS, AF_INET6, 80, "[::1]:80" },
	{ "https://consul", ENDPOINT_NAME, 0, 80, "consul:80" },
};

static int port_of(const struct endpoint *p) {
	if (p->kind == ENDPOINT_NAME)
		return p->port;
	if (p->address.any.sa_family == AF_UNIX)
		return 0;
	return ntohs(p->address.any.sa_family == AF_INET ? p->address.in.sin_port
							 : p->address.in6.sin6_port);
}

static void good_ones_are_taken_apart(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct endpoint p;
		struct error e = { 0 };

		if (endpoint_parse(&p, good[i].address, 80, &e) < 0)
			fail_msg("%s", e.text);
		assert_int_equal(p.kind, good[i].kind);
		if (p.kind == ENDPOINT_ADDRESS)
			assert_int_equal(p.address.any.sa_family, good[i].family);
		assert_int_equal(port_of(&p), good[i].port);
		assert_string_equal(p.text, good[i].text);
		assert_int_equal(p.secure, strncmp(good[i].address, "https:", 6) == 0);
		assert_int_equal(strlen(p.host) > 0, good[i].family != AF_UNIX);
	}
}

static void bad_ones_are_refused(void **state) {
	static const char *const bad[] = {
		"",
		"http://",
		"http://:80",
		"10.0.0.1:0",
		"10.0.0.1:65536",
		"10.0.0.1:",
		"10.0.0.1:x",
		"fd00::1",
		"[fd00::1",
		"[10.0.0.1]:80",
		"[name]:80",
		"[fd00::1]x",
		"unix:relative",
		"unix:",
		"ftp://host",
		"http://h/v1",
		"http://u:p@h",
		"host name",
		"host\r\nX: y",
		"-host",
		"https://",
		"https:///v1",
		"https://h/v1",
		"https://unix:/x",
		"HTTPS://h",
		"http://a?b",
		"10.0.0.1:80x",
		"10.0.0.1:123456789",
	};
	char path[200];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct endpoint p = { .port = 7 };
		struct error e = { 0 };

		if (endpoint_parse(&p, bad[i], 80, &e) != -1 || !e.len)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(p.port, 7);
	}
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	memcpy(path, "unix:/", 6);
	assert_int_equal(endpoint_parse(&(struct endpoint){ 0 }, path, 80, &(struct error){ 0 }),
			 -1);
}

static void a_directory_is_absolute(void **state) {
	struct endpoint p;
	struct error e = { 0 };

	(void)state;
	assert_int_equal(endpoint_directory(&p, "/run/x", &e), 0);
	assert_int_equal(p.kind, ENDPOINT_DIRECTORY);
	assert_string_equal(p.path, "/run/x");
	assert_int_equal(endpoint_directory(&p, "run/x", &e), -1);
	assert_int_equal(endpoint_directory(&p, "http://10.0.0.1", &e), -1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ones_are_taken_apart),
		cmocka_unit_test(bad_ones_are_refused),
		cmocka_unit_test(a_directory_is_absolute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
