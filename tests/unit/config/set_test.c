/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/pintle-secret-XXXXXX";

/* A token in a file, and what becomes of it. */
static int with_secret(const char *text, size_t size) {
	char option[64];
	int fd, result;

	strcpy(path + sizeof(path) - 7, "XXXXXX");
	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, size), (ssize_t)size);
	close(fd);
	(void)snprintf(option, sizeof(option), "discovery.token=file:%s", path);
	result = loading_try((struct loading){ .options = LOADING_LIST(option) });
	unlink(path);
	return result;
}

static void secrets_come_from_files(void **state) {
	static char big[CONFIG_LINE + 1];

	(void)state;
	assert_int_equal(with_secret("hush\n", 5), 0);
	assert_string_equal(loading_config()->discovery.token, "hush");
	assert_int_equal(with_secret("hush\r\n\n", 7), 0);
	assert_string_equal(loading_config()->discovery.token, "hush");
	assert_int_equal(with_secret("hu\nsh", 5), -1);
	assert_non_null(strstr(loading_report()->text, "is not text"));
	assert_int_equal(with_secret("hu\0sh", 5), -1);
	assert_int_equal(with_secret("\n", 1), -1);
	assert_non_null(strstr(loading_report()->text, "is empty"));
	memset(big, 'x', sizeof(big));
	assert_int_equal(with_secret(big, sizeof(big) - 1), 0);
	assert_int_equal(with_secret(big, sizeof(big)), -1);
	loading_refuse(
		(struct loading){ .options = LOADING_LIST("discovery.token=file:/nowhere/x") },
		"-o discovery.token: ", "/nowhere/x: No such file");
}

static void only_secrets_come_from_files(void **state) {
	(void)state;
	assert_string_equal(
		loading_must((struct loading){
				     .options = LOADING_LIST("app.directory=file:/etc/passwd"),
			     })
			->app.directory,
		"file:/etc/passwd");
}

static void mistakes_do_not_tell_secrets(void **state) {
	(void)state;
	assert_int_equal(loading_try((struct loading){
				 .environment = LOADING_LIST("PINTLE_DISCOVERY_TOKEN=hush\n"),
			 }),
			 -1);
	assert_null(strstr(loading_report()->text, "hush"));
}

static void a_stronger_source_replaces_the_whole_list(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = "[app]\nstop-on = QUIT\nexit-map = 1=0\n[interface a]\n"
			"address = 10.0.0.1/8\naddress = 11.0.0.1/8\n",
		.environment = LOADING_LIST("PINTLE_APP_STOP_ON=USR1"),
		.options = LOADING_LIST("app.exit-map=2=0", "app.exit-map=3=0",
					"interface a.address="),
	});

	(void)state;
	assert_int_equal(c->app.stop_on, 1 << 9);
	assert_int_equal(c->app.exit_map->from, 2);
	assert_int_equal(((struct config_exit *)c->app.exit_map->head.next)->from, 3);
	assert_null(c->interfaces->addresses);
}

static void lists_have_a_limit(void **state) {
	static char file[CONFIG_FILE_SIZE];
	size_t len = (size_t)snprintf(file, sizeof(file), "[service s]\ntags =");

	(void)state;
	for (int i = 0; i < CONFIG_ITEMS; i++) {
		if (i % 200 == 0)
			len += (size_t)snprintf(file + len, sizeof(file) - len, "\ntags =");
		len += (size_t)snprintf(file + len, sizeof(file) - len, " t%d", i);
	}
	loading_must((struct loading){ .file = file });
	len += (size_t)snprintf(file + len, sizeof(file) - len, " more\n");
	loading_refuse((struct loading){ .file = file }, "[service s] tags: ", "1024 items");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_come_from_files),
		cmocka_unit_test(only_secrets_come_from_files),
		cmocka_unit_test(mistakes_do_not_tell_secrets),
		cmocka_unit_test(a_stronger_source_replaces_the_whole_list),
		cmocka_unit_test(lists_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
