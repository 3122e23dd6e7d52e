/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "init/options.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

enum { ARGUMENTS = 12, TEXT = 16384 };

static struct options options;
static struct error error;

static int parse(const char *const *arguments) {
	static char *argv[ARGUMENTS + 1];
	int argc = 0;

	options = (struct options){ 0 };
	error = (struct error){ 0 };
	for (; arguments[argc]; argc++)
		argv[argc] = (char *)arguments[argc];
	argv[argc] = NULL;
	return options_parse(&options, argc, argv, &error);
}

#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })

static void test_a_command_only(void **state) {
	(void)state;
	assert_int_equal(PARSE("/pintle", "app", "-x", "--", "-y"), 0);
	assert_int_equal(options.mode, OPTIONS_RUN);
	assert_string_equal(options.command[0], "app");
	assert_string_equal(options.command[1], "-x");
	assert_string_equal(options.command[2], "--");
	assert_string_equal(options.command[3], "-y");
	assert_null(options.command[4]);
	assert_int_equal(options.verbosity, 1);
	assert_false(options.plain);
}

static void test_two_dashes_end_the_options(void **state) {
	(void)state;
	assert_int_equal(PARSE("pintle", "-g", "--", "-s", "x"), 0);
	assert_true(options.group);
	assert_false(options.subreaper);
	assert_string_equal(options.command[0], "-s");
	assert_int_equal(PARSE("pintle", "-"), 0);
	assert_string_equal(options.command[0], "-");
}

static void test_no_command_may_still_come_from_the_file(void **state) {
	(void)state;
	assert_int_equal(PARSE("pintle", "-g", "--"), 0);
	assert_null(options.command);
	assert_int_equal(options_need_command(&options, &error), -1);
	assert_non_null(strstr(error.text, "there is no command"));
	assert_int_equal(PARSE("pintle"), 0);
	assert_null(options.command);
}

static void test_every_way_to_write_a_value(void **state) {
	(void)state;
	assert_int_equal(PARSE("pintle", "-c", "a.ini", "-pTERM", "-e143", "-e", "0"), 0);
	assert_string_equal(options.config, "a.ini");
	assert_int_equal(options.parent_death_signal, SIGTERM);
	assert_true(options.to_zero[143] && options.to_zero[0] && !options.to_zero[1]);
	assert_int_equal(PARSE("pintle", "--config=b.ini", "-gwvvp", "SIGRTMIN+3"), 0);
	assert_string_equal(options.config, "b.ini");
	assert_true(options.group && options.warn_reaped && !options.subreaper);
	assert_int_equal(options.verbosity, 3);
	assert_int_equal(options.parent_death_signal, 37);
	assert_int_equal(PARSE("pintle", "--config", "c.ini", "-vsv", "-v", "app"), 0);
	assert_string_equal(options.config, "c.ini");
	assert_true(options.subreaper);
	assert_int_equal(options.verbosity, 4);
	assert_string_equal(options.command[0], "app");
}

static void test_settings(void **state) {
	(void)state;
	assert_int_equal(PARSE("pintle", "-o", "net.mode=apply", "--set=port web.default=auto",
			       "-oenv.A=b=c", "--set", "app.umask="),
			 0);
	assert_string_equal(options.sets[0], "net.mode=apply");
	assert_string_equal(options.sets[1], "port web.default=auto");
	assert_string_equal(options.sets[2], "env.A=b=c");
	assert_string_equal(options.sets[3], "app.umask=");
	assert_null(options.sets[4]);
}

static void test_too_many_settings(void **state) {
	static const char *argv[2 * OPTIONS_SETS + 4] = { "pintle" };
	int argc = 1;

	(void)state;
	for (int i = 0; i < OPTIONS_SETS; i++) {
		argv[argc++] = "-o";
		argv[argc++] = "a.b=c";
	}
	options = (struct options){ 0 };
	error = (struct error){ 0 };
	assert_int_equal(options_parse(&options, argc, (char **)argv, &error), 0);
	assert_null(options.sets[OPTIONS_SETS]);
	argv[argc++] = "-oa.b=c";
	options = (struct options){ 0 };
	assert_int_equal(options_parse(&options, argc, (char **)argv, &error), -1);
	assert_string_equal(error.text, "-o: more than 256 settings");
}

