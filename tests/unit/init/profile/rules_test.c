/* SPDX-License-Identifier: Apache-2.0 */
#include "init/profile/rules.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/syscall.h"
#include "init/profile/builtin.h"
#include "tests/unit/init/seccomp_machine.h"

#include <cmocka.h>

static struct sock_filter code[2 * BPF_MAXINSNS];
static size_t length;
static struct error e;

static void begin(uint32_t otherwise) {
	e = (struct error){ 0 };
	rules_begin(otherwise);
}

static void must_add(int number, uint32_t action, unsigned count,
		     const struct scmp_arg_cmp *compare) {
	if (rules_add(number, action, count, compare, &e) < 0)
		fail_msg("%s", e.text);
}

static void finish(void) {
	int fd = memfd_create("rules", MFD_CLOEXEC);
	ssize_t size;

	if (rules_write(fd, &e) < 0)
		fail_msg("%s", e.text);
	size = pread(fd, code, sizeof(code), 0);
	assert_true(size > 0 && size % (ssize_t)sizeof(*code) == 0);
	length = (size_t)size / sizeof(*code);
	close(fd);
}

static uint32_t run(int number, uint64_t a, uint64_t b) {
	const struct seccomp_data data = { .nr = number,
					   .arch = syscall_architecture,
					   .args = { a, b } };

	return seccomp_machine_run(code, length, &data);
}

enum { EPERM_FOR_ALL = SECCOMP_RET_ERRNO | EPERM, NO_SUCH = SECCOMP_RET_ERRNO | ENOSYS };

