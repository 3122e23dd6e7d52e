/* SPDX-License-Identifier: Apache-2.0 */
#include <netinet/in.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "config/ip.h"
#include "init/port.h"
#include "init/probe.h"
#include "init/service.h"
#include "netcfg/netcfg.h"

#include <cmocka.h>

static struct net_state net = {
	.links_count = 2,
	.addresses_count = 3,
	.links = { { .index = 1, .name = "lo", .flags = IFF_UP | IFF_LOOPBACK },
		   { .index = 2, .name = "eth0", .flags = IFF_UP } },
	.addresses = { { .index = 1,
			 .ip = { .family = AF_INET, .prefix = 8, .bytes = { 127, 0, 0, 1 } } },
		       { .index = 2,
			 .ip = { .family = AF_INET, .prefix = 24, .bytes = { 10, 0, 0, 5 } } },
		       { .index = 2,
			 .ip = { .family = AF_INET6,
				 .prefix = 64,
				 .bytes = { 0xfd, [15] = 5 } } } },
};

static struct config config;
static struct config_check check;
static struct config_port port_configs[2];
static struct config_service service_configs[2];
static struct service_list services;
static struct port_list ports;
static struct probe_list probes;
static char target[PROBE_TARGET];

static int set_up(void **state) {
	(void)state;
	memset(&services, 0, sizeof(services));
	memset(&ports, 0, sizeof(ports));
	memset(port_configs, 0, sizeof(port_configs));
	memset(service_configs, 0, sizeof(service_configs));
	check = (struct config_check){ .head.name = "web-up", .http = "/health" };
	config.checks = &check;
	return 0;
}

static void add_port(const char *name, uint16_t number) {
	port_configs[ports.count].head.name = name;
	ports.items[ports.count] =
		(struct port){ .config = &port_configs[ports.count], .number = number };
	ports.count++;
}

static void add_service(const char *name, const char *port, const char *address, uint16_t number) {
	struct service *s = &services.items[services.count];
	struct config_service *c = &service_configs[services.count++];

	*c = (struct config_service){ .head.name = name, .port = port };
	*s = (struct service){ .config = c, .name = name, .port = number };
	snprintf(s->address, sizeof(s->address), "%s", address);
}

static const struct probe *resolve(void) {
	probe_resolve(&probes, &config, &services, &ports, &net);
	assert_int_equal(probes.count, 1);
	probe_describe(&probes.items[0], target);
	return &probes.items[0];
}

static void assert_target(const char *wanted, unsigned addresses) {
	assert_int_equal(resolve()->addresses_count, addresses);
	assert_string_equal(target, wanted);
}

static void it_speaks_for_the_service_of_its_name_else_for_all(void **state) {
	(void)state;
	assert_int_equal(resolve()->services, 0);
	add_service("web", NULL, "10.0.0.5", 80);
	assert_int_equal(resolve()->services, 1);
	add_service("web-up", NULL, "10.0.0.5", 81);
	assert_int_equal(resolve()->services, 2);
	check.head.name = "alive";
	assert_int_equal(resolve()->services, 3);
	check.service = "web";
	assert_int_equal(resolve()->services, 1);
	services.count = SERVICE_MAX;
	for (unsigned i = 0; i < SERVICE_MAX; i++)
		services.items[i].config = &service_configs[1];
	check.service = NULL;
	assert_true(resolve()->services == UINT64_MAX);
}

static void it_asks_at_the_services_own_address(void **state) {
	(void)state;
	add_port("web", 8080);
	add_service("web", NULL, "10.0.0.5", 8080);
	assert_target("http://10.0.0.5:8080/health", 1);
	snprintf(services.items[0].address, SERVICE_ADDRESS, "fd00::5");
	assert_target("http://[fd00::5]:8080/health", 1);
	check.http = NULL;
	check.tcp = true;
	assert_target("tcp://[fd00::5]:8080", 1);
}

/* The loopback, of both families, and what others in the same network see. */
static void a_mapped_address_is_not_asked(void **state) {
	const struct probe *p;
	char text[IP_TEXT];

	(void)state;
	add_port("web", 8080);
	add_service("web", NULL, "192.0.2.7", 8080);
	assert_target("http://127.0.0.1:8080/health", 3);
	p = resolve();
	assert_string_equal(ip_text(&p->addresses[1], text), "::1");
	assert_string_equal(ip_text(&p->addresses[2], text), "10.0.0.5");
	snprintf(services.items[0].address, SERVICE_ADDRESS, "host.example");
	assert_target("http://127.0.0.1:8080/health", 3);
}

static void the_address_that_the_port_binds_comes_first(void **state) {
	(void)state;
	add_port("web", 8080);
	add_service("web", NULL, "10.0.0.5", 8080);
	port_configs[0].bind = (struct config_ip){ AF_INET, 32, { 127, 0, 0, 1 } };
	assert_target("http://127.0.0.1:8080/health", 1);
	port_configs[0].bind = (struct config_ip){ AF_INET6, 128, { 0 } };
	assert_target("http://10.0.0.5:8080/health", 1);
}