static void test_modes(void **state) {
	static const struct {
		const char *argument;
		enum options_mode mode;
	} rows[] = {
		{ "--check", OPTIONS_CHECK },
		{ "--plan", OPTIONS_PLAN },
		{ "--reference", OPTIONS_REFERENCE },
		{ "--health", OPTIONS_HEALTH },
		{ "--ready", OPTIONS_READY },
		{ "--status", OPTIONS_STATUS },
		{ "--drain", OPTIONS_DRAIN },
		{ "--resume", OPTIONS_RESUME },
		{ "--version", OPTIONS_VERSION },
		{ "--help", OPTIONS_HELP },
		{ "-h", OPTIONS_HELP },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(PARSE("pintle", rows[i].argument, "-c", "x"), 0);
		assert_int_equal(options.mode, rows[i].mode);
		assert_int_equal(PARSE("tini", rows[i].argument), 0);
		assert_int_equal(options.mode, rows[i].mode);
	}
}

static void test_values_of_modes(void **state) {
	(void)state;
	assert_int_equal(PARSE("pintle", "--status=json"), 0);
	assert_true(options.json);
	assert_int_equal(PARSE("pintle", "--status"), 0);
	assert_false(options.json);
	assert_int_equal(PARSE("pintle", "--health=web-up"), 0);
	assert_string_equal(options.check, "web-up");
	assert_int_equal(PARSE("pintle", "--health"), 0);
	assert_null(options.check);
	assert_int_equal(PARSE("pintle", "--reference=markdown"), 0);
	assert_int_equal(options.reference, CONFIG_REFERENCE_MARKDOWN);
	assert_int_equal(PARSE("pintle", "--reference=ini"), 0);
	assert_int_equal(options.reference, CONFIG_REFERENCE_INI);
	assert_int_equal(PARSE("pintle", "--reference"), 0);
	assert_int_equal(options.reference, CONFIG_REFERENCE_MAN);
	assert_int_equal(PARSE("pintle", "--check", "--", "app"), 0);
	assert_string_equal(options.command[0], "app");
}

