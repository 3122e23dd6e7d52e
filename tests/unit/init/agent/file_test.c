/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "init/agent/registry.h"

#include <cmocka.h>

static struct config_service config = { .ttl = 7500 };
static struct service service;
static struct exchange_request request;

static int set_up(void **state) {
	(void)state;
	service = (struct service){ .config = &config, .name = "web", .port = 80 };
	snprintf(service.id, sizeof(service.id), "web-h-fd00::1-80");
	snprintf(service.address, sizeof(service.address), "fd00::1");
	return 0;
}

static bool passing = true;

static int write_one(enum registry_task task) {
	const struct registry_entry entry = { &service, passing, true, 0 };
	struct error e = { 0 };

	return registry_file.write(task, &entry, &request, &e);
}

static void an_entry_is_written(void **state) {
	(void)state;
	service.tags[service.tags_count++] = "blue";
	assert_int_equal(write_one(REGISTRY_ANNOUNCE), 0);
	assert_string_equal(request.method, "PUT");
	assert_string_equal(request.target, "web@web-h-fd00%3A%3A1-80.json");
	assert_string_equal(request.body,
			    "{\"id\":\"web-h-fd00::1-80\",\"name\":\"web\",\"address\":\"fd00::1\","
			    "\"port\":80,\"tags\":[\"blue\"],\"state\":\"passing\","
			    "\"ttl\":7500}");
	assert_int_equal(write_one(REGISTRY_RENEW), 0);
	assert_string_equal(request.method, "POST");
	assert_int_equal(request.length, 0);
	passing = false;
	assert_int_equal(write_one(REGISTRY_RENEW), 0);
	assert_string_equal(request.method, "POST");
	assert_int_equal(write_one(REGISTRY_REPORT), 0);
	assert_string_equal(request.method, "PUT");
	assert_string_equal(request.target, "web@web-h-fd00%3A%3A1-80.json");
	assert_non_null(strstr(request.body, "\"state\":\"critical\""));
	passing = true;
	assert_int_equal(write_one(REGISTRY_WITHDRAW), 0);
	assert_string_equal(request.method, "DELETE");
	assert_string_equal(request.target, "web@web-h-fd00%3A%3A1-80.json");
}

static void a_name_stays_in_its_directory(void **state) {
	(void)state;
	service.name = "../etc";
	assert_int_equal(write_one(REGISTRY_ANNOUNCE), -1);
	service.name = "a/../b@c";
	assert_int_equal(write_one(REGISTRY_ANNOUNCE), 0);
	assert_null(strchr(request.target, '/'));
	assert_ptr_equal(strchr(request.target, '@'), strrchr(request.target, '@'));
}

/* With the temporary file's affixes it is a name of NAME_MAX bytes at most. */
static void a_long_name_is_refused(void **state) {
	static const size_t most = 255 - sizeof("web@.json") + 1 - sizeof("..new") + 1;

	(void)state;
	memset(service.id, 'x', sizeof(service.id));
	service.id[most] = '\0';
	assert_int_equal(write_one(REGISTRY_ANNOUNCE), 0);
	assert_int_equal(strlen(request.target) + strlen("..new"), 255);
	service.id[most] = 'x';
	service.id[most + 1] = '\0';
	assert_int_equal(write_one(REGISTRY_ANNOUNCE), -1);
}

static void answers_are_judged(void **state) {
	static const struct {
		enum registry_task task;
		int status;
		enum registry_verdict verdict;
	} rows[] = {
		{ REGISTRY_ANNOUNCE, 200, REGISTRY_ACCEPTED },
		{ REGISTRY_ANNOUNCE, 404, REGISTRY_REFUSED },
		{ REGISTRY_ANNOUNCE, 403, REGISTRY_REFUSED },
		{ REGISTRY_ANNOUNCE, 500, REGISTRY_FAILED },
		{ REGISTRY_RENEW, 404, REGISTRY_LOST },
		{ REGISTRY_REACH, 404, REGISTRY_ACCEPTED },
		{ REGISTRY_REACH, 500, REGISTRY_FAILED },
		{ REGISTRY_WITHDRAW, 404, REGISTRY_ACCEPTED },
		{ REGISTRY_WITHDRAW, 500, REGISTRY_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct exchange_reply reply = { rows[i].status, 0, "" };

		assert_int_equal(registry_file.judge(rows[i].task, &reply), rows[i].verdict);
	}
}

static void the_directory_has_a_default(void **state) {
	struct registry_access access;
	struct config_discovery c = { 0 };
	struct error e = { 0 };

	(void)state;
	assert_int_equal(registry_file.open(&access, &c, &e), 0);
	assert_string_equal(access.endpoint.path, "/run/pintle/services");
	c.address = "relative";
	assert_int_equal(registry_file.open(&access, &c, &e), -1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_entry_is_written, set_up),
		cmocka_unit_test_setup(a_name_stays_in_its_directory, set_up),
		cmocka_unit_test_setup(a_long_name_is_refused, set_up),
		cmocka_unit_test_setup(answers_are_judged, set_up),
		cmocka_unit_test_setup(the_directory_has_a_default, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
