/* SPDX-License-Identifier: Apache-2.0 */
/* What etcd 3.4.23 answers to a range, and what others could put into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "init/agent/base64.h"
#include "init/agent/etcd_list.h"
#include "init/log.h"

#include <cmocka.h>

static struct etcd_list l = { .collector.who = "watch test", .collector.sorted = true };
static char answer[65536];

static void begin(enum config_layout layout) {
	l.layout = layout;
	strcpy(answer, "{\"header\":{\"cluster_id\":\"14443903163313418560\",\"revision\":\"7\"},"
		       "\"kvs\":[");
}

static void add(const char *key, const char *value) {
	static char coded[2][8192];

	base64_encode(key, strlen(key), coded[0]);
	base64_encode(value, strlen(value), coded[1]);
	sprintf(answer + strlen(answer),
		"%s{\"key\":\"%s\",\"create_revision\":\"2\",\"value\":\"%s\",\"lease\":\"9\"}",
		answer[strlen(answer) - 1] == '[' ? "" : ",", coded[0], coded[1]);
}

static bool read_in(size_t piece) {
	size_t size = strlen(answer);

	etcd_list_begin(&l);
	for (size_t at = 0; at < size; at += piece)
		if (etcd_list_feed(&l, answer + at, size - at < piece ? size - at : piece) < 0)
			return false;
	return etcd_list_end(&l);
}

/* "id address port" of each, and how many were left out. */
static void has(const char *wanted, unsigned refused) {
	strcat(answer, "],\"count\":\"2\"}");
	for (size_t piece = 1; piece < 700; piece += 1 + piece / 4) {
		char text[1024] = "";

		assert_true(read_in(piece));
		assert_int_equal(l.revision, 7);
		assert_int_equal(l.collector.refusals, refused);
		for (unsigned i = 0; i < l.collector.list.count; i++) {
			struct instance one;

			instances_view(&l.collector.list, i, &one);
			sprintf(text + strlen(text), "%s %s %u;", one.id, one.address, one.port);
		}
		assert_string_equal(text, wanted);
	}
}

static void each_layout_is_read(void **state) {
	(void)state;
	begin(CONFIG_SKYDNS);
	add("/skydns/x/web/b", "{\"host\":\"10.0.0.2\",\"port\":80,\"ttl\":60}");
	add("/skydns/x/web/a", "{\"host\":\"fd00::1\",\"port\":81,\"tags\":[\"t\"]}");
	has("a fd00::1 81;b 10.0.0.2 80;", 0);
	begin(CONFIG_REGISTRATOR);
	add("/services/web/host:web:80", "10.0.0.2:80");
	add("/services/web/six", "[fd00::1]:81");
	has("host:web:80 10.0.0.2 80;six fd00::1 81;", 0);
	begin(CONFIG_PLAIN);
	add("/services/web/x", "{\"id\":\"a/b\",\"address\":\"10.0.0.2\",\"port\":80,"
			       "\"state\":\"passing\",\"ttl\":15000}");
	add("/services/web/y", "{\"id\":\"c\",\"address\":\"10.0.0.3\",\"state\":\"critical\"}");
	has("a/b 10.0.0.2 80;", 0);
	begin(CONFIG_SKYDNS);
	has("", 0);
}

static void what_is_no_instance_is_left_out(void **state) {
	static const char *const wrong[] = {
		"",    ":", "x", "[:1", "a:b", "a\",\"port\":1,\"host:2", "a b:1", "10.0.0.1:65536",
		"[]:1"
	};

	(void)state;
	begin(CONFIG_REGISTRATOR);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		add("/services/web/x", wrong[i]);
	add("/services/web/", "10.0.0.1:80");
	add("/services/web/$(x)", "10.0.0.1:80");
	add("/services/web/good", "10.0.0.1:80");
	has("good 10.0.0.1 80;", 11);
	begin(CONFIG_SKYDNS);
	add("web/a", "10.0.0.1:80");
	add("web/b", "[]");
	add("web/c", "{\"host\":\"10.0.0.1\"");
	add("web/d", "{\"host\":\"10.0.0.1\"}");
	strcat(answer, ",{\"value\":\"e30=\"},{\"key\":\"!\",\"value\":\"!\"}");
	has("d 10.0.0.1 0;", 5);
}

/* Whatever the size of a key or a value, nothing is cut but what no instance has. */
static void long_texts_are_read(void **state) {
	static char value[6000], key[3000];
	struct instance one;

	(void)state;
	begin(CONFIG_SKYDNS);
	memset(key, 'k', sizeof(key) - 1);
	memcpy(key + sizeof(key) - 5, "/web", 4);
	strcpy(value, "{\"host\":\"10.0.0.1\",\"meta\":{");
	for (unsigned i = 0; i < 7; i++)
		sprintf(value + strlen(value), "\"k%u\":\"%0500u\",", i, i);
	strcat(value, "\"end\":\"x\"}}");
	add(key, value);
	key[sizeof(key) - 5] = 'k';
	add(key, value);
	has("web 10.0.0.1 0;", 1);
	instances_view(&l.collector.list, 0, &one);
	assert_int_equal(one.metas_count, 8);
	assert_string_equal(one.metas[7].value, "x");
	begin(CONFIG_REGISTRATOR);
	memset(value, '1', sizeof(value) - 1);
	add("web/a", value);
	has("", 1);
}

static void what_is_no_answer_is_refused(void **state) {
	static const char *const wrong[] = { "",
					     "{",
					     "[]",
					     "{}",
					     "{\"kvs\":[]}",
					     "{\"header\":{}}",
					     "{\"header\":{\"revision\":\"1\"}}x" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		strcpy(answer, wrong[i]);
		assert_false(read_in(1));
		assert_false(read_in(100));
	}
}

int main(void) {
	const struct config_log silent = { .level = CONFIG_LOG_ERROR };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_layout_is_read),
		cmocka_unit_test(what_is_no_instance_is_left_out),
		cmocka_unit_test(long_texts_are_read),
		cmocka_unit_test(what_is_no_answer_is_refused),
	};

	log_init(&silent);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
