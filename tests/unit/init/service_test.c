/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/words.h"
#include "init/service.h"

#include <cmocka.h>

static struct net_state net = {
	.links_count = 1,
	.addresses_count = 1,
	.links = { { .index = 2, .name = "eth0", .flags = IFF_UP } },
	.addresses = { { .index = 2,
			 .ip = { .family = AF_INET, .prefix = 24, .bytes = { 10, 0, 0, 5 } } } },
};

static struct config config;
static struct config_port ports[2];
static struct config_service services[2];
static struct service_list list;
static struct error error;

static const char *computed(void *context, const char *name) {
	(void)context;
	if (strcmp(name, "PORT_WEB") == 0)
		return "8080";
	return strcmp(name, "PORT_ADMIN_UI") == 0 ? "9090" : NULL;
}

static int set_up(void **state) {
	(void)state;
	unsetenv("NOMAD_HOST_PORT_web");
	unsetenv("NOMAD_HOST_IP_web");
	memset(&config, 0, sizeof(config));
	memset(services, 0, sizeof(services));
	memset(ports, 0, sizeof(ports));
	memset(&error, 0, sizeof(error));
	ports[0].head.name = "web";
	ports[1].head.name = "admin-ui";
	services[0].head.name = "web";
	services[1].head.name = "admin";
	config.ports = ports;
	config.services = services;
	return 0;
}

static int resolve(void) {
	memset(&error, 0, sizeof(error));
	return service_resolve(&list, &config, &net, computed, &error);
}

static void assert_fails(const char *text) {
	assert_int_equal(resolve(), -1);
	if (!strstr(error.text, text))
		fail_msg("'%s' does not say '%s'", error.text, text);
	assert_memory_equal(error.text, "service ", 8);
}

static void the_defaults_do(void **state) {
	char host[256], id[512];

	(void)state;
	gethostname(host, sizeof(host));
	snprintf(id, sizeof(id), "web-%s-10.0.0.5-8080", host);
	assert_int_equal(resolve(), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].name, "web");
	assert_string_equal(list.items[0].address, "10.0.0.5");
	assert_int_equal(list.items[0].port, 8080);
	assert_string_equal(list.items[0].id, id);
}

static void the_port_is_found(void **state) {
	static const struct {
		const char *setting;
		int port;
	} rows[] = {
		{ "admin-ui", 9090 },
		{ "1", 1 },
		{ "65535", 65535 },
		{ "env:SERVICE_TEST_PORT", 31000 },
	};

	(void)state;
	setenv("SERVICE_TEST_PORT", "31000", 1);
	ports[0].head.next = &ports[1];
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		services[0].port = rows[i].setting;
		assert_int_equal(resolve(), 0);
		assert_int_equal(list.items[0].port, rows[i].port);
	}
}

static void a_wrong_port_is_named(void **state) {
	static const char *const wrong[] = { "0", "65536",           "-1", "8080x", "api",
					     "",  "env:NO_SUCH_PORT" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		services[0].port = wrong[i];
		assert_fails("service web: port: ");
	}
	services[0].port = "env:SERVICE_TEST_PORT";
	setenv("SERVICE_TEST_PORT", "tcp://10.0.0.1:80", 1);
	assert_fails("SERVICE_TEST_PORT: 'tcp://10.0.0.1:80' is not a number from 1 to 65535");
}

static void the_only_port_is_meant(void **state) {
	(void)state;
	services[0].head.name = "shop";
	assert_int_equal(resolve(), 0);
	assert_int_equal(list.items[0].port, 8080);
	ports[0].head.next = &ports[1];
	assert_fails("there is no [port shop]");
	config.ports = NULL;
	assert_fails("there is no [port shop]");
}

static void nomad_is_asked_first(void **state) {
	(void)state;
	setenv("NOMAD_HOST_PORT_web", "23456", 1);
	setenv("NOMAD_HOST_IP_web", "192.0.2.9", 1);
	assert_int_equal(resolve(), 0);
	assert_int_equal(list.items[0].port, 23456);
	assert_string_equal(list.items[0].address, "192.0.2.9");
}

static void the_first_selector_that_matches_wins(void **state) {
	struct config_word third = { .text = "static:192.0.2.1" };
	struct config_word second = { .head.next = &third, .text = "eth0" };
	struct config_word first = { .head.next = &second, .text = "eth9" };

	(void)state;
	services[0].address = &first;
	assert_int_equal(resolve(), 0);
	assert_string_equal(list.items[0].address, "10.0.0.5");
	third.text = "static:nowhere";
	assert_fails("address: 'static:nowhere' names no IP address");
	second.head.next = NULL;
	second.text = "172.16.0.0/12";
	assert_fails("nothing matches 'eth9 172.16.0.0/12'; there is: eth0 10.0.0.5");
}

static void ids_are_unique_and_bounded(void **state) {
	char longest[SERVICE_ID + 1];

	(void)state;
	services[0].head.next = &services[1];
	services[0].id = services[1].id = "same";
	services[1].port = "1";
	assert_fails("service admin: id: 'same' is that of [service web] too");
	services[0].head.next = NULL;
	memset(longest, 'x', SERVICE_ID);
	longest[SERVICE_ID] = '\0';
	services[0].id = longest;
	assert_fails("id: has 256 bytes");
	longest[SERVICE_ID - 1] = '\0';
	assert_int_equal(resolve(), 0);
	services[0].id = "";
	assert_fails("id: has 0 bytes");
}

/* As config leaves what is only known while running. */
static char *late(char *text, size_t size, const char *before, const char *after) {
	snprintf(text, size, "%s%cPORT_WEB%c%s", before, WORDS_LATE, WORDS_LATE_END, after);
	return text;
}

