/* SPDX-License-Identifier: Apache-2.0 */
/* For the programs that write a built-in filter while pintle is built: rules in, C out. Whatever
 * fails ends them. */
#ifndef INIT_PROFILE_GENERATOR_GEN_H
#define INIT_PROFILE_GENERATOR_GEN_H

#include <seccomp.h>
#include <stddef.h>

/* Allowed if the argument, masked, is value. */
struct generator_condition {
	const char *name;
	unsigned argument;
	uint64_t mask, value;
};

#define GENERATOR_COUNT(array) (sizeof(array) / sizeof(*(array)))

void generator_begin(uint32_t otherwise);
/* A system call that the architecture does not have (open on arm64) needs no rule; one that none
 * has is a mistake. */
void generator_add(const char *name, uint32_t action, unsigned count, const struct scmp_arg_cmp *);
void generator_add_all(const char *const *names, size_t count, uint32_t action);
void generator_add_conditions(const struct generator_condition *, size_t count);
/* To stdout: struct sock_filter NAME[], and NAME_length. */
void generator_print(const char *name);

#endif
