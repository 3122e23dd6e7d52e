/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a seccomp profile become a program. What a number alone decides is a search
 * (init/bpf.c); what depends on arguments is libseccomp's. Not for PID 1, which allocates nothing:
 * for the process that compiles a profile, and for the generators of built-in filters. */
#ifndef INIT_PROFILE_RULES_H
#define INIT_PROFILE_RULES_H

#include <seccomp.h>
#include <stdint.h>

#include "config/error.h"

enum {
	RULES_SYSCALLS = 512,
	/* Each makes 3 nodes of 5 instructions at most, and libseccomp counts instructions in 16
	 * bits without a look at the end. */
	RULES_COMPARISONS = 2048,
};

/* Begins, once in a process; otherwise: the action for what no rule says anything about. A number
 * beyond all that have a rule is newer than the profile, and is said not to exist (ENOSYS), as runc
 * does it: then a libc goes on with an older way. */
int rules_begin(uint32_t otherwise, struct error *);

/* Adds one. Comparisons are of different arguments, and all have to hold. Rules without any are
 * stronger than those with, and the first of them counts. Of those with, the ones that use <, <=,
 * >,
 * >= or != come first, in their order. */
int rules_add(int number, uint32_t action, unsigned count, const struct scmp_arg_cmp *,
	      struct error *);

/* Writes the program. */
int rules_write(int fd, struct error *);

#endif
