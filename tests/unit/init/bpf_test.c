/* SPDX-License-Identifier: Apache-2.0 */
#include "init/bpf.h"

#include <errno.h>
#include <linux/audit.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/syscall.h"
#include "tests/unit/init/seccomp_machine.h"

#include <cmocka.h>

enum { NEXT = SECCOMP_RET_TRACE | 77 }; /* what follows the search, here */

static struct bpf_program program;
static struct bpf_runs runs;

static uint32_t run(uint32_t number) {
	const struct seccomp_data data = { .nr = (int)number, .arch = syscall_architecture };

	return seccomp_machine_run(program.code, program.length, &data);
}

static uint32_t wanted(uint32_t number) {
	uint32_t action = 0;

	for (unsigned i = 0; i < runs.count && runs.run[i].first <= number; i++)
		action = runs.run[i].action;
	return action == BPF_NEXT ? NEXT : action;
}

static void search(void) {
	program.length = 0;
	program.full = false;
	bpf_search(&program, &runs);
	bpf_return(&program, NEXT);
	assert_false(program.full);
}

static void check_around(uint32_t number) {
	for (uint32_t n = number - 2; n != number + 3; n++)
		if (run(n) != wanted(n))
			fail_msg("%u: 0x%x, not 0x%x", n, run(n), wanted(n));
}

/* Every boundary of searches of all sizes; at 1,000 the jumps are longer than a condition can make
 * them, at few actions endings are shared, at many they can't be. */
static void searches_find_every_run(void **state) {
	(void)state;
	srandom(1);
	for (unsigned count = 1; count < 1000; count += count < 12 ? 1 : 97)
		for (unsigned actions = 2; actions <= 900; actions *= 30) {
			uint32_t number = 0;

			runs.count = 0;
			for (unsigned i = 0; i < count; i++) {
				uint32_t action = (uint32_t)random() % actions;

				bpf_from(&runs, number, action ? 0x50000 + action : BPF_NEXT);
				number += 1 + (uint32_t)random() % 3;
			}
			search();
			for (unsigned i = 0; i < runs.count; i++)
				check_around(runs.run[i].first);
			check_around(UINT32_MAX - 8);
		}
}

static void runs_of_the_same_action_are_one(void **state) {
	(void)state;
	runs.count = 0;
	bpf_from(&runs, 0, BPF_NEXT);
	for (uint32_t i = 5; i < 15; i++)
		bpf_at(&runs, i, 7, BPF_NEXT);
	assert_int_equal(runs.count, 3);
	assert_int_equal(runs.run[1].first, 5);
	assert_int_equal(runs.run[2].first, 15);
	search();
	/* Load and check the architecture (4), two conditions, one ending. */
	assert_int_equal(program.length, 4 + 2 + 1 + 1);
}

static void other_architectures_are_killed(void **state) {
	static const uint32_t others[] = { AUDIT_ARCH_I386, AUDIT_ARCH_ARM, AUDIT_ARCH_MIPS64, 0 };

	(void)state;
	runs.count = 0;
	bpf_from(&runs, 0, SECCOMP_RET_ALLOW);
	search();
	assert_int_equal(run(3), SECCOMP_RET_ALLOW);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		const struct seccomp_data data = { .nr = 3, .arch = others[i] };

		assert_int_equal(seccomp_machine_run(program.code, program.length, &data),
				 SECCOMP_RET_KILL_PROCESS);
	}
}

static void verdicts_know_numbers_but_no_arguments(void **state) {
	static const struct sock_filter code[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, args[0]) },
		{ BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xff },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 1 },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW },
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr) },
		{ BPF_JMP | BPF_JGT | BPF_K, 0, 1, 4 },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_LOG },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM },
	};

	(void)state;
	runs.count = program.length = 0;
	program.full = false;
	bpf_from(&runs, 0, SECCOMP_RET_ALLOW);
	bpf_at(&runs, 2, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_LOG);
	bpf_from(&runs, 4, BPF_NEXT);
	bpf_search(&program, &runs);
	bpf_append(&program, code, sizeof(code) / sizeof(*code));
	assert_int_equal(bpf_verdicts(&program, 1), BPF_ALLOWS);
	assert_int_equal(bpf_verdicts(&program, 2), BPF_DENIES);
	assert_int_equal(bpf_verdicts(&program, 3), BPF_LOGS);
	assert_int_equal(bpf_verdicts(&program, 4), BPF_ALLOWS | BPF_DENIES);
	assert_int_equal(bpf_verdicts(&program, 5), BPF_ALLOWS | BPF_LOGS);
}

/* Nobody has checked the program before it is looked at. */
static void verdicts_of_nonsense_are_harmless(void **state) {
	(void)state;
	srandom(2);
	for (int i = 0; i < 200; i++) {
		program.length = 1 + (unsigned)random() % BPF_MAXINSNS;
		for (unsigned n = 0; n < program.length; n++)
			program.code[n] =
				(struct sock_filter){ (uint16_t)(random() & 0xff),
						      (uint8_t)random(), (uint8_t)random(),
						      (uint32_t)(random() & 0xfff) };
		(void)bpf_verdicts(&program, 1);
	}
	program.length = 1;
	program.code[0] = (struct sock_filter){ BPF_JMP | BPF_JA, 0, 0, UINT32_MAX };
	assert_int_equal(bpf_verdicts(&program, 1), 0);
}

static void what_does_not_fit_is_told(void **state) {
	static const struct sock_filter code[BPF_MAXINSNS - 3];

	(void)state;
	memset(&program, 0, sizeof(program));
	bpf_append(&program, code, BPF_MAXINSNS - 3);
	assert_false(program.full);
	runs.count = 0;
	bpf_from(&runs, 0, SECCOMP_RET_ALLOW);
	bpf_search(&program, &runs);
	assert_true(program.full);
	assert_int_equal(program.length, BPF_MAXINSNS);
	program.full = false;
	bpf_return(&program, SECCOMP_RET_ALLOW);
	assert_true(program.full);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_find_every_run),
		cmocka_unit_test(runs_of_the_same_action_are_one),
		cmocka_unit_test(other_architectures_are_killed),
		cmocka_unit_test(verdicts_know_numbers_but_no_arguments),
		cmocka_unit_test(verdicts_of_nonsense_are_harmless),
		cmocka_unit_test(what_does_not_fit_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
