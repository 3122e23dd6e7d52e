/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void sets_what_it_names(void **state) {
	const struct config *c = loading_must((struct loading){
		.options = LOADING_LIST("app.command=sh -c 'a=b'", "interface eth0.5.mtu=1400",
					"service web.meta.version=1.2", "service web.port=80",
					"env.A.B=x=y", "env.C=", "service web.tags=a",
					"service web.tags=b c"),
	});
	const struct config_word *tags = c->services->tags;

	(void)state;
	assert_string_equal(c->app.command[2], "a=b");
	assert_string_equal(c->interfaces->head.name, "eth0.5");
	assert_int_equal(c->interfaces->mtu, 1400);
	assert_string_equal(c->services->meta->key, "version");
	assert_string_equal(c->services->meta->value, "1.2");
	assert_string_equal(c->env->key, "A.B");
	assert_string_equal(c->env->value, "x=y");
	assert_null(((struct config_pair *)c->env->head.next)->value);
	for (const char *want = "abc"; *want; want++, tags = tags->head.next)
		assert_int_equal(tags->text[0], *want);
	assert_null(tags);
	assert_true(c->given);
}

static void beats_all_others(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = "[log]\nlevel = error\n[service web]\ntags = a\n",
		.environment = LOADING_LIST("PINTLE_LOG_LEVEL=info", "PINTLE_SERVICE_WEB_TAGS=b"),
		.options = LOADING_LIST("log.level=warn", "log.level=debug", "service web.tags=c"),
	});

	(void)state;
	assert_int_equal(c->log.level, CONFIG_LOG_DEBUG);
	assert_string_equal(c->services->tags->text, "c");
	assert_null(c->services->tags->head.next);
}

static const char *const mistakes[][2] = {
	{ "", "has no value" },
	{ "app.user", "has no value" },
	{ "=x", "there is no section []" },
	{ "ap.user=x", "did you mean 'app'?" },
	{ "app=x", "is not 'app.KEY=VALUE'" },
	{ "app user=x", "is not 'app.KEY=VALUE'" },
	{ "app.usr=x", "did you mean 'user'?" },
	{ "app.=x", "has no key ''" },
	{ "app.user=", "is empty" },
	{ "env.=x", "has no key ''" },
	{ "port.default=80", "is not 'port NAME.KEY=VALUE'" },
	{ "port web=80", "has no key" },
	{ "port web.defalt=80", "did you mean 'default'?" },
	{ "port .default=80", "needs a name" },
	{ "port web .default=80", "can't be a name" },
	{ "port w]b.default=80", "can't be a name" },
	{ "port w\nb.default=80", "control character" },
	{ "service web.meta.=80", "has no key" },
	{ "log.level=loud", "'loud' is not one of" },
	{ "env.A B=1", "not the name of a variable" },
};

static void mistakes_name_the_option(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		loading_refuse(
			(struct loading){
				.options = LOADING_LIST(mistakes[i][0]),
			},
			"-o ", mistakes[i][1]);
	loading_refuse((struct loading){ .options = LOADING_LIST("interface eth0.mtu=5") },
		       "-o interface eth0.mtu: ", "'5' is not a number");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_what_it_names),
		cmocka_unit_test(beats_all_others),
		cmocka_unit_test(mistakes_name_the_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
