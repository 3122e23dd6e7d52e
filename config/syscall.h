/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the system calls: those of this architecture with their numbers, and those that only
 * others have, so that one file serves all. ci/syscalls makes the table. */
#ifndef CONFIG_SYSCALL_H
#define CONFIG_SYSCALL_H

#include <stdbool.h>
#include <stdint.h>

#include "config/value.h"

enum { SYSCALL_FOREIGN = -1, SYSCALL_UNKNOWN = -2 };

extern const uint32_t syscall_architecture; /* AUDIT_ARCH_* */
extern const char syscall_table[]; /* names behind each other, as ci/syscalls says */

struct syscall_entry {
	const char *name; /* NULL: before the first */
	int number; /* ascending; at the end those that are SYSCALL_FOREIGN */
};

/* The next one; false, and nothing changed, behind the last. */
bool syscall_next(struct syscall_entry *);

int syscall_find(const char *name); /* its number, SYSCALL_FOREIGN or SYSCALL_UNKNOWN */
const char *syscall_name(int number); /* NULL: there is none */
int syscall_last(void); /* the highest number */

value_parse syscall_parse; /* into a struct config_word */

#endif
