/* SPDX-License-Identifier: Apache-2.0 */
#include "init/profile/rules.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "config/memory.h"
#include "config/syscall.h"
#include "init/bpf.h"

static MEMORY_BULK struct rule {
	int number;
	uint32_t action;
	bool depends; /* on arguments: the action is not known here */
} rules[RULES_SYSCALLS];
static unsigned rules_count;

static uint32_t otherwise;
static int highest; /* number that a rule was added for */

/* The rules with comparisons, one behind the other in their order: who meets one that does not
 * apply goes on with the next. libseccomp merges all rules of a system call into one tree, and up
 * to 2.6.0 at least these may be wrong (GHSA-4q85-33p6-j5g6) or never finished. */
static MEMORY_BULK struct bpf_program depending;

void rules_begin(uint32_t action) {
	otherwise = action;
	highest = -1;
	rules_count = depending.length = 0;
	depending.full = false;
}

static struct rule *find(int number) {
	struct rule *r = rules;

	while (r < rules + rules_count && r->number != number)
		r++;
	return r;
}

/* Where a condition may go: on, or to these until it is known how far away they are. */
enum { NEXT, HOLDS = 254, FAILS };

static void put(uint16_t code, uint32_t k, uint8_t if_true, uint8_t if_false) {
	const struct sock_filter instruction = { code, if_true, if_false, k };

	bpf_append(&depending, &instruction, 1);
}

/* What was to go to a place from here on, goes to what is written next. A rule is much shorter than
 * the way that a jump may have. */
static void arrive(unsigned from, uint8_t place) {
	for (unsigned i = from; i < depending.length; i++) {
		struct sock_filter *code = &depending.code[i];

		if (code->jt == place)
			code->jt = (uint8_t)(depending.length - i - 1);
		if (code->jf == place)
			code->jf = (uint8_t)(depending.length - i - 1);
	}
}

/* Of an argument of 64 bits the kernel shows the halves. */
static void load(unsigned argument, bool upper, uint32_t mask) {
	const bool second = upper == (bool)(syscall_architecture & __AUDIT_ARCH_LE);

	put(BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)offsetof(struct seccomp_data, args[argument]) + (second ? 4 : 0), NEXT, NEXT);
	if (mask != UINT32_MAX)
		put(BPF_ALU | BPF_AND | BPF_K, mask, NEXT, NEXT);
}

static void compare_masked(const struct scmp_arg_cmp *c) {
	const uint64_t mask = c->datum_a, value = c->datum_b;

	for (int shift = 32; shift >= 0; shift -= 32) {
		if ((uint32_t)((mask | value) >> shift) == 0)
			continue;
		load(c->arg, shift > 0, (uint32_t)(mask >> shift));
		put(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value >> shift), NEXT, FAILS);
	}
}

/* The lower halves are looked at only if the upper ones are equal. */
static void compare(const struct scmp_arg_cmp *c) {
	static const struct {
		uint16_t jump; /* what is asked of the lower halves */
		bool orders, denies; /* it must not be true */
	} operators[] = {
		[SCMP_CMP_EQ] = { BPF_JEQ, false, false }, [SCMP_CMP_NE] = { BPF_JEQ, false, true },
		[SCMP_CMP_GE] = { BPF_JGE, true, false },  [SCMP_CMP_LT] = { BPF_JGE, true, true },
		[SCMP_CMP_GT] = { BPF_JGT, true, false },  [SCMP_CMP_LE] = { BPF_JGT, true, true },
	};
	const uint32_t upper = (uint32_t)(c->datum_a >> 32), lower = (uint32_t)c->datum_a;
	const uint8_t is_true = operators[c->op].denies ? FAILS : HOLDS;
	const uint8_t is_not = operators[c->op].denies ? HOLDS : FAILS;
	unsigned from = depending.length;

	load(c->arg, true, UINT32_MAX);
	if (operators[c->op].orders)
		put(BPF_JMP | BPF_JGT | BPF_K, upper, is_true, NEXT);
	put(BPF_JMP | BPF_JEQ | BPF_K, upper, NEXT, is_not);
	load(c->arg, false, UINT32_MAX);
	put(BPF_JMP | operators[c->op].jump | BPF_K, lower, is_true, is_not);
	arrive(from, HOLDS);
}

