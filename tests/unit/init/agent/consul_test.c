/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and verdicts as measured against Consul 0.9.3, 1.8.7 and 1.10.12. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init/agent/registry.h"

#include <cmocka.h>

static struct config_service config;
static struct service service;
static bool passing;
static struct exchange_request request;
static struct registry_access access_found;

static const char *const variables[] = {
	"CONSUL_HTTP_SSL",   "CONSUL_HTTP_SSL_VERIFY", "CONSUL_CACERT",          "CONSUL_CAPATH",
	"CONSUL_CLIENT_KEY", "CONSUL_CLIENT_CERT",     "CONSUL_TLS_SERVER_NAME",
};

static int set_up(void **state) {
	(void)state;
	passing = false;
	unsetenv("CONSUL_HTTP_ADDR");
	unsetenv("CONSUL_HTTP_TOKEN");
	unsetenv("CONSUL_HTTP_TOKEN_FILE");
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		unsetenv(variables[i]);
	config = (struct config_service){ .ttl = 15000, .deregister_after = 60000 };
	service = (struct service){ .config = &config, .name = "web", .port = 8080 };
	snprintf(service.id, sizeof(service.id), "web-1");
	snprintf(service.address, sizeof(service.address), "10.0.0.5");
	return 0;
}

static int write_one(enum registry_task task, bool first) {
	const struct registry_entry entry = { &service, passing, first, 0 };
	struct error e = { 0 };

	return registry_consul.write(task, &entry, &request, &e);
}

static void a_registration_has_only_what_was_asked_for(void **state) {
	static const char body[] =
		"{\"ID\":\"web-1\",\"Name\":\"web\",\"Address\":\"10.0.0.5\",\"Port\":8080,"
		"\"Checks\":[{\"CheckID\":\"service:web-1\",\"Name\":\"pintle\",\"TTL\":\"15s\","
		"\"DeregisterCriticalServiceAfter\":\"60s\"}]}";

	(void)state;
	assert_int_equal(write_one(REGISTRY_ANNOUNCE, false), 0);
	assert_string_equal(request.method, "PUT");
	assert_string_equal(request.target, "/v1/agent/service/register");
	assert_string_equal(request.body, body);
	assert_int_equal(request.length, sizeof(body) - 1);
	assert_int_equal(write_one(REGISTRY_ANNOUNCE, true), 0);
	assert_string_equal(request.target,
			    "/v1/agent/service/register?replace-existing-checks=true");
}

static void tags_and_meta_are_escaped(void **state) {
	(void)state;
	passing = true;
	config.ttl = 7500;
	config.deregister_after = 0;
	service.tags[service.tags_count++] = "v\"1\\\n";
	service.meta[service.meta_count++] = (struct service_pair){ "k", "\x01" };
	assert_int_equal(write_one(REGISTRY_ANNOUNCE, false), 0);
	assert_non_null(strstr(request.body,
			       "\"Tags\":[\"v\\\"1\\\\\\u000a\"],\"Meta\":{\"k\":\"\\u0001\"}"));
	assert_non_null(strstr(request.body, "\"TTL\":\"7500ms\",\"Status\":\"passing\"}"));
}

static void ids_are_encoded_in_paths(void **state) {
	(void)state;
	snprintf(service.id, sizeof(service.id), "a/b c%%d:\xc3\xa9?");
	passing = true;
	assert_int_equal(write_one(REGISTRY_RENEW, false), 0);
	assert_string_equal(request.target, "/v1/agent/check/pass/service:a%2Fb%20c%25d:%C3%A9%3F");
	assert_int_equal(request.length, 0);
	assert_int_equal(write_one(REGISTRY_REPORT, false), 0);
	assert_string_equal(request.target, "/v1/agent/check/pass/service:a%2Fb%20c%25d:%C3%A9%3F");
	passing = false;
	assert_int_equal(write_one(REGISTRY_RENEW, false), 0);
	assert_string_equal(request.target, "/v1/agent/check/fail/service:a%2Fb%20c%25d:%C3%A9%3F");
	assert_int_equal(write_one(REGISTRY_REPORT, false), 0);
	assert_string_equal(request.target, "/v1/agent/check/fail/service:a%2Fb%20c%25d:%C3%A9%3F");
	assert_int_equal(request.length, 0);
	assert_int_equal(write_one(REGISTRY_WITHDRAW, false), 0);
	assert_string_equal(request.target, "/v1/agent/service/deregister/a%2Fb%20c%25d:%C3%A9%3F");
}