static void a_mapped_port_is_not_asked(void **state) {
	(void)state;
	add_port("http", 8080);
	add_service("web", "env:HOST_PORT", "10.0.0.5", 32768);
	assert_target("http://10.0.0.5:8080/health", 1);
	service_configs[0].port = NULL; /* NOMAD_HOST_PORT_web */
	assert_target("http://10.0.0.5:8080/health", 1);
	add_port("web", 8081);
	assert_target("http://10.0.0.5:8081/health", 1);
	service_configs[0].port = "http";
	assert_target("http://10.0.0.5:8080/health", 1);
}

static void a_number_of_the_file_is_the_applications(void **state) {
	(void)state;
	add_port("metrics", 9000);
	add_service("web", "8080", "10.0.0.5", 8080);
	assert_target("http://10.0.0.5:8080/health", 1);
	ports.count = 0;
	service_configs[0].port = "env:PORT";
	assert_target("http://10.0.0.5:8080/health", 1);
}

static void without_services_it_is_the_first_port(void **state) {
	(void)state;
	add_port("web", 8080);
	add_port("admin", 9000);
	assert_target("http://127.0.0.1:8080/health", 3);
}

static void a_command_is_described_by_its_program(void **state) {
	static const char *const words[] = { "pg_isready", "-q", NULL };
	static const char *const late[] = { "\1PROGRAM\2", NULL };

	(void)state;
	check.http = NULL;
	check.exec = words;
	assert_false(probe_is_remote(resolve()));
	assert_string_equal(target, "pg_isready");
	check.exec = late;
	resolve();
	assert_string_equal(target, "a command");
}

static void statuses_are_judged(void **state) {
	static const struct {
		enum message_result result;
		unsigned detail;
		bool good;
	} rows[] = {
		{ MESSAGE_CONNECTED, 0, true },   { MESSAGE_ANSWERED, 200, true },
		{ MESSAGE_ANSWERED, 204, true },  { MESSAGE_ANSWERED, 302, true },
		{ MESSAGE_ANSWERED, 399, true },  { MESSAGE_ANSWERED, 400, false },
		{ MESSAGE_ANSWERED, 503, false }, { MESSAGE_ANSWERED, 199, false },
		{ MESSAGE_ANSWERED, 0, false },   { MESSAGE_UNANSWERED, 200, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(probe_is_good(rows[i].result, rows[i].detail), rows[i].good);
}

/* A look takes 10 ms, the interval is a second. */
static void a_start_is_looked_at_more_often(void **state) {
	static const int64_t pauses[] = { 50, 100, 200, 400 };
	struct probe_pace p;
	int64_t now = 5000;

	(void)state;
	probe_pace_begin(&p, now);
	assert_true(probe_pace_counts(&p, false)); /* the first one is a regular one */
	for (size_t i = 0; i < 4; i++) {
		now += 10;
		assert_int_equal(probe_pace_next(&p, now, 1000, false), pauses[i]);
		now += pauses[i];
		assert_false(probe_pace_counts(&p, false));
		assert_true(probe_pace_counts(&p, true));
	}
	now += 10;
	assert_int_equal(now + probe_pace_next(&p, now, 1000, false), 6000);
	now = 6000;
	assert_true(probe_pace_counts(&p, false));
	now += 10;
	assert_int_equal(now + probe_pace_next(&p, now, 1000, false), 6810);
	assert_int_equal(6820 + probe_pace_next(&p, 6820, 1000, true), 7000);
	assert_int_equal(7010 + probe_pace_next(&p, 7010, 1000, false), 8000); /* no more haste */
	assert_true(probe_pace_counts(&p, false));
}

static void a_slow_look_is_followed_by_the_next_at_once(void **state) {
	struct probe_pace p;

	(void)state;
	probe_pace_begin(&p, 0);
	assert_int_equal(probe_pace_next(&p, 10, 1000, true), 990);
	assert_int_equal(probe_pace_next(&p, 3500, 1000, true), 0);
	assert_int_equal(probe_pace_next(&p, 3510, 1000, true), 990);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(it_speaks_for_the_service_of_its_name_else_for_all, set_up),
		cmocka_unit_test_setup(it_asks_at_the_services_own_address, set_up),
		cmocka_unit_test_setup(a_mapped_address_is_not_asked, set_up),
		cmocka_unit_test_setup(the_address_that_the_port_binds_comes_first, set_up),
		cmocka_unit_test_setup(a_mapped_port_is_not_asked, set_up),
		cmocka_unit_test_setup(a_number_of_the_file_is_the_applications, set_up),
		cmocka_unit_test_setup(without_services_it_is_the_first_port, set_up),
		cmocka_unit_test_setup(a_command_is_described_by_its_program, set_up),
		cmocka_unit_test(statuses_are_judged),
		cmocka_unit_test(a_start_is_looked_at_more_often),
		cmocka_unit_test(a_slow_look_is_followed_by_the_next_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
