/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema.h"
#include "config/value.h"
#include "tests/unit/config/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void without_anything_it_is_a_plain_init(void **state) {
	const struct config *c = loading_must((struct loading){ 0 });

	(void)state;
	assert_false(c->given);
	assert_null(c->path);
	assert_null(c->app.command);
	assert_int_equal(c->app.stop_on, 1 << 1 | 1 << 14);
	assert_int_equal(c->app.stop_timeout, CONFIG_NONE);
	assert_int_equal(c->app.umask, CONFIG_NONE);
	assert_int_equal(c->app.leftover_timeout, 5000);
	assert_int_equal(c->net.wait, 10000);
	assert_int_equal(c->discovery.timeout, 5000);
	assert_int_equal(c->log.level, CONFIG_LOG_WARN);
	assert_string_equal(c->agent.user, "65534");
	assert_null(c->control.socket);
}

/* The default as the schema has it. */
static void check_default(const struct schema_key *key, const char *by_heart) {
	char text[64];
	uint64_t field[8] = { 0 };
	struct error e = { 0 };

	(void)snprintf(text, sizeof(text), "%s", schema_text(key->preset));
	value_clear(key, field);
	if (*text)
		assert_int_equal(value_type(key)->parse(key, text, field, &e), 0);
	if (*text && value_type(key)->keeps)
		assert_string_equal(*(const char *const *)by_heart, schema_text(key->preset));
	else
		assert_memory_equal(by_heart, field, value_type(key)->size);
}

static void the_defaults_are_those_of_the_schema(void **state) {
	const struct config *c = loading_must((struct loading){ 0 });

	(void)state;
	for (SCHEMA_EACH_SECTION(s))
		if (s->size == 0)
			for (SCHEMA_EACH_KEY(s, k))
				check_default(k, (const char *)schema_object(s, c) + k->offset);
}

static void sections_have_the_promised_defaults(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = "[port p]\n[interface i]\n[service s]\n",
	});

	(void)state;
	assert_int_equal(c->ports->range.first, 20000);
	assert_int_equal(c->ports->range.last, 32000);
	assert_int_equal(c->ports->preset, CONFIG_NONE);
	assert_int_equal(c->ports->taken, CONFIG_TAKEN_FAIL);
	assert_false(c->ports->share);
	assert_true(c->interfaces->up);
	assert_int_equal(c->interfaces->mtu, CONFIG_NONE);
	assert_int_equal(c->services->ttl, 15000);
	assert_int_equal(c->services->drain, 2000);
	assert_int_equal(c->services->deregister_after, 60000);
	assert_int_equal(c->services->initial, CONFIG_CRITICAL);
}

static void all_mistakes_come_at_once(void **state) {
	(void)state;
	assert_int_equal(loading_try((struct loading){
				 .file = "[app]\nx = 1\ndrain = x\n[nothing]\n",
				 .environment = LOADING_LIST("PINTLE_X=1"),
				 .options = LOADING_LIST("x=1"),
			 }),
			 -1);
	assert_int_equal(loading_report()->mistakes, 5);
	for (const char *place = ":2: \0:3: \0:4: \0PINTLE_X: \0-o x: \0"; *place;
	     place += strlen(place) + 1)
		assert_non_null(strstr(loading_report()->text, place));
}

static void too_many_mistakes_are_counted(void **state) {
	static char file[CONFIG_FILE_SIZE];
	const struct config_report *r = loading_report();
	size_t len = 0;
	unsigned lines = 0;
	char last[32];

	(void)state;
	for (int i = 0; i < 5000; i++)
		len += (size_t)snprintf(file + len, sizeof(file) - len, "x%d\n", i);
	assert_int_equal(loading_try((struct loading){ .file = file }), -1);
	assert_int_equal(r->mistakes, 5000);
	assert_int_equal(strlen(r->text), r->len);
	for (size_t i = 0; i < r->len; i++)
		lines += r->text[i] == '\n';
	(void)snprintf(last, sizeof(last), "\n... and %u more\n", 5000 - (lines - 1));
	assert_string_equal(r->text + r->len - strlen(last), last);
}

static void a_missing_file_may_be_optional(void **state) {
	static struct config c;
	static struct config_report r;
	struct config_input input = { .path = "/nowhere/pintle.ini", .optional = true };

	(void)state;
	assert_int_equal(config_load(&c, &input, &r), 0);
	assert_false(c.given);
	input.optional = false;
	assert_int_equal(config_load(&c, &input, &r), -1);
	assert_string_equal(r.text,
			    "/nowhere/pintle.ini: can't be read: No such file or directory\n");
	input = (struct config_input){ .path = "/", .optional = true };
	assert_int_equal(config_load(&c, &input, &r), -1);
	assert_string_equal(r.text, "/: can't be read: Is a directory\n");
}

static void tells_where_a_value_comes_from(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = "[log]\nlevel = info\n[interface eth0]\n\nmtu = 1400\n",
		.environment = LOADING_LIST("PINTLE_LOG_FORMAT=json"),
		.options = LOADING_LIST("net.wait=1s"),
	});
	char text[128];

	(void)state;
	config_where(c, &c->interfaces->head.origins[1], text, sizeof(text));
	assert_non_null(strstr(text, ":5"));
	assert_int_equal(strncmp(text, c->path, strlen(c->path)), 0);
	config_where(c, &c->log.head.origins[1], text, sizeof(text));
	assert_string_equal(text, "PINTLE_LOG_FORMAT");
	config_where(c, &c->net.head.origins[1], text, sizeof(text));
	assert_string_equal(text, "-o net.wait");
	config_where(c, &c->net.head.origins[0], text, sizeof(text));
	assert_string_equal(text, "default");
}

static void mistakes_are_printable(void **state) {
	(void)state;
	loading_refuse((struct loading){ .environment = LOADING_LIST("PINTLE_\033[2J\n=x") },
		       "PINTLE_?[2J?: ", "no such setting");
	loading_refuse((struct loading){ .options = LOADING_LIST("\nx.y=1") },
		       "-o ?x.y: ", "no section");
}

static void memory_has_an_end(void **state) {
	static char file[CONFIG_FILE_SIZE], value[CONFIG_FILE_SIZE / 2];
	size_t len = (size_t)snprintf(file, sizeof(file), "[env]\n");

	(void)state;
	memset(value, 'x', sizeof(value) - 1);
	memcpy(value, "X=", 2);
	for (int i = 0; i < 20; i++)
		len += (size_t)snprintf(file + len, sizeof(file) - len, "V%d = ${X}\n", i);
	assert_int_equal(
		loading_try((struct loading){ .file = file, .environment = LOADING_LIST(value) }),
		-1);
	assert_non_null(strstr(loading_report()->text, "CONFIG_MEMORY"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_anything_it_is_a_plain_init),
		cmocka_unit_test(the_defaults_are_those_of_the_schema),
		cmocka_unit_test(sections_have_the_promised_defaults),
		cmocka_unit_test(all_mistakes_come_at_once),
		cmocka_unit_test(too_many_mistakes_are_counted),
		cmocka_unit_test(a_missing_file_may_be_optional),
		cmocka_unit_test(tells_where_a_value_comes_from),
		cmocka_unit_test(mistakes_are_printable),
		cmocka_unit_test(memory_has_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