static void the_longest_id_fits(void **state) {
	(void)state;
	memset(service.id, '%', sizeof(service.id) - 1);
	assert_int_equal(write_one(REGISTRY_RENEW, false), 0);
	assert_int_equal(write_one(REGISTRY_WITHDRAW, false), 0);
	assert_int_equal(write_one(REGISTRY_ANNOUNCE, false), 0);
}

static void too_much_is_refused(void **state) {
	static char big[EXCHANGE_BODY];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	service.tags[service.tags_count++] = big;
	assert_int_equal(write_one(REGISTRY_ANNOUNCE, false), -1);
}

static void answers_are_judged(void **state) {
	static const struct {
		enum registry_task task;
		int status;
		const char *body;
		enum registry_verdict verdict;
	} rows[] = {
		{ REGISTRY_ANNOUNCE, 200, "", REGISTRY_ACCEPTED },
		{ REGISTRY_ANNOUNCE, 400, "Request decode failed", REGISTRY_REFUSED },
		{ REGISTRY_ANNOUNCE, 403, "ACL not found", REGISTRY_REFUSED },
		{ REGISTRY_ANNOUNCE, 404, "", REGISTRY_REFUSED },
		{ REGISTRY_ANNOUNCE, 301, "", REGISTRY_REFUSED },
		{ REGISTRY_ANNOUNCE, 429, "", REGISTRY_FAILED },
		{ REGISTRY_ANNOUNCE, 500, "No cluster leader", REGISTRY_FAILED },
		{ REGISTRY_RENEW, 200, "", REGISTRY_ACCEPTED },
		{ REGISTRY_RENEW, 404, "Unknown check ID", REGISTRY_LOST },
		{ REGISTRY_RENEW, 500, "does not have associated TTL", REGISTRY_LOST },
		{ REGISTRY_RENEW, 403, "Permission denied", REGISTRY_REFUSED },
		{ REGISTRY_RENEW, 503, "", REGISTRY_FAILED },
		{ REGISTRY_REPORT, 200, "", REGISTRY_ACCEPTED },
		{ REGISTRY_REPORT, 404, "Unknown check ID", REGISTRY_LOST },
		{ REGISTRY_REPORT, 500, "does not have associated TTL", REGISTRY_LOST },
		{ REGISTRY_WITHDRAW, 200, "", REGISTRY_ACCEPTED },
		{ REGISTRY_REACH, 404, "", REGISTRY_ACCEPTED },
		{ REGISTRY_WITHDRAW, 404, "Unknown service ID", REGISTRY_ACCEPTED },
		{ REGISTRY_WITHDRAW, 500, "Unknown service {\"web-1\" {}}", REGISTRY_ACCEPTED },
		{ REGISTRY_WITHDRAW, 500, "Unknown servic", REGISTRY_FAILED },
		{ REGISTRY_WITHDRAW, 500, "No cluster leader", REGISTRY_FAILED },
		{ REGISTRY_WITHDRAW, 403, "Permission denied", REGISTRY_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct exchange_reply reply = { rows[i].status, strlen(rows[i].body),
						rows[i].body };

		assert_int_equal(registry_consul.judge(rows[i].task, &reply), rows[i].verdict);
	}
}

static int open_it(const struct config_discovery *c, struct error *e) {
	return registry_consul.open(&access_found, c, e);
}

static void the_address_is_found(void **state) {
	struct config_discovery c = { 0 };
	struct error e = { 0 };

	(void)state;
	assert_int_equal(open_it(&c, &e), 0);
	assert_string_equal(access_found.endpoint.text, "127.0.0.1:8500");
	assert_string_equal(access_found.headers, "");
	setenv("CONSUL_HTTP_ADDR", "unix:///run/consul.sock", 1);
	assert_int_equal(open_it(&c, &e), 0);
	assert_string_equal(access_found.endpoint.address.un.sun_path, "/run/consul.sock");
	c.address = "consul";
	assert_int_equal(open_it(&c, &e), 0);
	assert_string_equal(access_found.endpoint.text, "consul:8500");
	c.address = "nonsense://";
	assert_int_equal(open_it(&c, &e), -1);
}

static void the_token_is_found(void **state) {
	struct config_discovery c = { 0 };
	struct error e = { 0 };
	char path[] = "/tmp/consul_test.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	assert_true(write(fd, "from-file\n", 10) == 10);
	close(fd);
	setenv("CONSUL_HTTP_TOKEN_FILE", path, 1);
	assert_int_equal(open_it(&c, &e), 0);
	assert_string_equal(access_found.headers, "X-Consul-Token: from-file\r\n");
	setenv("CONSUL_HTTP_TOKEN", "from-environment", 1);
	assert_int_equal(open_it(&c, &e), 0);
	assert_string_equal(access_found.headers, "X-Consul-Token: from-environment\r\n");
	c.token = "from-config";
	assert_int_equal(open_it(&c, &e), 0);
	assert_string_equal(access_found.headers, "X-Consul-Token: from-config\r\n");
	c.token = "two\r\nlines: x";
	assert_int_equal(open_it(&c, &e), -1);
	assert_null(strstr(e.text, "lines"));
	unlink(path);
	c.token = NULL;
	unsetenv("CONSUL_HTTP_TOKEN");
	assert_int_equal(open_it(&c, &e), -1);
}

/* Who asked for TLS must not send a token without. */
static void tls_is_asked_for(void **state) {
	static const struct {
		const char *address, *variable, *ssl, *text;
		bool secure;
	} rows[] = {
		{ NULL, NULL, NULL, "127.0.0.1:8500", false },
		{ NULL, NULL, "true", "127.0.0.1:8500", true },
		{ NULL, NULL, "0", "127.0.0.1:8500", false },
		{ NULL, "consul:1", "1", "consul:1", true },
		{ NULL, "http://consul:1", "1", "consul:1", true },
		{ NULL, "https://consul", NULL, "consul:8501", true },
		{ NULL, "https://consul", "false", "consul:8501", true },
		{ NULL, "unix:///run/c.sock", "1", "localhost", false },
		{ "http://consul", NULL, "1", "consul:8500", false },
		{ "https://consul", NULL, "0", "consul:8501", true },
		{ "consul", NULL, "True", "consul:8500", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct config_discovery c = { .address = rows[i].address };
		struct error e = { 0 };

		setenv("CONSUL_HTTP_ADDR", rows[i].variable ? rows[i].variable : "", 1);
		setenv("CONSUL_HTTP_SSL", rows[i].ssl ? rows[i].ssl : "", 1);
		assert_int_equal(open_it(&c, &e), 0);
		assert_int_equal(access_found.endpoint.secure, rows[i].secure);
		assert_string_equal(access_found.endpoint.text, rows[i].text);
	}
}

static void settings_of_tls_are_found(void **state) {
	struct config_origin origins[32] = { { 0 } };
	struct config_discovery c = { .verify = true };
	const struct tls_names *names = &access_found.tls;
	struct error e = { 0 };

	(void)state;
	assert_int_equal(open_it(&c, &e), 0);
	assert_null(names->authorities);
	assert_false(names->anyone);
	setenv("CONSUL_CAPATH", "/folder", 1);
	setenv("CONSUL_CLIENT_CERT", "/certificate", 1);
	setenv("CONSUL_CLIENT_KEY", "/key", 1);
	setenv("CONSUL_TLS_SERVER_NAME", "server.dc1.consul", 1);
	setenv("CONSUL_HTTP_SSL_VERIFY", "false", 1);
	assert_int_equal(open_it(&c, &e), 0);
	assert_string_equal(names->authorities, "/folder");
	assert_string_equal(names->certificate, "/certificate");
	assert_string_equal(names->key, "/key");
	assert_string_equal(names->server, "server.dc1.consul");
	assert_true(names->anyone);
	setenv("CONSUL_CACERT", "/file", 1);
	for (size_t i = 0; i < sizeof(origins) / sizeof(*origins); i++)
		origins[i].source = CONFIG_FILE;
	c = (struct config_discovery){ .head.origins = origins, .verify = true, .key = "/mine" };
	assert_int_equal(open_it(&c, &e), 0);
	assert_string_equal(names->authorities, "/file");
	assert_string_equal(names->key, "/mine");
	assert_false(names->anyone);
	c.ca = "/ours";
	assert_int_equal(open_it(&c, &e), 0);
	assert_string_equal(names->authorities, "/ours");
}

static void what_says_neither_is_refused(void **state) {
	struct config_discovery c = { .verify = true };
	struct error e = { 0 }, other = { 0 };

	(void)state;
	setenv("CONSUL_HTTP_SSL", "yes", 1);
	assert_int_equal(open_it(&c, &e), -1);
	assert_string_equal(e.text, "CONSUL_HTTP_SSL: 'yes' is neither true nor false");
	unsetenv("CONSUL_HTTP_SSL");
	setenv("CONSUL_HTTP_SSL_VERIFY", "tru", 1);
	assert_int_equal(open_it(&c, &other), -1);
}

static int ask(const struct config_watch *w, uint64_t index) {
	const struct registry_question question = { w, index };
	struct error e = { 0 };

	return registry_consul.ask(&question, &request, &e);
}

static void questions_are_about_what_is_healthy(void **state) {
	struct config_word second = { .text = "v 2" }, first = { { .next = &second }, "blue" };
	struct config_watch w = { .head.name = "rng" };

	(void)state;
	assert_int_equal(ask(&w, 0), 0);
	assert_string_equal(request.method, "GET");
	assert_int_equal(request.length, 0);
	assert_string_equal(request.target, "/v1/health/service/rng?passing=1");
	w = (struct config_watch){ .service = "a/b", .tags = &first, .near = "_agent" };
	assert_int_equal(ask(&w, UINT64_MAX), 0);
	assert_string_equal(request.target,
			    "/v1/health/service/a%2Fb?passing=1&tag=blue&tag=v%202&near=_agent"
			    "&index=18446744073709551615&wait=60s");
}

static void questions_that_do_not_fit_are_refused(void **state) {
	static char text[EXCHANGE_TARGET + 1];
	struct config_word tag = { .text = text };
	struct config_watch w = { .service = text };

	(void)state;
	for (size_t n = 1; n < sizeof(text); n++) {
		memset(text, 'a', n);
		w = (struct config_watch){ .service = text };
		if (ask(&w, UINT64_MAX) == 0)
			assert_non_null(strstr(request.target, "&wait=60s"));
		w = (struct config_watch){ .service = "x", .tags = &tag };
		if (ask(&w, UINT64_MAX) == 0)
			assert_non_null(strstr(request.target, "&wait=60s"));
	}
	assert_int_equal(ask(&w, 0), -1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_registration_has_only_what_was_asked_for, set_up),
		cmocka_unit_test_setup(tags_and_meta_are_escaped, set_up),
		cmocka_unit_test_setup(ids_are_encoded_in_paths, set_up),
		cmocka_unit_test_setup(the_longest_id_fits, set_up),
		cmocka_unit_test_setup(too_much_is_refused, set_up),
		cmocka_unit_test_setup(answers_are_judged, set_up),
		cmocka_unit_test_setup(questions_are_about_what_is_healthy, set_up),
		cmocka_unit_test_setup(questions_that_do_not_fit_are_refused, set_up),
		cmocka_unit_test_setup(the_address_is_found, set_up),
		cmocka_unit_test_setup(the_token_is_found, set_up),
		cmocka_unit_test_setup(tls_is_asked_for, set_up),
		cmocka_unit_test_setup(settings_of_tls_are_found, set_up),
		cmocka_unit_test_setup(what_says_neither_is_refused, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
