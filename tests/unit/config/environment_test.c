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
		.file = "[interface eth0.5]\n[service my-web]\nmeta.git-sha = old\n",
		.environment = LOADING_LIST(
			"HOME=/", "PINTLE_APP_STOP_TIMEOUT=5s", "PINTLE_NET_ON_ERROR=warn",
			"PINTLE_INTERFACE_ETH0_5_MTU=1400",
			"PINTLE_SERVICE_MY_WEB_META_GIT_SHA=new",
			"PINTLE_SERVICE_MY_WEB_DEREGISTER_AFTER=2m", "PINTLE_ENV_Foo_bar=x  y",
			"PINTLE_ENV_GONE=", "PINTLE_APP_STOP_ON=QUIT TERM",
			"PINTLE_SERVICE_MY_WEB_TAGS=a b,c", "PINTLE=x", "XPINTLE_APP_USER=x"),
	});

	(void)state;
	assert_int_equal(c->app.stop_timeout, 5000);
	assert_int_equal(c->net.on_error, CONFIG_WARN);
	assert_int_equal(c->interfaces->mtu, 1400);
	assert_string_equal(c->services->meta->value, "new");
	assert_string_equal(c->services->meta->key, "git-sha");
	assert_null(c->services->meta->head.next);
	assert_int_equal(c->services->deregister_after, 120000);
	assert_string_equal(c->env->key, "Foo_bar");
	assert_string_equal(c->env->value, "x  y");
	assert_null(((struct config_pair *)c->env->head.next)->value);
	assert_int_equal(c->app.stop_on, 1 << 2 | 1 << 14);
	assert_string_equal(((struct config_word *)c->services->tags->head.next)->text, "b");
	assert_null(c->interfaces->head.next);
	assert_null(c->services->head.next);
}

static void makes_new_instances(void **state) {
	const struct config *c = loading_must((struct loading){
		.environment = LOADING_LIST("PINTLE_INTERFACE_ETH0_MTU=1400",
					    "PINTLE_INTERFACE_ETH0_ADDRESS=10.0.0.2/24,fd00::2/64",
					    "PINTLE_SERVICE_MY_WEB_DEREGISTER_AFTER=2m",
					    "PINTLE_PORT_PORT_DEFAULT=80"),
	});

	(void)state;
	assert_string_equal(c->interfaces->head.name, "eth0");
	assert_int_equal(c->interfaces->mtu, 1400);
	assert_true(c->interfaces->up);
	assert_non_null(c->interfaces->addresses->head.next);
	assert_null(c->interfaces->head.next);
	assert_string_equal(c->services->head.name, "my_web");
	assert_string_equal(c->ports->head.name, "port");
	assert_true(c->given);
}

static void beats_the_file_and_its_whole_list(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = "[service web]\ntags = a b\ntags = c\nttl = 20s\n[env]\nA = file\n",
		.environment =
			LOADING_LIST("PINTLE_SERVICE_WEB_TAGS=d", "PINTLE_SERVICE_WEB_TTL=30s",
				     "PINTLE_ENV_A=environment"),
	});

	(void)state;
	assert_string_equal(c->services->tags->text, "d");
	assert_null(c->services->tags->head.next);
	assert_int_equal(c->services->ttl, 30000);
	assert_string_equal(c->env->value, "environment");
	assert_null(c->env->head.next);
}

static void empties_a_list(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = "[service web]\ntags = a b\n",
		.environment = LOADING_LIST("PINTLE_SERVICE_WEB_TAGS="),
	});

	(void)state;
	assert_null(c->services->tags);
}

