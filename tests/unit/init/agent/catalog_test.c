/* SPDX-License-Identifier: Apache-2.0 */
/* What Consul answers, as templates show it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "init/agent/catalog.h"
#include "init/agent/registry.h"
#include "init/agent/watch.h"

#include <cmocka.h>

#define SERVICE(inner)                                                                             \
	"{\"Node\":{\"Address\":\"127.0.0.9\"},\"Service\":{" inner "},\"Checks\":[]}"

static struct collector c;
static struct config_watch watches[2] = {
	{ .head = { .name = "rng", .next = &watches[1] } },
	{ .head = { .name = "unknown-yet" } },
};
static const struct config config = { .watches = watches };
static char output[1024];
static size_t length;

/* In the place of watch.c's, which would have to ask a registry. */
const struct instances *watch_list(unsigned watch) {
	return watch == 0 ? &c.list : NULL;
}

static int collect(void **state) {
	static const char text[] =
		"[" SERVICE("\"ID\":\"a\",\"Tags\":[\"x\",\"y\"],\"Address\":"
			    "\"10.0.0.1\","
			    "\"Meta\":{\"zone\":\"z1\",\"empty\":\"\"},\"Port\":"
			    "80") "," SERVICE("\"ID\":\"b\",\"Tags\":[],"
					      "\"Address\":\"10.0.0.2\","
					      "\"Meta\":{},"
					      "\"Port\":65535") "," SERVICE("\"I"
									    "D\""
									    ":\""
									    "c\""
									    ",\""
									    "Add"
									    "res"
									    "s\""
									    ":\""
									    "\","
									    "\"P"
									    "ort"
									    "\":"
									    "0") "]";

	(void)state;
	c.paths = registry_consul.paths;
	c.who = "watch rng";
	c.sorted = true;
	collector_begin(&c);
	collector_begin_text(&c);
	if (collector_feed(&c, text, strlen(text)) < 0 || !collector_end_text(&c))
		return -1;
	collector_end(&c);
	catalog_init(&config);
	return c.list.count == 3 ? 0 : -1;
}

static int forget(void **state) {
	(void)state;
	instances_free(&c.list);
	return 0;
}

static void put(struct mustache *m, const char *text, size_t len) {
	(void)m;
	assert_true(length + len < sizeof(output));
	memcpy(output + length, text, len);
	length += len;
	output[length] = '\0';
}

static void shows(const char *template, const char *expected) {
	struct mustache m = {
		.template = template,
		.end = template + strlen(template),
		.look_up = catalog_look_up,
		.put = put,
		.limit = sizeof(output),
	};
	struct error e = { 0 };

	length = 0;
	*output = '\0';
	assert_int_equal(mustache_render(&m, &e), 0);
	assert_string_equal(output, expected);
}

static void instances_are_a_list(void **state) {
	(void)state;
	shows("{{#rng}}{{id}} {{address}}:{{port}};{{/rng}}",
	      "a 10.0.0.1:80;b 10.0.0.2:65535;c 127.0.0.9:;");
	shows("{{rng.address}}:{{rng.port}}", "10.0.0.1:80");
	shows("{{^rng}}none{{/rng}}[{{rng}}]", "[]");
	shows("{{#rng}}{{^port}}{{id}}{{/port}}{{/rng}}", "c");
}

static void what_is_not_known_is_none(void **state) {
	(void)state;
	shows("{{#unknown-yet}}x{{/unknown-yet}}{{^unknown-yet}}none{{/unknown-yet}}", "none");
	shows("[{{other}}{{rn}}{{rng.other}}{{unknown-yet.id}}]", "[]");
}

static void tags_are_a_list_within(void **state) {
	(void)state;
	shows("{{#rng}}{{id}}({{#tags}}{{.}}{{^last}},{{/last}}{{/tags}}){{/rng}}", "a(x,y)b()c()");
	/* A list within itself. */
	shows("{{#rng}}{{#tags}}{{#rng}}{{#tags}}{{.}}{{/tags}}{{/rng}}{{.}};{{/tags}}{{/rng}}",
	      "xyx;xyy;");
}

static void meta_goes_by_its_key(void **state) {
	(void)state;
	shows("{{#rng}}{{meta.zone}}{{#meta}}<{{zone}}>{{/meta}};{{/rng}}", "z1<z1>;;;");
	shows("{{rng.meta.zone}}[{{rng.meta.empty}}{{rng.meta.other}}]", "z1[]");
}

static void the_first_and_the_last_are_told(void **state) {
	(void)state;
	shows("{{#rng}}{{#first}}[{{/first}}{{id}}{{^last}},{{/last}}{{#last}}]{{/last}}{{/rng}}",
	      "[a,b,c]");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(instances_are_a_list),
		cmocka_unit_test(what_is_not_known_is_none),
		cmocka_unit_test(tags_are_a_list_within),
		cmocka_unit_test(meta_goes_by_its_key),
		cmocka_unit_test(the_first_and_the_last_are_told),
	};

	return cmocka_run_group_tests(tests, collect, forget);
}
