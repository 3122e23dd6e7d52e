/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel does with a filter, written down once more: the result of a program for one
 * system call. */
#ifndef TESTS_UNIT_INIT_SECCOMP_MACHINE_H
#define TESTS_UNIT_INIT_SECCOMP_MACHINE_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

/* SECCOMP_RET_*. The test fails if the program is none that the kernel would take. */
uint32_t seccomp_machine_run(const struct sock_filter *, size_t length,
			     const struct seccomp_data *);

#endif
