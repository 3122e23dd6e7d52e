/* SPDX-License-Identifier: Apache-2.0 */
/* What [app] and [limits] ask for, and the capability sets that follow: computed, nothing assumed.
 */
#include "init/rights.h"

#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BIT(number) (UINT64_C(1) << (number))
#define ALL CONFIG_CAPABILITIES_ALL
#define SETS(e, p, i)                                                                              \
	{ .effective = (e), .permitted = (p), .inheritable = (i) }

enum { BIND = CAP_NET_BIND_SERVICE, RAW = CAP_NET_RAW };

static const struct {
	const char *what;
	struct rights_sets before;
	bool leaves_root;
	uint64_t keep, ambient;
	struct rights_sets after;
} rows[] = {
	{ "root that keeps all", SETS(0xff, 0xff, 0), false, ALL, 0, SETS(0xff, 0xff, 0) },
	{ "root that keeps one", SETS(0xff, 0xff, 0xff), false, 4, 0, SETS(4, 4, 4) },
	{ "root that keeps none", SETS(0xff, 0xff, 0xff), false, 0, 0, SETS(0, 0, 0) },
	{ "what was not given can't be kept", SETS(1, 3, 2), false, 0xf0, 0, SETS(0, 0, 0) },
	{ "what is not effective stays so", SETS(1, 7, 0), false, 6, 0, SETS(0, 6, 0) },
	{ "root with an ambient one", SETS(0xff, 0xff, 1), false, ALL, 4, SETS(0xff, 0xff, 5) },
	{ "left root, nothing kept over it", SETS(0, 0, 0), true, 4, 0, SETS(0, 0, 0) },
	{ "left root with an ambient one", SETS(0, 0xff, 0), true, ALL, 4, SETS(4, 4, 4) },
	{ "and only what is to be kept", SETS(0, 0xff, 0xff), true, 0xc, 4, SETS(4, 4, 0xc) },
	{ "a user all along", SETS(0, 0, 0), false, 4, 0, SETS(0, 0, 0) },
	{ "a user with ambient ones", SETS(6, 6, 6), false, 2, 2, SETS(2, 2, 2) },
};

static void sets_are_reduced(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct rights r = { .leaves_root = rows[i].leaves_root,
					  .keep = rows[i].keep,
					  .ambient = rows[i].ambient };
		const struct rights_sets got = rights_reduce(rows[i].before, &r);

		if (memcmp(&got, &rows[i].after, sizeof(got)) != 0)
			fail_msg("%s: %llx %llx %llx", rows[i].what,
				 (unsigned long long)got.effective,
				 (unsigned long long)got.permitted,
				 (unsigned long long)got.inheritable);
		/* What capset(2) and PR_CAP_AMBIENT_RAISE insist on. */
		assert_true((got.effective & ~got.permitted) == 0);
		assert_true((rows[i].ambient & ~(got.permitted & got.inheritable)) == 0);
	}
}

static struct config config;
static struct rights rights;

static void reset(void) {
	config = (struct config){ .seccomp.profile = "none" };
}

static int prepare(struct error *e) {
	return rights_prepare(&rights, &config, NULL, e);
}

static void nothing_is_asked_for(void **state) {
	(void)state;
	reset();
	assert_int_equal(prepare(NULL), 0);
	assert_false(rights.asked);
	config.app.no_new_privileges = CONFIG_NO;
	assert_int_equal(prepare(NULL), 0);
	assert_false(rights.asked);
}

static void each_setting_asks_for_something(void **state) {
	struct config_word none = { .text = "none" };

	(void)state;
	reset();
	config.app.user = "1234:5";
	assert_int_equal(prepare(NULL), 0);
	assert_true(rights.asked && rights.changes_user && rights.changes_groups);
	assert_true(rights.leaves_root && !rights.exact_groups && !rights.changes_capabilities);
	assert_int_equal(rights.user.gid, 5);
	reset();
	config.app.groups = &none;
	assert_int_equal(prepare(NULL), 0);
	assert_true(rights.asked && rights.exact_groups && !rights.changes_user);
	reset();
	config.app.capabilities.given = true;
	assert_int_equal(prepare(NULL), 0);
	assert_true(rights.asked && rights.changes_capabilities && rights.keep == 0);
	assert_false(rights.changes_ambient);
	reset();
	config.app.ambient.given = true;
	assert_int_equal(prepare(NULL), 0);
	assert_true(rights.asked && rights.changes_ambient && rights.keep == ALL);
	reset();
	config.app.no_new_privileges = CONFIG_YES;
	assert_int_equal(prepare(NULL), 0);
	assert_true(rights.asked && rights.no_new_privs);
	reset();
	config.limits.of[RLIMIT_CORE] = (struct config_limit){ 0, 0, true };
	assert_int_equal(prepare(NULL), 0);
	assert_true(rights.asked);
	assert_ptr_equal(rights.limits, config.limits.of);
}

