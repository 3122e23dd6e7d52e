/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char file[] =
	"[app]\ncommand = sh -c 'a ${PORT_WEB:-it's b} $$HOME $${X}' \"x y\"\numask = 7\n"
	"stop-signal = USR1 5s, TERM 3s\nexit-map = 143=0, stop:1=0\n"
	"[env]\nA = a ; b\nB =\nC = $${x} $5\n"
	"[port web]\nfrom = A B\nbind = ::1\n[interface eth0]\nmtu = 1400\n"
	"address = 10.0.0.2/24 label eth0:a, fd00::2/64\ngateway = 10.0.0.1\n"
	"route = 10.9.0.0/16 via 10.0.0.7 metric 5\n"
	"[discovery]\ntoken = hush\n[service web]\ntags = a 'b, c' it\\'s\nmeta.v = 1\n";

/* Where the origin behind a setting begins: at the last tab of its line. */
static size_t without_origin(const char *line) {
	size_t len = strcspn(line, "\n"), cut = len;

	while (cut > 0 && strncmp(line + cut - 1, "\t# ", 3) != 0)
		cut--;
	return cut > 0 ? cut - 1 : len;
}

static void strip(const char *printed, char *text) {
	for (; *printed; printed += strcspn(printed, "\n") + 1)
		text += sprintf(text, "%.*s\n", (int)without_origin(printed), printed);
}

static void reads_as_the_same(void **state) {
	static char first[16384], second[16384], copy[16384];

	(void)state;
	loading_must((struct loading){ .file = file });
	strcpy(copy, loading_print());
	strip(copy, first);
	loading_must((struct loading){ .file = first });
	strip(loading_print(), second);
	assert_string_equal(first, second);
	assert_string_equal(loading_config()->app.command[2],
			    "a \001PORT_WEB:-it's b\002 $HOME ${X}");
	assert_string_equal(loading_config()->env->value, "a ; b");
}

static void tells_each_origin(void **state) {
	(void)state;
	loading_must((struct loading){
		.file = "[log]\nlevel = info\n",
		.environment = LOADING_LIST("PINTLE_LOG_FORMAT=json"),
		.options = LOADING_LIST("interface eth0.mtu=1400"),
	});
	assert_non_null(strstr(loading_print(), "\nlevel = info\t# "));
	assert_non_null(
		strstr(loading_print(), "format = json\t# environment: PINTLE_LOG_FORMAT\n"));
	assert_non_null(strstr(loading_print(), "mtu = 1400\t# -o interface eth0.mtu\n"));
	assert_non_null(strstr(loading_print(), "up = yes\t# default\n"));
}

static void keeps_secrets(void **state) {
	(void)state;
	loading_must((struct loading){ .file = "[discovery]\ntoken = hush\n" });
	assert_non_null(strstr(loading_print(), "\ntoken = (set)\t"));
	assert_null(strstr(loading_print(), "hush"));
	loading_must((struct loading){ .file = "[discovery]\n" });
	assert_null(strstr(loading_print(), "token"));
}

static void says_what_a_file_cannot_hold(void **state) {
	(void)state;
	loading_must((struct loading){
		.environment = LOADING_LIST("PINTLE_ENV_A=x\ny", "PINTLE_ENV_B= x",
					    "PINTLE_APP_COMMAND=a 'b\nc'"),
	});
	assert_non_null(strstr(loading_print(), "\n# A: can't be written"));
	assert_non_null(strstr(loading_print(), "\n# B: can't be written"));
	assert_non_null(strstr(loading_print(), "\n# command: can't be written"));
	loading_must((struct loading){ .environment = LOADING_LIST("PINTLE_APP_COMMAND=a\n b\n") });
	assert_non_null(strstr(loading_print(), "\ncommand = a b\t"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_as_the_same),
		cmocka_unit_test(tells_each_origin),
		cmocka_unit_test(keeps_secrets),
		cmocka_unit_test(says_what_a_file_cannot_hold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