static void values_are_filled_in(void **state) {
	char texts[4][64];
	struct config_word tag = { .text = late(texts[0], 64, "port-", "") };
	struct config_pair pair = { .key = "url",
				    .value = late(texts[1], 64, "http://x:", "/$HOME") };
	struct config_pair unset = { .head.next = &pair, .key = "none" };

	(void)state;
	services[0].title = late(texts[2], 64, "web-", "");
	services[0].id = late(texts[3], 64, "id-", "");
	services[0].tags = &tag;
	services[0].meta = &unset;
	assert_int_equal(resolve(), 0);
	assert_string_equal(list.items[0].name, "web-8080");
	assert_string_equal(list.items[0].id, "id-8080");
	assert_int_equal(list.items[0].tags_count, 1);
	assert_string_equal(list.items[0].tags[0], "port-8080");
	assert_int_equal(list.items[0].meta_count, 1);
	assert_string_equal(list.items[0].meta[0].value, "http://x:8080/$HOME");
}

static void has_address(unsigned i, const char *bytes) {
	memcpy(net.addresses[i].ip.bytes, bytes, 4);
}

/* Where it is stays as long as it is there, unless an earlier selector has something now. */
static void it_follows_its_address(void **state) {
	struct config_word second = { .text = "inet" }, first = { .text = "eth1" };

	(void)state;
	first.head.next = &second;
	services[0].address = &first;
	assert_int_equal(resolve(), 0);
	assert_true(service_may_move(&list));
	assert_false(service_follow(&list, &config, &net));
	has_address(0, "\x0a\0\0\x06");
	assert_true(service_follow(&list, &config, &net));
	assert_string_equal(list.items[0].address, "10.0.0.6");
	assert_non_null(strstr(list.items[0].id, "10.0.0.5")); /* which stays the same */
	/* an address of the same rank, though it would be the first now */
	net.addresses[1] = net.addresses[0];
	net.addresses_count = 2;
	has_address(1, "\x0a\0\0\x01");
	assert_false(service_follow(&list, &config, &net));
	/* what was preferred all along */
	net.links[1] = net.links[0];
	net.links_count = 2;
	snprintf(net.links[1].name, sizeof(net.links[1].name), "eth1");
	net.links[1].index = net.addresses[1].index = 3;
	assert_true(service_follow(&list, &config, &net));
	assert_string_equal(list.items[0].address, "10.0.0.1");
	/* nothing at all: where it was is all that is known */
	net.addresses_count = 0;
	assert_false(service_follow(&list, &config, &net));
	assert_string_equal(list.items[0].address, "10.0.0.1");
	net.addresses_count = 1;
	assert_true(service_follow(&list, &config, &net));
	assert_string_equal(list.items[0].address, "10.0.0.6");
	net.links_count = 1;
	has_address(0, "\x0a\0\0\x05");
}

static void what_is_given_does_not_move(void **state) {
	struct config_word fixed = { .text = "static:192.0.2.7" };

	(void)state;
	assert_int_equal(resolve(), 0);
	assert_true(service_may_move(&list));
	setenv("NOMAD_HOST_IP_web", "192.0.2.9", 1);
	assert_int_equal(resolve(), 0);
	assert_false(service_may_move(&list));
	services[0].address = &fixed;
	assert_int_equal(resolve(), 0);
	assert_false(service_may_move(&list));
	fixed.text = "eth0";
	assert_int_equal(resolve(), 0);
	assert_true(service_may_move(&list));
}

static void in_an_overlay_it_tells_its_place(void **state) {
	static struct config_pair own = { .key = "pintle-vtep", .value = "x" };
	struct net_link *link = &net.links[0];

	(void)state;
	strcpy(link->kind, "vxlan");
	memcpy(link->mac, "\2\x42\xa\0\0\5", 6);
	link->local = (struct config_ip){ AF_INET, 32, { 192, 0, 2, 1 } };
	assert_int_equal(resolve(), 0);
	assert_int_equal(list.items[0].meta_count, 2);
	assert_string_equal(list.items[0].meta[0].key, "pintle-mac");
	assert_string_equal(list.items[0].meta[0].value, "02:42:0a:00:00:05");
	assert_string_equal(list.items[0].meta[1].key, "pintle-vtep");
	assert_string_equal(list.items[0].meta[1].value, "192.0.2.1");
	/* Elsewhere now, and no more in a tunnel. */
	net.addresses[0].ip.bytes[3] = 6;
	link->kind[0] = '\0';
	assert_true(service_follow(&list, &config, &net));
	assert_int_equal(list.items[0].meta_count, 0);
	strcpy(link->kind, "vxlan");
	services[0].meta = &own;
	assert_int_equal(resolve(), 0);
	assert_int_equal(list.items[0].meta_count, 2);
	assert_string_equal(list.items[0].meta[0].value, "x");
	link->kind[0] = '\0';
	net.addresses[0].ip.bytes[3] = 5;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_defaults_do, set_up),
		cmocka_unit_test_setup(the_port_is_found, set_up),
		cmocka_unit_test_setup(a_wrong_port_is_named, set_up),
		cmocka_unit_test_setup(the_only_port_is_meant, set_up),
		cmocka_unit_test_setup(nomad_is_asked_first, set_up),
		cmocka_unit_test_setup(the_first_selector_that_matches_wins, set_up),
		cmocka_unit_test_setup(ids_are_unique_and_bounded, set_up),
		cmocka_unit_test_setup(values_are_filled_in, set_up),
		cmocka_unit_test_setup(it_follows_its_address, set_up),
		cmocka_unit_test_setup(in_an_overlay_it_tells_its_place, set_up),
		cmocka_unit_test_setup(what_is_given_does_not_move, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
