/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *file, *line, *wrong;
} mistakes[] = {
	{ "\xef\xbb\xbf[app]\n", ":1: ", "byte order mark" },
	{ "command = x\n", ":1: ", "before any" },
	{ "[app]\ncommand = a\n  b\n", ":3: ", "continuation" },
	{ "[app]\n command = a\n", ":2: ", "blank" },
	{ "[app]\n\tdrain = 1s\n", ":2: ", "blank" },
	{ " [app]\n", ":1: ", "blank" },
	{ "[app]\ncommand: a\n", ":2: ", "only = separates" },
	{ "[app]\ncommand: a = b\n", ":2: ", "only = separates" },
	{ "[app]\ncommand\n", ":2: ", "neither" },
	{ "[app]\n= x\n", ":2: ", "no key" },
	{ "[app\n", ":1: ", "] of the section is missing" },
	{ "[app] x\n", ":1: ", "behind the ]" },
	{ "[app] # x\n", ":1: ", "behind the ]" },
	{ "[app]]\n", ":1: ", "behind the ]" },
	{ "[]\n", ":1: ", "unknown section []" },
	{ "[ap]\n", ":1: ", "did you mean 'app'?" },
	{ "[App]\n", ":1: ", "did you mean 'app'?" },
	{ "[app x]\n", ":1: ", "has no name" },
	{ "[port]\n", ":1: ", "needs a name" },
	{ "[port ]\n", ":1: ", "needs a name" },
	{ "[app]\ncomand = x\n", ":2: [app]: unknown key", "did you mean 'command'?" },
	{ "[app]\nCommand = x\n", ":2: ", "did you mean 'command'?" },
	{ "[app]\nzzzzzz = x\n", ":2: ", "unknown key 'zzzzzz'" },
	{ "[app]\ndrain = 1s\ndrain = 1s\n", ":3: [app] drain: ", "already in line 2" },
	{ "[env]\nA = 1\nA = 2\n", ":3: [env] A: ", "already in line 2" },
	{ "[app]\n[log]\n[app]\n", ":3: [app]: ", "already in line 1" },
	{ "[env]\n\n[env]\n", ":3: [env]: ", "already in line 1" },
	{ "[port a]\n[port b]\n[port a]\n", ":3: [port a]: ", "already in line 1" },
	{ "[app]\ncommand = a\001b\n", ":2: ", "control character" },
	{ "[app]\ncommand = a\033[31m\n", ":2: ", "control character" },
	{ "[app]\ncommand = a\177\n", ":2: ", "control character" },
	{ "[app]\ncommand = a\rb\n", ":2: ", "control character" },
	{ "[app]\ncommand = a\r\r\n", ":2: ", "control character" },
	{ "# \001\n", ":1: ", "control character" },
	{ "[app]\nlevel = info\n", ":2: ", "unknown key" },
	{ "[service web]\nttl = 5\n", ":2: [service web] ttl: ", "duration" },
	{ "[discovery]\nregistry = zookeeper\n", ":2: ", "none|consul|etcd|file" },
	{ "[restart]\n", ":1: ", "unknown section [restart]" },
};

static void mistakes_name_their_line(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		loading_refuse((struct loading){ .file = mistakes[i].file }, mistakes[i].line,
			       mistakes[i].wrong);
		assert_int_equal(loading_report()->mistakes, 1);
	}
}

static void nul_bytes_are_refused(void **state) {
	static const char file[] = "[app]\ncommand = a\0b\n# x\0\n";

	(void)state;
	loading_refuse((struct loading){ .file = file, .size = sizeof(file) - 1 }, ":2: ", "NUL");
	loading_refuse((struct loading){ .file = file, .size = sizeof(file) - 1 }, ":3: ", "NUL");
}

static void comments_and_blank_lines_are_skipped(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = "; a\n# b\n\n  \n  # c\n[ log ]\n;level = info\nlevel=debug\n\n",
	});

	(void)state;
	assert_int_equal(c->log.level, CONFIG_LOG_DEBUG);
	assert_int_equal(c->log.head.origins[0].line, 8);
}

