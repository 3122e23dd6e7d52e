/* SPDX-License-Identifier: Apache-2.0 */
#include "config/syscall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include "init/bpf.h"
#include "tests/unit/config/loading.h"

#include <cmocka.h>

/* The compiler's own headers say the same. */
static void names_have_their_numbers(void **state) {
	static const struct {
		const char *name;
		int number;
	} rows[] = {
		{ "read", SYS_read },
		{ "exit_group", SYS_exit_group },
		{ "openat", SYS_openat },
		{ "statx", SYS_statx },
		{ "seccomp", SYS_seccomp },
		{ "rseq", SYS_rseq },
		{ "pidfd_open", SYS_pidfd_open },
		{ "close_range", SYS_close_range },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(syscall_find(rows[i].name), rows[i].number);
		assert_string_equal(syscall_name(rows[i].number), rows[i].name);
	}
	assert_int_equal(syscall_find("umount"), SYSCALL_FOREIGN);
	assert_int_equal(syscall_find("socketcall"), SYSCALL_FOREIGN);
	assert_int_equal(syscall_find("mout"), SYSCALL_UNKNOWN);
	assert_int_equal(syscall_find(""), SYSCALL_UNKNOWN);
	assert_int_equal(syscall_find("=-"), SYSCALL_UNKNOWN);
	assert_null(syscall_name(-1));
	assert_null(syscall_name(400)); /* a hole in all tables since Linux 5.1 */
	assert_null(syscall_name(syscall_last() + 1));
	assert_true(syscall_last() >= SYS_close_range);
}

/* init/bpf.c counts on it. */
static void numbers_ascend_and_are_few(void **state) {
	struct syscall_entry s = { 0 };
	int last = -1;
	unsigned count = 0, foreign = 0;

	(void)state;
	while (syscall_next(&s)) {
		assert_true(s.number == SYSCALL_FOREIGN || (s.number > last && !foreign));
		last = s.number;
		foreign += s.number == SYSCALL_FOREIGN;
		count++;
	}
	assert_false(syscall_next(&s));
	assert_true(foreign > 0);
	assert_true(count > 400 && 2 * (count - foreign) + 8 < BPF_RUNS);
}

#define SECCOMP(text)                                                                              \
	{ .file = "[seccomp]\n" text "\n" }

static void lists_hold_names(void **state) {
	const struct config_seccomp *s =
		&loading_must((struct loading)SECCOMP("profile = strict\nallow = ptrace, "
						      "mknod\nallow = umount\ndeny = kill"))
			 ->seccomp;

	(void)state;
	assert_string_equal(s->profile, "strict");
	assert_string_equal(s->allow->text, "ptrace");
	assert_non_null(strstr(loading_print(), "allow = umount\t"));
	assert_string_equal(s->deny->text, "kill");
	assert_int_equal(s->action, CONFIG_ERRNO);
	assert_string_equal(loading_must((struct loading)SECCOMP(""))->seccomp.profile, "none");
}

static void mistakes_are_named(void **state) {
	(void)state;
	loading_refuse((struct loading)SECCOMP("deny = mount\ndeny = mout"), ":3: [seccomp] deny: ",
		       "'mout' is not a system call, did you mean 'mount'?");
	loading_refuse((struct loading)SECCOMP("allow = sys_read"), "allow",
		       "'sys_read' is not a system call");
	loading_refuse((struct loading)SECCOMP("allow = kill, mount\ndeny = bpf mount"),
		       ":3: [seccomp] deny: ", "'mount' is allowed, too");
	loading_refuse((struct loading)SECCOMP("profile = defualt"), "profile",
		       "'defualt' is neither one of none|default|strict nor an absolute path");
	loading_refuse((struct loading)SECCOMP("profile = seccomp.json"), "profile", "absolute");
	loading_refuse((struct loading)SECCOMP("action = trap"), "action", "errno|kill|log");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_their_numbers),
		cmocka_unit_test(numbers_ascend_and_are_few),
		cmocka_unit_test(lists_hold_names),
		cmocka_unit_test(mistakes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
