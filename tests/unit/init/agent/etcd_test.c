/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and verdicts as measured against etcd 3.4.23. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "init/agent/etcd.h"

#include <cmocka.h>

#define HEADER "{\"header\":{\"revision\":\"2\",\"raft_term\":\"2\"}"
#define SAID(text) "{\"error\":\"etcdserver: " text "\",\"message\":\"etcdserver: " text "\"}"

static struct config_service config;
static struct config_discovery discovery;
static struct service service;
static bool passing;
static struct exchange_request request;
static struct registry_access access_found;

static void open_it(void) {
	struct error e = { 0 };

	assert_int_equal(registry_etcd.open(&access_found, &discovery, &e), 0);
}

static void fails_to_open(const char *why) {
	struct error e = { 0 };

	assert_int_equal(registry_etcd.open(&access_found, &discovery, &e), -1);
	assert_non_null(strstr(e.text, why));
}

static int set_up(void **state) {
	(void)state;
	passing = true;
	unsetenv("ETCDCTL_ENDPOINTS");
	unsetenv("ETCDCTL_USER");
	unsetenv("ETCDCTL_PASSWORD");
	discovery = (struct config_discovery){ 0 };
	config = (struct config_service){ .ttl = 15000, .drain = 2000 };
	service = (struct service){ .config = &config, .name = "web", .port = 8080 };
	snprintf(service.id, sizeof(service.id), "web-1");
	snprintf(service.address, sizeof(service.address), "10.0.0.5");
	open_it();
	return 0;
}

static int write_one(enum registry_task task, unsigned step) {
	const struct registry_entry entry = { &service, passing, true, step };
	struct error e = { 0 };

	return registry_etcd.write(task, &entry, &request, &e);
}

/* What it asks for a task: the target and the body. */
static void asks(enum registry_task task, unsigned step, const char *target, const char *body) {
	assert_int_equal(write_one(task, step), 0);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.target, target);
	assert_string_equal(request.body, body);
	assert_int_equal(request.length, strlen(body));
}

static enum registry_verdict says(enum registry_task task, int status, const char *body) {
	const struct exchange_reply reply = { status, strlen(body), body };

	return registry_etcd.judge(task, &reply);
}

/* The value and the key that a put has. */
static void puts_value(const char *value, const char *key) {
	char text[512];

	assert_int_equal(write_one(REGISTRY_REPORT, 0), 0);
	assert_string_equal(request.target, "/v3/kv/put");
	snprintf(text, sizeof(text), "{\"value\":\"%s\",\"lease\":", value);
	assert_memory_equal(request.body, text, strlen(text));
	snprintf(text, sizeof(text), ",\"key\":\"%s\"}", key);
	assert_string_equal(strrchr(request.body, ','), text);
}

#define KEY "L3NreWRucy9sb2NhbC9jbHVzdGVyL3dlYi93ZWItMQ==" /* /skydns/local/cluster/web/web-1 */

static long long lease(void) {
	assert_int_equal(write_one(REGISTRY_RENEW, 0), 0);
	return strtoll(request.body + strlen("{\"ID\":"), NULL, 10);
}

static void a_service_is_a_key_on_a_lease(void **state) {
	long long id = lease();
	char body[512];

	(void)state;
	assert_true(id > 0 && (uint32_t)id >= 0x80000000);
	snprintf(body, sizeof(body), "{\"TTL\":15,\"ID\":%lld}", id);
	asks(REGISTRY_ANNOUNCE, 0, "/v3/lease/grant", body);
	snprintf(body, sizeof(body), "{\"ID\":%lld}", id);
	asks(REGISTRY_RENEW, 0, "/v3/lease/keepalive", body);
	asks(REGISTRY_WITHDRAW, 0, "/v3/lease/revoke", body);
	asks(REGISTRY_RENEW, 1, "/v3/kv/range", "{\"count_only\":true,\"key\":\"" KEY "\"}");
	snprintf(body, sizeof(body), "{\"value\":\"%s\",\"lease\":%lld,\"key\":\"%s\"}",
		 "eyJob3N0IjoiMTAuMC4wLjUiLCJwb3J0Ijo4MDgwLCJ0dGwiOjJ9", id, KEY);
	asks(REGISTRY_ANNOUNCE, 1, "/v3/kv/put", body);
	asks(REGISTRY_REPORT, 0, "/v3/kv/put", body);
}