static void numbers_meet_their_actions(void **state) {
	(void)state;
	begin(EPERM_FOR_ALL);
	must_add(SYS_close, SECCOMP_RET_ALLOW, 0, NULL);
	must_add(SYS_ptrace, SECCOMP_RET_KILL_PROCESS, 0, NULL);
	must_add(SYS_ptrace, SECCOMP_RET_ALLOW, 0, NULL);
	must_add(SYS_mount, EPERM_FOR_ALL, 0, NULL);
	must_add(SYS_mount, SECCOMP_RET_ALLOW, 0, NULL);
	finish();
	assert_int_equal(run(SYS_close, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(run(SYS_close + 1, 0, 0), EPERM_FOR_ALL);
	assert_int_equal(run(SYS_ptrace, 0, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(run(SYS_mount, 0, 0), SECCOMP_RET_ALLOW);
	assert_int_equal(run(SYS_mount + 1, 0, 0),
			 SYS_mount > SYS_ptrace ? NO_SUCH : EPERM_FOR_ALL);
	/* Of x32 and its like; and what a tracer skips. */
	assert_int_equal(run(0x40000000 | SYS_close, 0, 0), SECCOMP_RET_KILL_PROCESS);
	assert_int_equal(run(0x3fffffff, 0, 0), NO_SUCH);
	assert_int_equal(run(-1, 0, 0), SECCOMP_RET_ALLOW);
}

/* What a profile does not know yet does not exist, unless it denies nothing that it does not know.
 */
static void newer_numbers_do_not_exist(void **state) {
	static const struct {
		uint32_t otherwise, newer;
	} rows[] = {
		{ EPERM_FOR_ALL, NO_SUCH },           { SECCOMP_RET_KILL_PROCESS, NO_SUCH },
		{ SECCOMP_RET_TRAP, NO_SUCH },        { SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
		{ SECCOMP_RET_LOG, SECCOMP_RET_LOG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		begin(rows[i].otherwise);
		must_add(SYS_getpid, SECCOMP_RET_ERRNO | 5, 0, NULL);
		must_add(SYS_close_range, rows[i].otherwise, 0, NULL);
		finish();
		assert_int_equal(run(SYS_getpid, 0, 0), SECCOMP_RET_ERRNO | 5);
		assert_int_equal(run(SYS_close_range, 0, 0), rows[i].otherwise);
		assert_int_equal(run(SYS_close_range + 1, 0, 0), rows[i].newer);
	}
	begin(EPERM_FOR_ALL);
	finish();
	assert_int_equal(run(SYS_getpid, 0, 0), EPERM_FOR_ALL);
	assert_int_equal(run(5000, 0, 0), EPERM_FOR_ALL);
}

static void rules_without_arguments_are_stronger(void **state) {
	const struct scmp_arg_cmp one = { 0, SCMP_CMP_EQ, 1, 0 };

	(void)state;
	for (int first = 0; first < 2; first++) {
		begin(EPERM_FOR_ALL);
		if (first)
			must_add(SYS_kill, SECCOMP_RET_LOG, 0, NULL);
		must_add(SYS_kill, SECCOMP_RET_ALLOW, 1, &one);
		must_add(SYS_socket, SECCOMP_RET_ALLOW, 1, &one);
		if (!first)
			must_add(SYS_kill, SECCOMP_RET_LOG, 0, NULL);
		finish();
		assert_int_equal(run(SYS_kill, 1, 0), SECCOMP_RET_LOG);
		assert_int_equal(run(SYS_kill, 2, 0), SECCOMP_RET_LOG);
		assert_int_equal(run(SYS_socket, 1, 0), SECCOMP_RET_ALLOW);
		assert_int_equal(run(SYS_socket, 2, 0), EPERM_FOR_ALL);
	}
}

/* Rules at random, and what they mean. */

static const uint64_t values[] = {
	0,           1,           2,           3,           0x7fffffff,     0x80000000, 0xffffffff,
	0x100000000, 0x100000001, 0x1ffffffff, 0x200000000, UINT64_MAX - 1, UINT64_MAX,
};
enum { VALUES = sizeof(values) / sizeof(*values), MOST = 6 };

static struct {
	uint32_t action;
	unsigned count;
	struct scmp_arg_cmp compare[2];
} rules[MOST];

static unsigned below(size_t limit) {
	return (unsigned)random() % (unsigned)limit;
}

static bool compares(const struct scmp_arg_cmp *c, uint64_t value) {
	switch (c->op) {
	case SCMP_CMP_NE:
		return value != c->datum_a;
	case SCMP_CMP_LT:
		return value < c->datum_a;
	case SCMP_CMP_LE:
		return value <= c->datum_a;
	case SCMP_CMP_EQ:
		return value == c->datum_a;
	case SCMP_CMP_GE:
		return value >= c->datum_a;
	case SCMP_CMP_GT:
		return value > c->datum_a;
	case SCMP_CMP_MASKED_EQ:
		return (value & c->datum_a) == c->datum_b;
	default:
		return false;
	}
}

static bool matches(unsigned rule, const uint64_t *arguments) {
	for (unsigned i = 0; i < rules[rule].count; i++)
		if (!compares(&rules[rule].compare[i], arguments[rules[rule].compare[i].arg]))
			return false;
	return true;
}

static void make_rule(unsigned rule, bool one_action) {
	static const uint32_t actions[] = { SECCOMP_RET_ALLOW, SECCOMP_RET_LOG };
	unsigned first = below(2);

	rules[rule].action = actions[one_action ? 0 : below(2)];
	rules[rule].count = 1 + below(2);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t value = values[below(VALUES)];
		enum scmp_compare op = (enum scmp_compare)(SCMP_CMP_NE + below(7));

		rules[rule].compare[i] = (struct scmp_arg_cmp){
			(first + i) % 2, op, value,
			op == SCMP_CMP_MASKED_EQ ? values[below(VALUES)] & value : 0
		};
	}
}

static void print_rules(unsigned count) {
	for (unsigned i = 0; i < count; i++)
		for (unsigned n = 0; n < rules[i].count; n++)
			print_message("rule %u -> 0x%x: argument %u, %d, 0x%llx 0x%llx\n", i,
				      rules[i].action, rules[i].compare[n].arg,
				      rules[i].compare[n].op,
				      (unsigned long long)rules[i].compare[n].datum_a,
				      (unsigned long long)rules[i].compare[n].datum_b);
}

static uint32_t expected(unsigned count, const uint64_t *arguments) {
	for (unsigned i = 0; i < count; i++)
		if (matches(i, arguments))
			return rules[i].action;
	return EPERM_FOR_ALL;
}

static void check(unsigned count, const uint64_t *arguments) {
	uint32_t got = run(SYS_ioctl, arguments[0], arguments[1]);

	if (got == expected(count, arguments))
		return;
	print_rules(count);
	fail_msg("0x%llx, 0x%llx: 0x%x", (unsigned long long)arguments[0],
		 (unsigned long long)arguments[1], got);
}

static unsigned try_rules(bool one_action) {
	unsigned count = 1 + below(MOST);

	begin(EPERM_FOR_ALL);
	for (unsigned i = 0; i < count; i++) {
		make_rule(i, one_action);
		if (rules_add(SYS_ioctl, rules[i].action, rules[i].count, rules[i].compare, &e) < 0)
			return 0;
	}
	finish();
	for (unsigned a = 0; a < VALUES; a++)
		for (unsigned b = 0; b < VALUES; b++) {
			const uint64_t arguments[] = { values[a], values[b] };

			check(count, arguments);
		}
	return 1;
}

static void programs_mean_what_the_rules_say(void **state) {
	unsigned tried = 0;

	(void)state;
	srandom(3);
	for (int i = 0; i < 2000; i++)
		tried += try_rules(true);
	assert_int_equal(tried, 2000);
	tried = 0;
	for (int i = 0; i < 2000; i++)
		tried += try_rules(false);
	assert_true(tried > 300);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_meet_their_actions),
		cmocka_unit_test(newer_numbers_do_not_exist),
		cmocka_unit_test(rules_without_arguments_are_stronger),
		cmocka_unit_test(programs_mean_what_the_rules_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
