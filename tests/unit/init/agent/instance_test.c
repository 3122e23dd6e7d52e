/* SPDX-License-Identifier: Apache-2.0 */
/* What the real registries answer, and what others could put into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "init/agent/instance.h"
#include "init/agent/registry.h"
#include "init/log.h"

#include <cmocka.h>

#define NODE "\"Node\":{\"Node\":\"n18\",\"Address\":\"127.0.0.9\",\"Meta\":{\"ID\":\"x\"}}"
#define SERVICE(inner) "{" NODE ",\"Service\":{" inner "},\"Checks\":[{\"ServiceID\":\"y\"}]}"
#define PLAIN(id, address) SERVICE("\"ID\":\"" id "\",\"Address\":\"" address "\",\"Port\":80")
#define GOOD PLAIN("good", "10.0.0.1")

static struct collector c;

static bool collect(const char *text, size_t piece) {
	size_t size = strlen(text);

	instances_free(&c.list);
	c.paths = registry_consul.paths;
	c.who = "watch test";
	collector_begin(&c);
	collector_begin_text(&c);
	for (size_t at = 0; at < size; at += piece)
		if (collector_feed(&c, text + at, size - at < piece ? size - at : piece) < 0)
			return false;
	if (!collector_end_text(&c))
		return false;
	collector_end(&c);
	return true;
}

static struct instance view(unsigned i) {
	struct instance one;

	assert_true(i < c.list.count);
	instances_view(&c.list, i, &one);
	return one;
}

/* As facts have it of Consul 1.8.7. */
static const char whole[] =
	"[" SERVICE("\"ID\":\"web-1\",\"Service\":\"web\",\"Tags\":[\"v1\",\"blue\"],"
		    "\"Address\":\"10.9.8.7\",\"TaggedAddresses\":{\"lan_ipv4\":{"
		    "\"Address\":"
		    "\"1.2.3.4\",\"Port\":28080}},\"Meta\":{\"version\":\"1.0\","
		    "\"pintle-mac\":"
		    "\"02:42:0a:09:08:07\"},\"Port\":28080,\"Weights\":{\"Passing\":"
		    "1}") "," SERVICE("\"ID\":\"web-0\",\"Tags\":null,\"Address\":"
				      "\"\",\"Port\":0,\"Meta\":{}") "]";

static void takes_what_consul_answers(void **state) {
	(void)state;
	for (size_t piece = 1; piece <= sizeof(whole); piece++) {
		struct instance one;

		c.sorted = true;
		assert_true(collect(whole, piece));
		assert_int_equal(c.list.count, 2);
		one = view(0);
		assert_string_equal(one.id, "web-0");
		assert_string_equal(one.address, "127.0.0.9");
		assert_int_equal(one.port, 0);
		assert_int_equal(one.tags_count + one.metas_count, 0);
		one = view(1);
		assert_string_equal(one.id, "web-1");
		assert_string_equal(one.address, "10.9.8.7");
		assert_int_equal(one.port, 28080);
		assert_int_equal(one.tags_count, 2);
		assert_string_equal(one.tags[1], "blue");
		assert_int_equal(one.metas_count, 2);
		assert_string_equal(one.metas[1].key, "pintle-mac");
		assert_string_equal(one.metas[1].value, "02:42:0a:09:08:07");
	}
}

/* A registry that answers something else is no registry without instances. */
static void what_is_no_list_is_refused(void **state) {
	static const char *const wrong[] = { "null", "{}", "{\"a\":[]}", "\"\"", "0", "[", "[]]" };

	(void)state;
	assert_true(collect("[]", 9999));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(collect(wrong[i], 9999));
}

static void order_is_sorted_or_the_registrys(void **state) {
	uint64_t digest;

	(void)state;
	c.sorted = true;
	assert_true(collect("[" PLAIN("b", "10.0.0.1") "," PLAIN("a", "10.0.0.3") "," PLAIN(
				    "a", "10.0.0.2") "]",
			    9999));
	assert_string_equal(view(0).address, "10.0.0.2");
	assert_string_equal(view(1).address, "10.0.0.3");
	assert_string_equal(view(2).id, "b");
	digest = c.list.digest;
	c.sorted = false;
	assert_true(collect("[" PLAIN("a", "10.0.0.3") "," PLAIN("b", "10.0.0.1") "," PLAIN(
				    "a", "10.0.0.2") "]",
			    9999));
	assert_string_equal(view(1).id, "b");
	assert_true(c.list.digest == digest); /* the order is no change */
}