static void what_is_critical_has_no_key(void **state) {
	(void)state;
	passing = false;
	assert_int_equal(write_one(REGISTRY_ANNOUNCE, 0), 0);
	assert_string_equal(request.target, "/v3/lease/grant");
	asks(REGISTRY_ANNOUNCE, 1, "/v3/kv/deleterange", "{\"key\":\"" KEY "\"}");
	asks(REGISTRY_REPORT, 0, "/v3/kv/deleterange", "{\"key\":\"" KEY "\"}");
	assert_int_equal(write_one(REGISTRY_RENEW, 0), 0);
	assert_string_equal(request.target, "/v3/lease/keepalive");
	assert_int_equal(says(REGISTRY_RENEW, 200, "\"TTL\":\"15\""), REGISTRY_ACCEPTED);
}

static void another_key_or_ttl_is_another_lease(void **state) {
	long long first = lease();

	(void)state;
	assert_int_equal(lease(), first);
	config.ttl = 5001;
	assert_int_not_equal(lease(), first);
	assert_int_equal(write_one(REGISTRY_ANNOUNCE, 0), 0);
	assert_non_null(strstr(request.body, "{\"TTL\":6,"));
	config.ttl = 15000;
	snprintf(service.id, sizeof(service.id), "web-2");
	assert_int_not_equal(lease(), first);
}

static void each_layout_has_its_key_and_value(void **state) {
	(void)state;
	config.drain = 0;
	service.tags[service.tags_count++] = "blue";
	/* {"host":"10.0.0.5","port":8080,"ttl":1,"tags":["blue"]} */
	puts_value("eyJob3N0IjoiMTAuMC4wLjUiLCJwb3J0Ijo4MDgwLCJ0dGwiOjEsInRhZ3MiOlsiYmx1ZSJdfQ==",
		   KEY);
	discovery.layout = CONFIG_REGISTRATOR;
	open_it();
	puts_value("MTAuMC4wLjU6ODA4MA==", /* 10.0.0.5:8080 */
		   "L3NlcnZpY2VzL3dlYi93ZWItMQ=="); /* /services/web/web-1 */
	snprintf(service.address, sizeof(service.address), "fd00::1");
	puts_value("W2ZkMDA6OjFdOjgwODA=", /* [fd00::1]:8080 */
		   "L3NlcnZpY2VzL3dlYi93ZWItMQ==");
	discovery.layout = CONFIG_PLAIN;
	discovery.prefix = "/x//";
	open_it();
	/* {"id":"web-1","name":"web","address":"fd00::1","port":8080,"tags":["blue"],
	 * "state":"passing","ttl":15000} */
	puts_value("eyJpZCI6IndlYi0xIiwibmFtZSI6IndlYiIsImFkZHJlc3MiOiJmZDAwOjoxIiwicG9ydCI6ODA4MCw"
		   "idGFncyI6WyJibHVlIl0sInN0YXRlIjoicGFzc2luZyIsInR0bCI6MTUwMDB9",
		   "L3gvd2ViL3dlYi0x"); /* /x/web/web-1 */
}

/* In CoreDNS a part of a key is a label of a name. */
static void an_id_becomes_a_label(void **state) {
	static const char key[] = "/skydns/local/cluster/web/";
	char first[128], second[128];

	(void)state;
	service.name = "Web";
	snprintf(service.id, sizeof(service.id), "Web-h-10.0.0.5-8080");
	/* /skydns/local/cluster/web/web-h-10-0-0-5-8080 */
	assert_int_equal(write_one(REGISTRY_REPORT, 0), 0);
	assert_non_null(strstr(request.body, "L3NreWRucy9sb2NhbC9jbHVzdGVyL3dlYi93ZWItaC0xMC0wLTAtN"
					     "S04MDgw\""));
	memset(service.id, 'x', sizeof(service.id) - 1);
	assert_int_equal(write_one(REGISTRY_REPORT, 0), 0);
	snprintf(first, sizeof(first), "%s", strstr(request.body, "\"key\":\"") + 7);
	/* the prefix and 63 characters, and what ends the request */
	assert_int_equal(strcspn(first, "\""), (sizeof(key) - 1 + 63 + 2) / 3 * 4);
	service.id[200] = 'y';
	assert_int_equal(write_one(REGISTRY_REPORT, 0), 0);
	snprintf(second, sizeof(second), "%s", strstr(request.body, "\"key\":\"") + 7);
	assert_string_not_equal(first, second);
}

