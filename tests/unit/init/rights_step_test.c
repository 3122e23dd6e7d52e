/* SPDX-License-Identifier: Apache-2.0 */
/* Each step, taken by a process of its own. */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/rights.h"

#include <cmocka.h>

#define BIT(number) (UINT64_C(1) << (number))

enum { BIND = CAP_NET_BIND_SERVICE, RAW = CAP_NET_RAW };

static bool is_bounding(unsigned long capability) {
	return prctl(PR_CAPBSET_READ, capability, 0, 0, 0) == 1;
}

static bool is_ambient(unsigned long capability) {
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, capability, 0, 0) == 1;
}

static int take_all(const struct rights *r) {
	return rights_set_limits(r) | rights_give_descriptors(r) | rights_drop_capabilities(r) |
	       rights_set_groups(r) | rights_set_gid(r) | rights_keep_capabilities(r) |
	       rights_set_uid(r) | rights_set_capabilities(r) | rights_set_ambient(r) |
	       rights_set_no_new_privs(r);
}

static int nothing_is_changed(void) {
	const struct rights r = { .keep = CONFIG_CAPABILITIES_ALL };
	struct rights_sets before, after;

	if (rights_read_sets(&before) < 0 || take_all(&r) < 0 || rights_read_sets(&after) < 0)
		return 1;
	return memcmp(&before, &after, sizeof(before)) != 0 || getuid() != 0 ||
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0;
}

static int a_capability_goes_along(void) {
	const struct rights r = {
		.changes_user = true,
		.changes_groups = true,
		.leaves_root = true,
		.changes_ambient = true,
		.changes_capabilities = true,
		.keep = BIT(BIND) | BIT(RAW),
		.ambient = BIT(BIND),
		.user = { .uid = 1234, .gid = 2345, .groups_count = 1, .groups = { 7 } },
	};
	struct rights_sets s;
	gid_t groups[4];

	if (take_all(&r) < 0 || rights_read_sets(&s) < 0)
		return 1;
	if (getuid() != 1234 || getegid() != 2345 || getgroups(4, groups) != 1 || groups[0] != 7)
		return 2;
	if (s.effective != BIT(BIND) || s.permitted != BIT(BIND) || s.inheritable != BIT(BIND))
		return 3;
	if (!is_bounding(BIND) || !is_bounding(RAW) || is_bounding(CAP_CHOWN))
		return 4;
	return !is_ambient(BIND) || is_ambient(RAW);
}

static int none_are_left_to_root(void) {
	const struct rights r = { .changes_capabilities = true, .no_new_privs = true };
	struct rights_sets s;

	if (take_all(&r) < 0 || rights_read_sets(&s) < 0)
		return 1;
	for (unsigned long i = 0; i <= CAP_LAST_CAP; i++)
		if (is_bounding(i))
			return 2;
	return (s.effective | s.permitted | s.inheritable) != 0 ||
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
}

static int limits_are_set(void) {
	struct config_limit limits[CONFIG_LIMITS] = { 0 };
	const struct rights r = { .limits = limits };
	struct rlimit core, files;

	limits[RLIMIT_CORE] = (struct config_limit){ 1, 2, true };
	if (getrlimit(RLIMIT_NOFILE, &files) < 0 || rights_set_limits(&r) < 0)
		return 1;
	if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_cur != 1 || core.rlim_max != 2)
		return 2;
	limits[RLIMIT_NOFILE] = (struct config_limit){ 1, (int64_t)files.rlim_max + 1, true };
	return setresuid(9, 9, 9) < 0 || rights_set_limits(&r) == 0 || errno != EPERM;
}

/* Without CAP_SETPCAP the bounding set can't be lowered, which no_new_privs makes good. */
static int bounding_set_needs_a_privilege(void) {
	struct rights r = { .changes_capabilities = true };

	if (setresuid(9, 9, 9) < 0)
		return 1;
	if (rights_drop_capabilities(&r) == 0 || errno != EPERM)
		return 2;
	r.no_new_privs = true;
	if (rights_drop_capabilities(&r) < 0)
		return 3;
	r.no_new_privs = false;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return 4;
	return rights_drop_capabilities(&r) < 0;
}

/* A user without privileges, in groups 7 and 9 and the primary 5, is asked to have some. */
static int groups_may_be_so_already(void) {
	static const gid_t ours[] = { 7, 9 };
	const struct {
		bool exact;
		uid_t uid;
		size_t count;
		gid_t groups[3];
		int result;
	} rows[] = {
		{ true, 9, 2, { 9, 7 }, 0 },  { true, 9, 3, { 5, 7, 9 }, 0 },
		{ true, 9, 1, { 7 }, -1 },    { true, 9, 0, { 0 }, -1 },
		{ true, 9, 2, { 7, 8 }, -1 }, { true, 9, 3, { 7, 8, 9 }, -1 },
		{ false, 9, 0, { 0 }, 0 },    { false, 8, 0, { 0 }, -1 },
		{ false, 9, 2, { 7, 9 }, 0 }, { false, 9, 1, { 7 }, -1 },
	};

	if (setgroups(2, ours) < 0 || setresgid(5, 5, 5) < 0 || setresuid(9, 9, 9) < 0)
		return 100;
	for (int i = 0; i < (int)(sizeof(rows) / sizeof(*rows)); i++) {
		struct rights r = {
			.changes_user = true,
			.changes_groups = true,
			.exact_groups = rows[i].exact,
			.user = { .uid = rows[i].uid, .gid = 5, .groups_count = rows[i].count }
		};

		memcpy(r.user.groups, rows[i].groups, sizeof(rows[i].groups));
		errno = 0;
		if (rights_set_groups(&r) != rows[i].result)
			return i + 1;
		if (rows[i].result < 0 && errno != EPERM)
			return i + 50;
	}
	return 0;
}

/* Who has CAP_SYS_ADMIN stays as he is; who has not gives up what he could gain, or has no filter.
 */
static int a_filter_may_take_no_new_privs(void) {
	static struct sock_filter code[] = { { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW } };
	static const struct sock_fprog program = { 1, code };
	struct rights r = { .filter = &program, .may_gain = true };

	if (rights_set_filter(&r) < 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0)
		return 1;
	if (setresuid(9, 9, 9) < 0)
		return 2;
	if (rights_set_filter(&r) == 0 || errno != EPERM)
		return 3;
	r.may_gain = false;
	if (rights_set_filter(&r) < 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 4;
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER;
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

static void each_is_taken(void **state) {
	(void)state;
	assert_int_equal(status_of(nothing_is_changed), 0);
	assert_int_equal(status_of(a_capability_goes_along), 0);
	assert_int_equal(status_of(none_are_left_to_root), 0);
	assert_int_equal(status_of(limits_are_set), 0);
	assert_int_equal(status_of(a_filter_may_take_no_new_privs), 0);
}

static void or_says_what_it_lacks(void **state) {
	(void)state;
	assert_int_equal(status_of(bounding_set_needs_a_privilege), 0);
	assert_int_equal(status_of(groups_may_be_so_already), 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_taken),
		cmocka_unit_test(or_says_what_it_lacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