static void there_are_no_inline_comments(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = "[app]\ndirectory = /a ; b # c\n[env]\nX = # y\n",
	});

	(void)state;
	assert_string_equal(c->app.directory, "/a ; b # c");
	assert_string_equal(c->env->value, "# y");
}

static void line_ends_may_be_those_of_windows(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = "[app]\r\n\r\ndirectory = /a b \r\nuser = x",
	});

	(void)state;
	assert_string_equal(c->app.directory, "/a b");
	assert_string_equal(c->app.user, "x");
}

/* [app] and a line of so many bytes. */
static const char *with_line(size_t bytes) {
	static char file[8192];

	(void)snprintf(file, sizeof(file), "[app]\ndirectory = /%0*d\nuser = x\n", (int)bytes - 13,
		       0);
	return file;
}

static void lines_have_a_limit(void **state) {
	const struct config *c = loading_must((struct loading){ .file = with_line(CONFIG_LINE) });

	(void)state;
	assert_int_equal(strlen(c->app.directory), CONFIG_LINE - 12);
	assert_string_equal(c->app.user, "x");
	loading_refuse((struct loading){ .file = with_line(CONFIG_LINE + 1) },
		       ":2: ", "4095 bytes");
	assert_string_equal(loading_config()->app.user, "x");
}

static const char *with_name(size_t bytes) {
	static char file[1024];

	(void)snprintf(file, sizeof(file), "[port %0*d]\ndefault = 80\n", (int)bytes, 1);
	return file;
}

/* inih keeps 49 bytes of a section's name and drops the rest. */
static void headers_have_a_limit(void **state) {
	const struct config *c;

	(void)state;
	c = loading_must((struct loading){ .file = with_name(CONFIG_HEADER - 5) });
	assert_int_equal(strlen(c->ports->head.name), CONFIG_HEADER - 5);
	assert_int_equal(c->ports->preset, 80);
	loading_refuse((struct loading){ .file = with_name(CONFIG_HEADER - 4) },
		       ":1: ", "255 bytes");
}

static void files_have_a_limit(void **state) {
	static char file[CONFIG_FILE_SIZE + 2];

	(void)state;
	memset(file, '\n', sizeof(file));
	loading_must((struct loading){ .file = file, .size = CONFIG_FILE_SIZE });
	assert_int_equal(
		loading_try((struct loading){ .file = file, .size = CONFIG_FILE_SIZE + 1 }), -1);
	assert_non_null(strstr(loading_report()->text, "1048576 bytes"));
}

static void sections_have_a_limit(void **state) {
	static char file[8192];
	size_t len = 0;

	(void)state;
	for (int i = 0; i <= CONFIG_PORTS; i++)
		len += (size_t)snprintf(file + len, sizeof(file) - len, "[port p%d]\n", i);
	loading_refuse((struct loading){ .file = file }, ":65: ", "more than 64 [port]");
}

static void nothing_in_a_file_is_no_mistake(void **state) {
	(void)state;
	assert_true(loading_must((struct loading){ .file = "" })->given);
	loading_must((struct loading){ .file = "\n" });
	loading_must((struct loading){ .file = "[app]" });
}

static void a_line_that_is_as_long_as_the_buffer_hides_nothing(void **state) {
	(void)state;
	for (size_t n = CONFIG_LINE - 3; n <= CONFIG_LINE; n++)
		assert_string_equal(
			loading_must((struct loading){ .file = with_line(n) })->app.user, "x");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mistakes_name_their_line),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(comments_and_blank_lines_are_skipped),
		cmocka_unit_test(there_are_no_inline_comments),
		cmocka_unit_test(line_ends_may_be_those_of_windows),
		cmocka_unit_test(lines_have_a_limit),
		cmocka_unit_test(headers_have_a_limit),
		cmocka_unit_test(files_have_a_limit),
		cmocka_unit_test(sections_have_a_limit),
		cmocka_unit_test(nothing_in_a_file_is_no_mistake),
		cmocka_unit_test(a_line_that_is_as_long_as_the_buffer_hides_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