static void anything_else_is_a_change(void **state) {
	static const char *const others[] = {
		"[" SERVICE("\"ID\":\"a\",\"Address\":\"h\",\"Port\":81") "]",
		"[" SERVICE("\"ID\":\"a\",\"Address\":\"i\",\"Port\":80") "]",
		"[" SERVICE("\"ID\":\"b\",\"Address\":\"h\",\"Port\":80") "]",
		"[" SERVICE("\"ID\":\"a\",\"Address\":\"h\",\"Port\":80,\"Tags\":[\"x\"]") "]",
		"[" SERVICE(
			"\"ID\":\"a\",\"Address\":\"h\",\"Port\":80,\"Meta\":{\"x\":\"y\"}") "]",
		"[]",
	};
	uint64_t digest;

	(void)state;
	assert_true(collect("[" PLAIN("a", "h") "]", 9999));
	digest = c.list.digest;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		assert_true(collect(others[i], 9999));
		assert_true(c.list.digest != digest);
	}
}

/* One that is no good hides no other. */
static void what_could_do_harm_is_left_out(void **state) {
	static const char *const wrong[] = {
		PLAIN("", "10.0.0.2"),
		PLAIN("a b", "10.0.0.2"),
		PLAIN("$(reboot)", "10.0.0.2"),
		PLAIN("a\\nserver evil", "10.0.0.2"),
		PLAIN("a\\u0000", "10.0.0.2"),
		PLAIN("\xc3\xa9", "10.0.0.2"),
		PLAIN("a", "10.0.0.2;"),
		PLAIN("a", "[::1]"),
		PLAIN("a", "10.0.0.2\\n"),
		SERVICE("\"Address\":\"10.0.0.2\",\"Port\":80"),
		SERVICE("\"ID\":\"a\",\"Address\":\"h\",\"Port\":70000"),
		SERVICE("\"ID\":\"a\",\"Address\":\"h\",\"Port\":-1"),
		SERVICE("\"ID\":\"a\",\"Address\":\"h\",\"Port\":1.5"),
		SERVICE("\"ID\":\"a\",\"Address\":\"h\",\"Port\":99999999999999999999"),
		SERVICE("\"ID\":\"a\",\"Address\":\"h\",\"Tags\":[\"x\\ny\"]"),
		SERVICE("\"ID\":\"a\",\"Address\":\"h\",\"Meta\":{\"x\":\"\\u007f\"}"),
		SERVICE("\"ID\":\"a\",\"Address\":\"h\",\"Meta\":{\"x\\n\":\"y\"}"),
		"{\"Service\":{\"ID\":\"a\",\"Port\":80}}", /* no address at all */
		"{}",
		"[]",
	};
	char text[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		sprintf(text, "[%s,%s]", wrong[i], GOOD);
		assert_true(collect(text, 9999));
		if (c.list.count != 1 || c.refusals != 1)
			fail_msg("taken: %s", wrong[i]);
		assert_string_equal(view(0).id, "good");
	}
}

static void what_is_usual_is_taken(void **state) {
	static const char *const fine[] = {
		PLAIN("_nomad-task-1.2:web/80", "fd00::1"),
		PLAIN("a", "db-1.example_x.com"),
		SERVICE("\"ID\":\"a\",\"Address\":\"h\",\"Port\":65535"),
		SERVICE("\"ID\":\"a\",\"Address\":\"h\",\"Tags\":[\"\",\"a b=c \xc3\xa9\"]"),
	};
	char text[2048];

	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++) {
		sprintf(text, "[%s]", fine[i]);
		assert_true(collect(text, 9999));
		if (c.list.count != 1)
			fail_msg("left out: %s", fine[i]);
	}
}