static void answers_are_judged(void **state) {
	static const char lost[] = SAID("requested lease not found");
	static const struct {
		enum registry_task task;
		unsigned step;
		int status;
		const char *body;
		enum registry_verdict verdict;
	} rows[] = {
		{ REGISTRY_ANNOUNCE, 0, 200, HEADER ",\"ID\":\"7\",\"TTL\":\"15\"}",
		  REGISTRY_MORE },
		{ REGISTRY_ANNOUNCE, 0, 412, SAID("lease already exists"), REGISTRY_MORE },
		{ REGISTRY_ANNOUNCE, 0, 412, SAID("something else"), REGISTRY_REFUSED },
		{ REGISTRY_ANNOUNCE, 0, 503, SAID("no leader"), REGISTRY_FAILED },
		{ REGISTRY_ANNOUNCE, 0, 400, SAID("user name is empty"), REGISTRY_REFUSED },
		{ REGISTRY_ANNOUNCE, 1, 200, HEADER "}", REGISTRY_ACCEPTED },
		{ REGISTRY_ANNOUNCE, 1, 404, lost, REGISTRY_LOST },
		{ REGISTRY_ANNOUNCE, 1, 404, "Not Found\n", REGISTRY_REFUSED },
		{ REGISTRY_ANNOUNCE, 1, 403, SAID("permission denied"), REGISTRY_REFUSED },
		{ REGISTRY_ANNOUNCE, 1, 429, "", REGISTRY_FAILED },
		{ REGISTRY_RENEW, 0, 200, "{\"result\":" HEADER ",\"ID\":\"7\",\"TTL\":\"15\"}}",
		  REGISTRY_MORE },
		{ REGISTRY_RENEW, 1, 200, HEADER ",\"count\":\"1\"}", REGISTRY_ACCEPTED },
		{ REGISTRY_RENEW, 1, 200, HEADER "}", REGISTRY_LOST },
		{ REGISTRY_RENEW, 1, 403, SAID("permission denied"), REGISTRY_ACCEPTED },
		{ REGISTRY_RENEW, 1, 503, "", REGISTRY_FAILED },
		{ REGISTRY_RENEW, 0, 200, "{\"result\":" HEADER ",\"ID\":\"7\"}}", REGISTRY_LOST },
		{ REGISTRY_RENEW, 0, 200, "{\"note\":\"\\\"TTL\\\":\\\"5\\\"\"}", REGISTRY_LOST },
		{ REGISTRY_RENEW, 0, 404, lost, REGISTRY_LOST },
		{ REGISTRY_RENEW, 0, 503, "", REGISTRY_FAILED },
		{ REGISTRY_REPORT, 0, 200, HEADER "}", REGISTRY_ACCEPTED },
		{ REGISTRY_REPORT, 0, 404, lost, REGISTRY_LOST },
		{ REGISTRY_REACH, 0, 200, HEADER "}", REGISTRY_ACCEPTED },
		{ REGISTRY_REACH, 0, 403, SAID("permission denied"), REGISTRY_ACCEPTED },
		{ REGISTRY_REACH, 0, 400, SAID("user name is empty"), REGISTRY_REFUSED },
		{ REGISTRY_REACH, 0, 503, "", REGISTRY_FAILED },
		{ REGISTRY_WITHDRAW, 0, 200, HEADER "}", REGISTRY_ACCEPTED },
		{ REGISTRY_WITHDRAW, 0, 404, lost, REGISTRY_ACCEPTED },
		{ REGISTRY_WITHDRAW, 0, 403, SAID("permission denied"), REGISTRY_REFUSED },
		{ REGISTRY_WITHDRAW, 0, 503, "", REGISTRY_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(write_one(rows[i].task, rows[i].step), 0);
		assert_int_equal(says(rows[i].task, rows[i].status, rows[i].body), rows[i].verdict);
	}
}

static void log_in(const char *reply) {
	asks(REGISTRY_RENEW, 0, "/v3/auth/authenticate",
	     "{\"name\":\"web\",\"password\":\"a \\\"b\\\"\"}");
	assert_int_equal(says(REGISTRY_RENEW, 200, reply), REGISTRY_AGAIN);
	assert_int_equal(write_one(REGISTRY_RENEW, 0), 0);
	assert_string_equal(request.target, "/v3/lease/keepalive");
}

static void a_user_logs_in_first_and_again(void **state) {
	static const char *const outdated[] = {
		SAID("invalid auth token"),
		SAID("revision of auth store is old"),
		SAID("user name is empty"),
	};

	(void)state;
	discovery.user = "web";
	discovery.password = "a \"b\"";
	open_it();
	log_in(HEADER ",\"token\":\"DwPqMq.21\"}");
	assert_string_equal(access_found.headers, "Authorization: DwPqMq.21\r\n");
	for (size_t i = 0; i < sizeof(outdated) / sizeof(*outdated); i++) {
		assert_int_equal(says(REGISTRY_RENEW, 401, outdated[i]), REGISTRY_AGAIN);
		assert_string_equal(access_found.headers, "");
		log_in(HEADER ",\"token\":\"next.22\"}");
	}
	assert_string_equal(access_found.headers, "Authorization: next.22\r\n");
	assert_int_equal(says(REGISTRY_RENEW, 403, SAID("permission denied")), REGISTRY_REFUSED);
}

static void who_is_refused_stays_out(void **state) {
	char body[REGISTRY_TOKEN + 256];

	(void)state;
	discovery.user = "web";
	discovery.password = "x";
	open_it();
	assert_int_equal(write_one(REGISTRY_ANNOUNCE, 0), 0);
	assert_int_equal(says(REGISTRY_ANNOUNCE, 400, SAID("authentication failed")),
			 REGISTRY_REFUSED);
	assert_int_equal(says(REGISTRY_ANNOUNCE, 503, ""), REGISTRY_FAILED);
	assert_int_equal(says(REGISTRY_ANNOUNCE, 200, "{\"token\":\"a b\\r\\n\"}"),
			 REGISTRY_REFUSED);
	memset(body, 'x', sizeof(body));
	memcpy(body, "\"token\":\"", 9);
	body[sizeof(body) - 1] = '\0';
	assert_int_equal(says(REGISTRY_ANNOUNCE, 200, body), REGISTRY_REFUSED);
	assert_int_equal(write_one(REGISTRY_ANNOUNCE, 0), 0);
	assert_string_equal(request.target, "/v3/auth/authenticate");
	/* and where nobody has to */
	assert_int_equal(says(REGISTRY_ANNOUNCE, 412, SAID("authentication is not enabled")),
			 REGISTRY_AGAIN);
	assert_int_equal(write_one(REGISTRY_ANNOUNCE, 0), 0);
	assert_string_equal(request.target, "/v3/lease/grant");
}

static void users_are_found(void **state) {
	(void)state;
	setenv("ETCDCTL_USER", "web:a:b", 1);
	open_it();
	asks(REGISTRY_RENEW, 0, "/v3/auth/authenticate", "{\"name\":\"web\",\"password\":\"a:b\"}");
	discovery.user = "other:one";
	fails_to_open("user other:one has no password");
	setenv("ETCDCTL_PASSWORD", "c", 1);
	open_it();
	asks(REGISTRY_RENEW, 0, "/v3/auth/authenticate",
	     "{\"name\":\"other:one\",\"password\":\"c\"}");
}

static void the_next_address_is_tried(void **state) {
	(void)state;
	assert_string_equal(access_found.endpoint.text, "127.0.0.1:2379");
	setenv("ETCDCTL_ENDPOINTS", "http://10.0.0.1:23790,10.0.0.2,[fd00::3]:1", 1);
	open_it();
	assert_string_equal(access_found.endpoint.text, "10.0.0.1:23790");
	registry_etcd.elsewhere();
	assert_string_equal(access_found.endpoint.text, "10.0.0.2:2379");
	registry_etcd.elsewhere();
	assert_string_equal(access_found.endpoint.text, "[fd00::3]:1");
	registry_etcd.elsewhere();
	assert_string_equal(access_found.endpoint.text, "10.0.0.1:23790");
	discovery.address = "x";
	open_it();
	assert_string_equal(access_found.endpoint.text, "x:2379");
	registry_etcd.elsewhere();
	assert_string_equal(access_found.endpoint.text, "x:2379");
}

static void wants(enum etcd_step step, const struct registry_question *q, const char *target,
		  const char *body) {
	struct error e = { 0 };

	assert_int_equal(etcd_ask(q, &request, &e), step);
	assert_string_equal(request.target, target);
	assert_string_equal(request.body, body);
	assert_int_equal(request.length, strlen(body));
}

/* Keys from .../my-db/ to before .../my-db0. */
static void services_are_asked_for(void **state) {
	struct config_watch watch = { .head.name = "db", .service = "My.db" };
	struct registry_question q = { .watch = &watch };
	struct exchange_reply reply = { 200, 13, "{\"token\":\"t\"}" };

	(void)state;
	discovery.prefix = "/p/";
	open_it();
	wants(ETCD_LIST, &q, "/v3/kv/range",
	      "{\"key\":\"L3AvbXktZGIv\",\"range_end\":\"L3AvbXktZGIw\"}");
	q.index = 41;
	wants(ETCD_FOLLOW, &q, "/v3/watch",
	      "{\"create_request\":{\"start_revision\":42,\"key\":\"L3AvbXktZGIv\","
	      "\"range_end\":\"L3AvbXktZGIw\"}}");
	discovery.user = "web";
	discovery.password = "pw";
	open_it();
	wants(ETCD_LOGIN, &q, "/v3/auth/authenticate", "{\"name\":\"web\",\"password\":\"pw\"}");
	assert_int_equal(etcd_judge(ETCD_LOGIN, &reply), REGISTRY_AGAIN);
	assert_string_equal(access_found.headers, "Authorization: t\r\n");
	assert_int_equal(etcd_ask(&q, &request, &(struct error){ 0 }), ETCD_FOLLOW);
	reply = (struct exchange_reply){ 401, 0, SAID("invalid auth token") };
	reply.length = strlen(reply.body);
	assert_int_equal(etcd_judge(ETCD_LIST, &reply), REGISTRY_AGAIN);
	assert_int_equal(etcd_ask(&q, &request, &(struct error){ 0 }), ETCD_LOGIN);
	reply = (struct exchange_reply){ 403, 1, "x" };
	assert_int_equal(etcd_judge(ETCD_LIST, &reply), REGISTRY_REFUSED);
}

static void what_is_too_much_is_refused(void **state) {
	static char tag[8192], prefix[300];

	(void)state;
	discovery.address = "a,b,c,d,e,f,g,h,i";
	fails_to_open("more than 8 addresses");
	discovery.address = "a,,b";
	fails_to_open("names no host");
	discovery.address = NULL;
	memset(prefix, 'x', sizeof(prefix) - 1);
	discovery.prefix = prefix;
	fails_to_open("prefix is longer than 255 bytes");
	prefix[255] = '\0';
	open_it();
	memset(tag, 'x', sizeof(tag) - 1);
	service.tags_count = 2;
	service.tags[0] = service.tags[1] = tag;
	assert_int_equal(write_one(REGISTRY_REPORT, 0), 0);
	service.tags_count = 3;
	service.tags[2] = tag;
	assert_int_equal(write_one(REGISTRY_REPORT, 0), -1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_service_is_a_key_on_a_lease, set_up),
		cmocka_unit_test_setup(what_is_critical_has_no_key, set_up),
		cmocka_unit_test_setup(another_key_or_ttl_is_another_lease, set_up),
		cmocka_unit_test_setup(each_layout_has_its_key_and_value, set_up),
		cmocka_unit_test_setup(an_id_becomes_a_label, set_up),
		cmocka_unit_test_setup(answers_are_judged, set_up),
		cmocka_unit_test_setup(a_user_logs_in_first_and_again, set_up),
		cmocka_unit_test_setup(who_is_refused_stays_out, set_up),
		cmocka_unit_test_setup(users_are_found, set_up),
		cmocka_unit_test_setup(the_next_address_is_tried, set_up),
		cmocka_unit_test_setup(services_are_asked_for, set_up),
		cmocka_unit_test_setup(what_is_too_much_is_refused, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
