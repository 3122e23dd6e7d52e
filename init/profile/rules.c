/* SPDX-License-Identifier: Apache-2.0 */
#include "init/profile/rules.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
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

static unsigned comparisons;
static uint32_t otherwise;
static int highest; /* number that a rule was added for */

/* libseccomp merges all rules of a system call into one tree. With == and masks that is sound. As
 * soon as others are among them its trees may be wrong, up to 2.6.0 at least, not only where it
 * says so (GHSA-4q85-33p6-j5g6), and some are never finished: rules_test.c has seen both. So each
 * rule with
 * <, <=, >, >= or != becomes a program of its own, in which there is nothing to merge. */
static scmp_filter_ctx equal; /* all other rules */
static bool any_equal;
static MEMORY_BULK struct bpf_program unequal; /* the programs of these, one behind the other */

/* What such a program answers where its rule does not apply: no profile has it, PROFILE_ERRNO. */
static const uint32_t not_mine = SCMP_ACT_TRACE(0xffff);

static int refuse(int result, const char *doing, struct error *e) {
	errno = -result;
	return fail(e, "libseccomp: %s: %m", doing);
}

/* The generators may run on another architecture than the one they write for. libseccomp's words
 * for them are the kernel's. */
static int choose_architecture(scmp_filter_ctx filter) {
	int result;

	if (syscall_architecture == seccomp_arch_native())
		return 0;
	result = seccomp_arch_add(filter, syscall_architecture);
	if (result == 0)
		result = seccomp_arch_remove(filter, seccomp_arch_native());
	return result;
}

static int begin(scmp_filter_ctx *filter, uint32_t action) {
	*filter = seccomp_init(action);
	if (!*filter)
		return -EINVAL;
	(void)seccomp_attr_set(*filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	(void)seccomp_attr_set(*filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	return choose_architecture(*filter);
}

int rules_begin(uint32_t action, struct error *e) {
	int result;

	otherwise = action;
	highest = -1;
	rules_count = comparisons = unequal.length = 0;
	any_equal = unequal.full = false;
	seccomp_release(equal);
	result = begin(&equal, action);
	return result < 0 ? refuse(result, "beginning", e) : 0;
}

static struct rule *find(int number) {
	struct rule *r = rules;

	while (r < rules + rules_count && r->number != number)
		r++;
	return r;
}

/* Through a descriptor, as seccomp_export_bpf_mem copies too much. */
static int read_program(scmp_filter_ctx filter) {
	static MEMORY_BULK struct sock_filter code[BPF_MAXINSNS];
	int fd = memfd_create("rule", MFD_CLOEXEC);
	int result = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);
	ssize_t size = result < 0 ? 0 : pread(fd, code, sizeof(code), 0);

	if (fd >= 0)
		close(fd);
	if (size > 0)
		bpf_append(&unequal, code, (unsigned)((size_t)size / sizeof(*code)));
	return result;
}

/* Where the rule does not apply, what follows goes on. */
static void chain(unsigned from) {
	for (unsigned i = from; i < unequal.length; i++)
		if (BPF_CLASS(unequal.code[i].code) == BPF_RET && unequal.code[i].k == not_mine)
			unequal.code[i] = (struct sock_filter){ BPF_JMP | BPF_JA, 0, 0,
								unequal.length - i - 1 };
}

static int add_alone(int number, uint32_t action, unsigned count,
		     const struct scmp_arg_cmp *compare) {
	unsigned from = unequal.length;
	scmp_filter_ctx filter;
	int result = begin(&filter, not_mine);

	if (result == 0)
		result = seccomp_rule_add_array(filter, action, number, count, compare);
	if (result == 0)
		result = read_program(filter);
	seccomp_release(filter);
	chain(from);
	return result;
}

static bool are_equalities(unsigned count, const struct scmp_arg_cmp *compare) {
	for (unsigned i = 0; i < count; i++)
		if (compare[i].op != SCMP_CMP_EQ && compare[i].op != SCMP_CMP_MASKED_EQ)
			return false;
	return true;
}

static int depend(int number, uint32_t action, unsigned count, const struct scmp_arg_cmp *compare,
		  struct error *e) {
	int result;

	comparisons += count;
	if (comparisons > RULES_COMPARISONS)
		return fail(e, "more than %d comparisons of arguments", RULES_COMPARISONS);
	if (are_equalities(count, compare)) {
		any_equal = true;
		result = seccomp_rule_add_array(equal, action, number, count, compare);
	} else {
		result = add_alone(number, action, count, compare);
	}
	if (result == -EEXIST)
		return fail(e, "two rules have different actions for the same arguments");
	return result < 0 ? refuse(result, "adding a rule", e) : 0;
}

int rules_add(int number, uint32_t action, unsigned count, const struct scmp_arg_cmp *compare,
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
	return count > 0 ? depend(number, action, count, compare, e) : 0;
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
	int result = 0;

	runs.count = search.length = 0;
	search.full = false;
	fill(&runs);
	bpf_search(&search, &runs);
	if (!any_equal)
		bpf_return(&unequal, otherwise);
	if (write_program(fd, &search, e) < 0 || write_program(fd, &unequal, e) < 0)
		return -1;
	if (any_equal)
		result = seccomp_export_bpf(equal, fd);
	seccomp_release(equal);
	equal = NULL;
	return result < 0 ? refuse(result, "writing the program", e) : 0;
}