/* What the application's setting asks for is not for a job that says its own user. */
static void another_user_has_none_of_the_rest(void **state) {
	struct config_word group = { .text = "7" };

	(void)state;
	reset();
	config.app.user = "1234";
	config.app.groups = &group;
	config.app.capabilities.given = true;
	config.app.no_new_privileges = CONFIG_YES;
	config.limits.of[RLIMIT_CORE] = (struct config_limit){ 0, 0, true };
	assert_int_equal(rights_prepare(&rights, &config, "0:9", NULL), 0);
	assert_true(rights.asked && rights.changes_user && !rights.leaves_root);
	assert_int_equal(rights.user.uid, 0);
	assert_int_equal(rights.user.gid, 9);
	assert_int_equal(rights.user.groups_count, 0);
	assert_true(rights.keep == ALL && !rights.changes_capabilities && !rights.limits);
	assert_false(rights.no_new_privs || rights.exact_groups);
}

static void ambient_ones_are_among_those_to_keep(void **state) {
	(void)state;
	reset();
	config.app.ambient = (struct config_capabilities){ ALL, true };
	config.app.capabilities = (struct config_capabilities){ BIT(BIND) | BIT(RAW), true };
	assert_int_equal(prepare(NULL), 0);
	assert_true(rights.ambient == (BIT(BIND) | BIT(RAW)));
	config.app.ambient.set = BIT(RAW);
	assert_int_equal(prepare(NULL), 0);
	assert_true(rights.ambient == BIT(RAW));
}

static void who_is_not_there_is_named(void **state) {
	struct config_word group = { .text = "no-such-group" };
	struct error e = { 0 };

	(void)state;
	reset();
	config.app.user = "no-such-user";
	assert_int_equal(prepare(&e), -1);
	assert_non_null(strstr(e.text, "'no-such-user'"));
	assert_non_null(strstr(e.text, "[app] user"));
	reset();
	config.app.groups = &group;
	e = (struct error){ 0 };
	assert_int_equal(prepare(&e), -1);
	assert_non_null(strstr(e.text, "'no-such-group'"));
	assert_non_null(strstr(e.text, "[app] groups"));
}

/* In a process that has neither the privileges nor high limits: all that is lacking is told. */
static int lacks_ambient_and_limits(void) {
	const struct rlimit low = { 8, 16 };
	struct rlimit after = { 0 };
	struct error e = { 0 };

	if (prctl(PR_CAPBSET_DROP, BIND, 0, 0, 0) < 0 || setrlimit(RLIMIT_NOFILE, &low) < 0 ||
	    setrlimit(RLIMIT_MEMLOCK, &low) < 0 || setresuid(99, 99, 99) < 0)
		return 1;
	reset();
	config.app.ambient = (struct config_capabilities){ BIT(BIND), true };
	config.limits.of[RLIMIT_NOFILE] = (struct config_limit){ 4, 17, true };
	config.limits.of[RLIMIT_MEMLOCK] = (struct config_limit){ 4, CONFIG_UNLIMITED, true };
	config.limits.of[RLIMIT_CORE] = (struct config_limit){ 0, 0, true };
	if (prepare(&e) != RIGHTS_LACKING)
		return 2;
	if (!strstr(e.text, "[app] ambient: pintle has no NET_BIND_SERVICE"))
		return 3;
	if (!strstr(e.text, "[limits] nofile: 17 is above the hard limit of 16,") ||
	    !strstr(e.text, "[limits] memlock: unlimited is above the hard limit of 16,"))
		return 4;
	if (strstr(e.text, "core"))
		return 5;
	return getrlimit(RLIMIT_NOFILE, &after) < 0 || memcmp(&after, &low, sizeof(low)) != 0;
}

/* Trying to raise a limit leaves it as it was. */
static int tries_without_a_trace(void) {
	const struct rlimit low = { 8, 16 };
	struct rlimit after = { 0 };
	int result;

	if (setrlimit(RLIMIT_NOFILE, &low) < 0)
		return 1;
	reset();
	config.limits.of[RLIMIT_NOFILE] = (struct config_limit){ 17, 17, true };
	result = prepare(NULL);
	if (result != 0 && result != RIGHTS_LACKING)
		return 2;
	return getrlimit(RLIMIT_NOFILE, &after) < 0 || memcmp(&after, &low, sizeof(low)) != 0;
}

static int status_of(int (*run)(void)) {
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(run());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void what_is_lacking_is_named(void **state) {
	(void)state;
	assert_int_equal(status_of(lacks_ambient_and_limits), 0);
	assert_int_equal(status_of(tries_without_a_trace), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_are_reduced),
		cmocka_unit_test(nothing_is_asked_for),
		cmocka_unit_test(each_setting_asks_for_something),
		cmocka_unit_test(another_user_has_none_of_the_rest),
		cmocka_unit_test(ambient_ones_are_among_those_to_keep),
		cmocka_unit_test(who_is_not_there_is_named),
		cmocka_unit_test(what_is_lacking_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
