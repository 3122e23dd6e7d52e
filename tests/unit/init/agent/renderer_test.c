/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/memory.h"
#include "init/agent/renderer.h"
#include "init/loop.h"
#include "init/message.h"

#include <cmocka.h>

enum { TEMPLATES = 2 };

static char folder[] = "/tmp/pintle-renderer-XXXXXX";
static char sources[TEMPLATES][64];
static struct config config;
static struct config_template templates[TEMPLATES];
static char *environment[] = { "A=1", "NAME=value", "EMPTY=", NULL };
static struct error e;

static char told[TEMPLATES][256];
static unsigned count, deaf;
static const char *instance;

/* Where the loop stops: nothing is left to be done. */
static void stop(struct loop_timer *t) {
	(void)t;
	loop_stop();
}

static void run(int64_t ms) {
	static struct loop_timer end = { .fire = stop };

	loop_arm(&end, ms);
	loop_run();
}

static int tell(unsigned template, int file) {
	ssize_t n;

	if (deaf) {
		deaf--;
		return -1;
	}
	assert_true(template <TEMPLATES);
	count++;
	if (file < 0) {
		strcpy(told[template], "failed");
		return 0;
	}
	assert_int_equal(fcntl(file, F_GET_SEALS) & 0xf,
			 F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	n = pread(file, told[template], sizeof(told[template]) - 1, 0);
	assert_true(n >= 0);
	told[template][n] = '\0';
	return 0;
}

static void watches(struct mustache *m, const void *list, unsigned index, const char *name,
		    size_t length, struct mustache_value *v) {
	(void)m;
	if (list && length == 2 && memcmp(name, "id", 2) == 0) {
		assert_int_equal(index, 0);
		v->kind = MUSTACHE_TEXT;
		v->text = instance;
		v->length = strlen(instance);
	} else if (!list && length == 3 && memcmp(name, "rng", 3) == 0) {
		v->kind = MUSTACHE_LIST;
		v->list = &instance;
		v->count = instance != NULL;
	}
}

static void write_source(unsigned i, const char *text) {
	FILE *f = fopen(sources[i], "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	fclose(f);
}

static int make_folder(void **state) {
	(void)state;
	return mkdtemp(folder) && loop_init() == 0 ? 0 : -1;
}

static int remove_folder(void **state) {
	(void)state;
	for (unsigned i = 0; i < TEMPLATES; i++)
		(void)unlink(sources[i]);
	return rmdir(folder);
}

static int set_up(void **state) {
	const struct renderer_setup setup = { .environment = environment, .tell = tell };

	(void)state;
	memory_reset();
	for (unsigned i = 0; i < TEMPLATES; i++) {
		snprintf(sources[i], sizeof(sources[i]), "%s/%u", folder, i);
		templates[i] = (struct config_template){ .head.name = i ? "second" : "first",
							 .source = sources[i] };
		*told[i] = '\0';
		write_source(i, "");
	}
	templates[0].head.next = &templates[1];
	config.templates = templates;
	count = deaf = 0;
	instance = NULL;
	e.len = 0;
	renderer_init(&setup);
	renderer_add(watches);
	return 0;
}

static void open_them(void) {
	assert_int_equal(renderer_open(&config, &e), 0);
}

static void the_environment_is_known(void **state) {
	(void)state;
	write_source(0, "{{NAME}}-{{A}}{{^EMPTY}}!{{/EMPTY}}{{NAM}}{{NAMES}}");
	open_them();
	renderer_begin();
	run(0);
	assert_string_equal(told[0], "value-1!");
	assert_string_equal(told[1], "");
	assert_int_equal(count, 2);
}

static void what_has_not_changed_is_not_told(void **state) {
	(void)state;
	write_source(0, "{{#rng}}{{id}} {{NAME}}{{/rng}}");
	open_them();
	renderer_begin();
	run(0);
	assert_int_equal(count, 2);
	renderer_change();
	run(0);
	assert_int_equal(count, 2);
	instance = "one";
	renderer_change();
	run(0);
	assert_int_equal(count, 3);
	assert_string_equal(told[0], "one value");
	renderer_begin();
	run(0);
	assert_int_equal(count, 5);
}

static void a_watch_hides_a_variable(void **state) {
	environment[0] = "rng=environment";
	(void)state;
	instance = "watch";
	write_source(0, "{{rng}}{{rng.id}}");
	open_them();
	renderer_begin();
	run(0);
	environment[0] = "A=1";
	assert_string_equal(told[0], "watch");
}

static void who_cannot_listen_is_told_later(void **state) {
	(void)state;
	write_source(0, "{{NAME}}");
	open_them();
	deaf = 1;
	renderer_begin();
	run(0);
	assert_int_equal(count, 0);
	while (count < 2)
		run(10);
	assert_string_equal(told[0], "value");
}

static void mistakes_are_all_found(void **state) {
	char expected[256];

	(void)state;
	write_source(0, "a\n{{#x}}");
	assert_int_equal(unlink(sources[1]), 0);
	assert_int_equal(renderer_open(&config, &e), -1);
	snprintf(expected, sizeof(expected),
		 "template first: %s: line 2: a section is not closed: 'x'; template second: %s: "
		 "No such file or directory",
		 sources[0], sources[1]);
	assert_string_equal(e.text, expected);
}

static void a_huge_template_is_refused(void **state) {
	(void)state;
	assert_int_equal(truncate(sources[0], RENDERER_SOURCE + 1), 0);
	assert_int_equal(renderer_open(&config, &e), -1);
	assert_non_null(strstr(e.text, "RENDERER_SOURCE"));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(the_environment_is_known), TEST(what_has_not_changed_is_not_told),
		TEST(a_watch_hides_a_variable), TEST(who_cannot_listen_is_told_later),
		TEST(mistakes_are_all_found),   TEST(a_huge_template_is_refused),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
