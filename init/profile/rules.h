/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a seccomp profile become a program. What a number alone decides is a search
 * (init/bpf.c), behind which stand the rules that depend on arguments. For the process that
 * compiles a profile, and for the generators of built-in filters. */
#ifndef INIT_PROFILE_RULES_H
#define INIT_PROFILE_RULES_H

#include <seccomp.h>
#include <stdint.h>

#include "config/error.h"

enum { RULES_SYSCALLS = 512 };

/* Begins; otherwise: the action for what no rule says anything about. A number beyond all that have
 * a rule is newer than the profile, and is said not to exist (ENOSYS), as runc does it: then a libc
 * goes on with an older way. */
void rules_begin(uint32_t otherwise);

/* Adds one. All comparisons have to hold. Rules without any are stronger than those with; of either
 * kind, the first that applies counts. */
int rules_add(int number, uint32_t action, unsigned count, const struct scmp_arg_cmp *,
	      struct error *);

/* Writes the program. */
int rules_write(int fd, struct error *);

#endif