static const struct {
	const char *file, *variable, *wrong;
} mistakes[] = {
	{ NULL, "PINTLE_APP_COMAND=x", "did you mean 'PINTLE_APP_COMMAND'?" },
	{ NULL, "PINTLE_LOGLEVEL=x", "did you mean 'PINTLE_LOG_LEVEL'?" },
	{ NULL, "PINTLE_INTERFACE_ETH0_MTUU=1", "did you mean 'PINTLE_INTERFACE_ETH0_MTU'?" },
	{ NULL, "PINTLE_SERVICE_WEB_DEREGISTER_AFTR=1", "WEB_DEREGISTER_AFTER'?" },
	{ NULL, "PINTLE_FOO=x", "no such setting" },
	{ NULL, "PINTLE_=x", "no such setting" },
	{ NULL, "PINTLE_ENV_=x", "no such setting" },
	{ NULL, "PINTLE_APP_=x", "no such setting" },
	{ NULL, "PINTLE_ENV_A\021=x", "not the name of a variable" },
	{ NULL, "PINTLE_ENV_A:B=x", "not the name of a variable" },
	{ NULL, "PINTLE_PORT_DEFAULT=80", "no such setting" },
	{ NULL, "PINTLE_app_user=x", "no such setting" },
	{ NULL, "PINTLE_SERVICE_WEB_META_GIT=x", "no such setting" },
	{ NULL, "PINTLE_APP_USER=", "is empty" },
	{ NULL, "PINTLE_APP_USER=a\001b", "control character" },
	{ NULL, "PINTLE_APP_DIRECTORY=a\nb", "control character" },
	{ NULL, "PINTLE_APP_STOP_TIMEOUT=5", "'5' is not a duration" },
	{ NULL, "PINTLE_LOG_LEVEL=loud", "error|warn|info|debug" },
	{ NULL, "PINTLE_INTERFACE_A234567890123456_UP=yes", "15 bytes" },
	{ "[port a.b]\n[port a-b]\n", "PINTLE_PORT_A_B_DEFAULT=1", "several settings" },
	{ "[port a]\n[port a_b]\n", "PINTLE_PORT_A_B_C=1", "no such setting" },
};

static void mistakes_name_the_variable(void **state) {
	char name[64];

	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		(void)snprintf(name, sizeof(name), "%.*s",
			       (int)strcspn(mistakes[i].variable, "=\021"), mistakes[i].variable);
		loading_refuse(
			(struct loading){
				.file = mistakes[i].file,
				.environment = LOADING_LIST(mistakes[i].variable),
			},
			name, mistakes[i].wrong);
	}
}

static void names_have_a_limit(void **state) {
	char variable[400];

	(void)state;
	(void)snprintf(variable, sizeof(variable), "PINTLE_ENV_%0300d=x", 1);
	loading_refuse((struct loading){ .environment = LOADING_LIST(variable) }, "PINTLE_ENV_000",
		       "255 bytes");
}

/* What Kubernetes and docker links tell of a neighbour called pintle, or pintle-web. */
static const char *const links[] = {
	"PINTLE_SERVICE_HOST=10.0.0.1",
	"PINTLE_SERVICE_PORT=80",
	"PINTLE_SERVICE_PORT_HTTP=80",
	"PINTLE_PORT=tcp://10.0.0.1:80",
	"PINTLE_PORT_80_TCP=tcp://10.0.0.1:80",
	"PINTLE_PORT_80_TCP_PROTO=tcp",
	"PINTLE_PORT_80_TCP_PORT=80",
	"PINTLE_PORT_80_TCP_ADDR=10.0.0.1",
	"PINTLE_PORT_53_UDP=udp://10.0.0.1:53",
	"PINTLE_PORT_9_SCTP_ADDR=10.0.0.1",
	"PINTLE_WEB_SERVICE_HOST=10.0.0.1",
	"PINTLE_WEB_SERVICE_PORT=80",
	"PINTLE_WEB_SERVICE_PORT_METRICS=9090",
	"PINTLE_WEB_PORT=tcp://10.0.0.1:80",
	"PINTLE_WEB_PORT_80_TCP_ADDR=10.0.0.1",
	"PINTLE_SERVICE_WEB_PORT=tcp://10.0.0.1:80",
	NULL,
};

static void links_are_ignored(void **state) {
	const struct config *c = loading_must((struct loading){ .environment = links });

	(void)state;
	assert_false(c->given);
	assert_null(c->services);
	assert_null(c->ports);
	for (size_t i = 0; links[i]; i++)
		assert_false(config_is_ours(links[i]));
}

static void knows_its_own(void **state) {
	(void)state;
	assert_true(config_is_ours("PINTLE_CONFIG=/etc/x"));
	assert_true(config_is_ours("PINTLE_APP_USER=x"));
	assert_true(config_is_ours("PINTLE_SERVICE_WEB_PORT=80"));
	assert_false(config_is_ours("PINTLE=x"));
	assert_false(config_is_ours("PINTLE_APP_USER"));
	assert_false(config_is_ours("PATH=/bin"));
}

static void its_config_is_no_setting(void **state) {
	(void)state;
	loading_must((struct loading){ .environment = LOADING_LIST("PINTLE_CONFIG=/etc/x") });
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_what_it_names),
		cmocka_unit_test(makes_new_instances),
		cmocka_unit_test(beats_the_file_and_its_whole_list),
		cmocka_unit_test(empties_a_list),
		cmocka_unit_test(mistakes_name_the_variable),
		cmocka_unit_test(names_have_a_limit),
		cmocka_unit_test(links_are_ignored),
		cmocka_unit_test(knows_its_own),
		cmocka_unit_test(its_config_is_no_setting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