static void test_wrong_command_lines(void **state) {
	static const struct {
		const char *arguments[ARGUMENTS];
		const char *message;
	} rows[] = {
		{ { "pintle", "-x", "app" }, "there is no option '-x' (--help lists all)" },
		{ { "pintle", "-gx", "app" }, "there is no option '-x' (--help lists all)" },
		{ { "pintle", "-g-", "app" }, "there is no option '--' (--help lists all)" },
		{ { "pintle", "--confg=x" },
		  "there is no option '--confg', did you mean "
		  "'--config'? (--help lists all)" },
		{ { "pintle", "--c" }, "there is no option '--c'" },
		{ { "pintle", "--=x" }, "there is no option '--'" },
		{ { "pintle", "-c" }, "-c needs a value: FILE" },
		{ { "pintle", "-c", "" }, "-c: the name of a file is missing" },
		{ { "pintle", "--config" }, "--config needs a value: FILE" },
		{ { "pintle", "--config=" }, "--config: the name of a file is missing" },
		{ { "pintle", "-gp" }, "-p needs a value: SIGNAL" },
		{ { "pintle", "-p", "FOO", "app" }, "-p: 'FOO' is not a signal" },
		{ { "pintle", "-p0", "app" }, "-p: '0' is not a signal" },
		{ { "pintle", "-p65", "app" }, "-p: '65' is not a signal" },
		{ { "pintle", "-e256", "app" }, "-e: '256' is not a number from 0 to 255" },
		{ { "pintle", "-e", "-1", "app" }, "-e: '-1' is not a number from 0 to 255" },
		{ { "pintle", "-e", "1x", "app" }, "-e: '1x' is not a number from 0 to 255" },
		{ { "pintle", "-e", "", "app" }, "-e: '' is not a number from 0 to 255" },
		{ { "pintle", "-e", "4294967296" }, "'4294967296' is not a number from 0 to 255" },
		{ { "pintle", "-o", "x" }, "-o: 'x' is not KIND[ NAME].KEY=VALUE" },
		{ { "pintle", "-o", "x=a.b" }, "-o: 'x=a.b' is not KIND[ NAME].KEY=VALUE" },
		{ { "pintle", "--check=yes" }, "--check takes no value" },
		{ { "pintle", "--help=me" }, "--help takes no value" },
		{ { "pintle", "--reference=html" },
		  "--reference: 'html' is not one of man, markdown, ini" },
		{ { "pintle", "--status=xml" }, "--status: 'xml' is not json" },
		{ { "pintle", "--health=" }, "--health: the name of a check is missing" },
		{ { "pintle", "--check", "--plan" }, "--check and --plan exclude each other" },
		{ { "pintle", "--status", "json" },
		  "--status takes no command, but there is 'json'" },
		{ { "tini" }, "there is no command: pintle [OPTIONS] [--] COMMAND [ARG]..." },
		{ { "/usr/bin/docker-init", "-s", "--" }, "there is no command" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(parse(rows[i].arguments), -1);
		if (!strstr(error.text, rows[i].message))
			assert_string_equal(error.text, rows[i].message);
	}
}

static void forget_tini(void) {
	unsetenv("TINI_SUBREAPER");
	unsetenv("TINI_KILL_PROCESS_GROUP");
	unsetenv("TINI_VERBOSITY");
}

static void test_other_names_are_a_plain_init(void **state) {
	static const char *const names[] = { "tini",        "/sbin/docker-init",
					     "podman-init", "/usr/bin/catatonit",
					     "init",        "pintle-1.0" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		assert_int_equal(PARSE(names[i], "--", "app"), 0);
		assert_true(options.alias && options.plain);
		assert_int_equal(PARSE(names[i], "-c", "x.ini", "--", "app"), 0);
		assert_true(options.alias && !options.plain);
		assert_int_equal(PARSE(names[i], "-oapp.umask=0", "app"), 0);
		assert_true(options.alias && !options.plain);
	}
	assert_int_equal(PARSE("./build/pintle", "app"), 0);
	assert_false(options.alias || options.plain);
}

static void test_variables_of_tini(void **state) {
	(void)state;
	setenv("TINI_SUBREAPER", "", 1);
	setenv("TINI_KILL_PROCESS_GROUP", "0", 1);
	setenv("TINI_VERBOSITY", "3", 1);
	assert_int_equal(PARSE("tini", "-v", "app"), 0);
	assert_true(options.subreaper && options.group);
	assert_int_equal(options.verbosity, 3);
	assert_int_equal(PARSE("pintle", "app"), 0);
	assert_false(options.subreaper || options.group);
	assert_int_equal(options.verbosity, 1);
	setenv("TINI_VERBOSITY", "loud", 1);
	assert_int_equal(PARSE("tini", "app"), 0);
	assert_int_equal(options.verbosity, 1);
	forget_tini();
}

static const char *printed_by(void (*print)(int fd)) {
	static char text[TEXT];
	int fd = memfd_create("output", MFD_CLOEXEC);
	ssize_t n;

	print(fd);
	n = pread(fd, text, sizeof(text) - 1, 0);
	close(fd);
	text[n] = '\0';
	return text;
}

static void print_version(int fd) {
	options_version(&options, fd);
}

static void test_version(void **state) {
	(void)state;
	assert_int_equal(PARSE("pintle", "--version"), 0);
	assert_string_equal(printed_by(print_version), "pintle " PINTLE_VERSION "\n");
	assert_int_equal(PARSE("docker-init", "--version"), 0);
	assert_string_equal(printed_by(print_version), "tini version " PINTLE_VERSION "_pintle\n");
}

static void test_help_lists_every_option(void **state) {
	static const char *const labels[] = {
		"-c, --config=FILE ",
		"-o, --set=KIND[ NAME].KEY=VALUE ",
		"-g ",
		"-s ",
		"-p SIGNAL ",
		"-e CODE ",
		"-w ",
		"-v ",
		"--check ",
		"--plan ",
		"--health[=CHECK] ",
		"--reference[=man|markdown|ini] ",
		"--ready ",
		"--status[=json] ",
		"--drain ",
		"--resume ",
		"--version ",
		"-h, --help ",
	};
	const char *help = printed_by(options_help), *line;

	(void)state;
	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
		char wanted[64];

		snprintf(wanted, sizeof(wanted), "\n  %s ", labels[i]);
		if (!strstr(help, wanted))
			assert_string_equal(help, wanted);
	}
	for (line = help; *line; line += strcspn(line, "\n") + 1)
		assert_in_range(strcspn(line, "\n"), 0, 100);
}

int main(void) {
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_command_only),
		cmocka_unit_test(test_two_dashes_end_the_options),
		cmocka_unit_test(test_no_command_may_still_come_from_the_file),
		cmocka_unit_test(test_every_way_to_write_a_value),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_too_many_settings),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_values_of_modes),
		cmocka_unit_test(test_wrong_command_lines),
		cmocka_unit_test(test_other_names_are_a_plain_init),
		cmocka_unit_test(test_variables_of_tini),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_help_lists_every_option),
	};

	forget_tini();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