/* A rule as the one that begins here, but for the action; they are as long then. */
static const struct sock_filter *find_same(unsigned from) {
	const unsigned count = depending.length - from;

	for (unsigned i = 0; i < from; i++)
		if (memcmp(depending.code + i, depending.code + from,
			   (count - 1) * sizeof(*depending.code)) == 0)
			return depending.code + i + count - 1;
	return NULL;
}

static int depend(int number, uint32_t action, unsigned count, const struct scmp_arg_cmp *with,
		  struct error *e) {
	const unsigned from = depending.length;
	const struct sock_filter *same;

	put(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), NEXT, NEXT);
	put(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, NEXT, FAILS);
	for (unsigned i = 0; i < count; i++)
		if (with[i].op == SCMP_CMP_MASKED_EQ)
			compare_masked(&with[i]);
		else
			compare(&with[i]);
	put(BPF_RET | BPF_K, action, NEXT, NEXT);
	arrive(from, FAILS);
	if (depending.full || !(same = find_same(from)))
		return 0;
	depending.length = from;
	return same->k == action
		       ? 0
		       : fail(e, "two rules have different actions for the same arguments");
}

int rules_add(int number, uint32_t action, unsigned count, const struct scmp_arg_cmp *with,
	      struct error *e) {
	struct rule *r = find(number);
	bool is_new = r == rules + rules_count;

	if (number > highest)
		highest = number;
	if (action == otherwise || (!is_new && !r->depends))
		return 0;
	if (is_new && rules_count == RULES_SYSCALLS)
		return fail(e, "rules for more than %d system calls", RULES_SYSCALLS);
	rules_count += is_new;
	*r = (struct rule){ .number = number, .action = action, .depends = count > 0 };
	return count > 0 ? depend(number, action, count, with, e) : 0;
}

/* The action for a number that is newer than the profile. */
static uint32_t newer(void) {
	switch (otherwise & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_TRACE:
		return otherwise;
	default:
		return SCMP_ACT_ERRNO(ENOSYS);
	}
}

/* A tracer makes a system call -1 to skip it. */
static void fill(struct bpf_runs *runs) {
	struct syscall_entry s = { 0 };

	bpf_from(runs, 0, otherwise);
	while (syscall_next(&s) && s.number >= 0) {
		const struct rule *r = find(s.number);

		if (r < rules + rules_count)
			bpf_at(runs, (uint32_t)s.number, r->depends ? BPF_NEXT : r->action,
			       otherwise);
	}
	if (highest >= 0)
		bpf_from(runs, (uint32_t)highest + 1, newer());
	bpf_from(runs, BPF_FOREIGN_ABI, SECCOMP_RET_KILL_PROCESS);
	bpf_from(runs, UINT32_MAX, SECCOMP_RET_ALLOW);
}

static int write_program(int fd, const struct bpf_program *p, struct error *e) {
	size_t size = p->length * sizeof(*p->code);

	if (p->full)
		return fail(e, "more than %d instructions", BPF_MAXINSNS);
	if (write(fd, p->code, size) != (ssize_t)size)
		return fail(e, "writing the program: %m");
	return 0;
}

int rules_write(int fd, struct error *e) {
	static MEMORY_BULK struct bpf_program search;
	static MEMORY_BULK struct bpf_runs runs;

	runs.count = search.length = 0;
	search.full = false;
	fill(&runs);
	bpf_search(&search, &runs);
	bpf_return(&depending, otherwise);
	return write_program(fd, &search, e) < 0 ? -1 : write_program(fd, &depending, e);
}