static void sizes_are_limited(void **state) {
	static char text[65536];
	size_t n;

	(void)state;
	for (int more = 0; more < 2; more++) {
		n = (size_t)sprintf(text,
				    "[{\"Service\":{\"ID\":\"a\",\"Address\":\"h\",\"Tags\":[");
		for (int i = 0; i < INSTANCE_TAGS + more; i++)
			n += (size_t)sprintf(text + n, "%s\"t\"", i ? "," : "");
		n += (size_t)sprintf(text + n, "],\"Meta\":{");
		for (int i = 0; i < INSTANCE_METAS; i++)
			n += (size_t)sprintf(text + n, "%s\"k%d\":\"v\"", i ? "," : "", i);
		sprintf(text + n, "}}}]");
		assert_true(collect(text, 9999));
		assert_int_equal(c.list.count, !more);
	}
	n = (size_t)sprintf(text, "[{\"Service\":{\"ID\":\"");
	memset(text + n, 'a', INSTANCE_NAME);
	sprintf(text + n + INSTANCE_NAME, "\",\"Address\":\"h\"}}]");
	assert_true(collect(text, 9999));
	assert_int_equal(c.list.count, 0);
	n = (size_t)sprintf(text, "[{\"Service\":{\"ID\":\"a\",\"Address\":\"h\",\"Tags\":[");
	for (int i = 0; i < 12; i++) {
		n += (size_t)sprintf(text + n, "%s\"", i ? "," : "");
		memset(text + n, 'a', 500);
		n += 500 + (size_t)sprintf(text + n + 500, "\"");
	}
	sprintf(text + n, "]}}]");
	assert_true(collect(text, 9999));
	assert_int_equal(c.list.count, 0);
}

static void lists_are_limited(void **state) {
	size_t n = 1, size = (INSTANCE_MAX + 10) *
			     sizeof("{\"Service\":{\"ID\":\"12345\",\"Address\":\"h\"}},");
	char *text = malloc(size);

	(void)state;
	text[0] = '[';
	for (int i = 0; i < INSTANCE_MAX + 3; i++)
		n += (size_t)sprintf(text + n, "%s{\"Service\":{\"ID\":\"%d\",\"Address\":\"h\"}}",
				     i ? "," : "", i);
	strcpy(text + n, "]");
	c.sorted = true;
	assert_true(collect(text, 4096));
	assert_int_equal(c.list.count, INSTANCE_MAX);
	assert_true(c.lost);
	free(text);
}

/* A registry that is a directory: whether it lives, the age of its file says. */
static void files_have_a_state_an_age_and_tags(void **state) {
	static const struct {
		const char *text;
		int64_t age;
		unsigned count;
	} rows[] = {
		{ "{\"id\":\"a\",\"address\":\"h\",\"state\":\"passing\",\"ttl\":5000}", 4999, 1 },
		{ "{\"id\":\"a\",\"address\":\"h\",\"state\":\"passing\",\"ttl\":5000}", 5000, 0 },
		{ "{\"id\":\"a\",\"address\":\"h\",\"state\":\"critical\",\"ttl\":5000}", 0, 0 },
		{ "{\"id\":\"a\",\"address\":\"h\",\"state\":\"passing\"}", 0, 0 },
	};
	struct config_word second = { .text = "y" }, first = { { .next = &second }, "x" };

	(void)state;
	c.ages = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		instances_free(&c.list);
		c.paths = registry_file.paths;
		c.age = rows[i].age;
		collector_begin(&c);
		collector_begin_text(&c);
		assert_int_equal(collector_feed(&c, rows[i].text, strlen(rows[i].text)), 0);
		assert_true(collector_end_text(&c));
		assert_int_equal(c.list.count, rows[i].count);
	}
	c.ages = false;
	c.wanted = &first;
	assert_true(collect("[" SERVICE("\"ID\":\"a\",\"Tags\":[\"y\",\"z\",\"x\"]") "," SERVICE(
				    "\"ID\":\"b\",\"Tags\":[\"x\"]") "]",
			    9999));
	assert_int_equal(c.list.count, 1);
	c.wanted = NULL;
}

static int silence(void **state) {
	const struct config_log only_errors = { .level = CONFIG_LOG_ERROR };

	(void)state;
	log_init(&only_errors);
	return 0;
}

static int free_list(void **state) {
	(void)state;
	instances_free(&c.list);
	return 0;
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes_what_consul_answers),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(order_is_sorted_or_the_registrys),
		cmocka_unit_test(anything_else_is_a_change),
		cmocka_unit_test(what_could_do_harm_is_left_out),
		cmocka_unit_test(what_is_usual_is_taken),
		cmocka_unit_test(sizes_are_limited),
		cmocka_unit_test(lists_are_limited),
		cmocka_unit_test(files_have_a_state_an_age_and_tags),
	};

	return cmocka_run_group_tests(tests, silence, free_list);
}
