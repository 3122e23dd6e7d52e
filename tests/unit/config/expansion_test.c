/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ENVIRONMENT LOADING_LIST("USER=bob", "EMPTY=", "WORDS=a 'b  c", "PORT=8080", "PORT_WEB=1")

/* A value of [app] directory, and what it becomes; or what is wrong with it. */
static const struct {
	const char *value, *expanded, *wrong;
} texts[] = {
	{ "${USER}", "bob", NULL },
	{ "/home/${USER}/x${USER}", "/home/bob/xbob", NULL },
	{ "a${EMPTY}b", "ab", NULL },
	{ "${EMPTY:-x}", "x", NULL },
	{ "${NONE:-x y}", "x y", NULL },
	{ "a${NONE:-}", "a", NULL },
	{ "${USER:-x}", "bob", NULL },
	{ "${USER:?no user}", "bob", NULL },
	{ "${NONE:-$USER}", "$USER", NULL },
	{ "$$", "$", NULL },
	{ "$${USER}", "${USER}", NULL },
	{ "$$$$", "$$", NULL },
	{ "$USER", "$USER", NULL },
	{ "$5.00", "$5.00", NULL },
	{ "a$", "a$", NULL },
	{ "$(x)", "$(x)", NULL },
	{ "${WORDS}", "a 'b  c", NULL },
	{ "${PORT}", "8080", NULL },
	{ "${NONE}", NULL, "the variable NONE is not set" },
	{ "x${NONE:?is needed}", NULL, "NONE: is needed" },
	{ "${EMPTY:?is needed}", NULL, "EMPTY: is needed" },
	{ "${NONE:?}", NULL, "the variable NONE is not set" },
	{ "${EMPTY}", NULL, "is empty" },
	{ "${USER", NULL, "a } is missing" },
	{ "${", NULL, "a } is missing" },
	{ "${}", NULL, "is not ${VAR}" },
	{ "${1}", NULL, "is not ${VAR}" },
	{ "${A B}", NULL, "is not ${VAR}" },
	{ "${USER-x}", NULL, "is not ${VAR}" },
	{ "${USER:x}", NULL, "is not ${VAR}" },
	{ "${USER:+x}", NULL, "is not ${VAR}" },
	{ "${#USER}", NULL, "is not ${VAR}" },
	{ "${USER:}", NULL, "is not ${VAR}" },
	{ "${${USER}}", NULL, "is not ${VAR}" },
};

static void of_texts(void **state) {
	char file[256];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct loading l = { .file = file, .environment = ENVIRONMENT };

		(void)snprintf(file, sizeof(file), "[app]\ndirectory = %s\n", texts[i].value);
		if (texts[i].wrong)
			loading_refuse(l, ":2: [app] directory: ", texts[i].wrong);
		else
			assert_string_equal(loading_must(l)->app.directory, texts[i].expanded);
	}
}

static void of_words_are_not_quoted_again(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = "[app]\ncommand = x ${WORDS} \"${WORDS}\" '${USER}' ${EMPTY} "
			"\"${EMPTY}\"\n",
		.environment = ENVIRONMENT,
	});
	const char *const words[] = { "x", "a", "'b", "c", "a 'b  c", "bob", "", NULL };

	(void)state;
	for (size_t i = 0; words[i]; i++)
		assert_string_equal(c->app.command[i], words[i]);
	assert_null(c->app.command[7]);
}

static void of_other_sources_there_are_none(void **state) {
	const struct config *c = loading_must((struct loading){
		.environment = LOADING_LIST("PINTLE_APP_DIRECTORY=${USER}$$", "USER=bob"),
		.options = LOADING_LIST("app.user=$USER"),
	});

	(void)state;
	assert_string_equal(c->app.directory, "${USER}$$");
	assert_string_equal(c->app.user, "$USER");
}

static const char *lookup(void *context, const char *name) {
	return strcmp(name, context) == 0 ? "5000" : NULL;
}

static const char *expanded(const char *value, const char *known, size_t size) {
	static char text[64];
	struct error e = { 0 };

	return config_expand(value, lookup, (void *)(uintptr_t)known, text, size, &e) < 0 ? NULL
											  : text;
}

static void of_computed_names_come_later(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = "[port web-1]\n[interface eth0]\n[service s]\n[env]\n"
			"A = ${PORT_WEB_1}\nB = x${PORT}y${PORT:-z}\nC = ${ADDRESS_ETH0:?none}\n"
			"D = ${SERVICE_S_ID}${SERVICE_S_ADDRESS}\n[app]\ncommand = a:${PORT} b\n",
		.environment = ENVIRONMENT,
	});
	const struct config_pair *env = c->env;

	(void)state;
	assert_string_equal(expanded(env->value, "PORT_WEB_1", 64), "5000");
	assert_string_equal(expanded(env->value, "", 64), "");
	env = env->head.next;
	assert_string_equal(expanded(env->value, "PORT", 64), "x5000y5000");
	assert_string_equal(expanded(env->value, "", 64), "xyz");
	env = env->head.next;
	assert_string_equal(expanded(env->value, "ADDRESS_ETH0", 64), "5000");
	assert_null(expanded(env->value, "", 64));
	assert_string_equal(expanded(c->app.command[0], "PORT", 7), "a:5000");
	assert_null(expanded(c->app.command[0], "PORT", 6));
	assert_string_equal(c->app.command[1], "b");
}

/* Whoever names the section: the file's ${PORT_WEB} is the same. */
static void of_computed_names_know_all_sources(void **state) {
	const char *file = "[env]\nA = ${PORT_WEB}\n";

	(void)state;
	loading_must((struct loading){ .file = file,
				       .environment = LOADING_LIST("PINTLE_PORT_WEB_DEFAULT=80") });
	loading_must(
		(struct loading){ .file = file, .options = LOADING_LIST("port web.default=80") });
	loading_refuse((struct loading){ .file = file }, ":2: [env] A: ", "PORT_WEB is not set");
}

static void of_computed_names_can_be_too_late(void **state) {
	const struct config *c;

	(void)state;
	loading_refuse((struct loading){ .file = "[port web]\ndefault = ${PORT}\n" },
		       ":2: ", "too late");
	c = loading_must((struct loading){ .file = "[port web]\ndefault = ${PORT:-80}\n" });
	assert_int_equal(c->ports->preset, 80);
	c = loading_must((struct loading){ .file = "[port web]\ndefault = ${PORT:-80}\n",
					   .environment = ENVIRONMENT });
	assert_int_equal(c->ports->preset, 8080);
}

static void of_variables_with_control_characters(void **state) {
	struct loading l = { .file = "[app]\ndirectory = ${X}\n" };

	(void)state;
	l.environment = LOADING_LIST("X=a\nb");
	loading_refuse(l, ":2: ", "control character 0x0a");
	l.environment = LOADING_LIST("X=a\001PORT\002");
	loading_refuse(l, ":2: ", "control character 0x01");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_texts),
		cmocka_unit_test(of_words_are_not_quoted_again),
		cmocka_unit_test(of_other_sources_there_are_none),
		cmocka_unit_test(of_computed_names_come_later),
		cmocka_unit_test(of_computed_names_know_all_sources),
		cmocka_unit_test(of_computed_names_can_be_too_late),
		cmocka_unit_test(of_variables_with_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
