/* SPDX-License-Identifier: Apache-2.0 */
/* What libseccomp asks its own table of system calls, which this replaces: see the Makefile. Its
 * syscalls.h has the prototypes; the offsets choose an architecture there, and there is only one.
 */
#include <seccomp.h>
#include <stddef.h>

#include "config/syscall.h"

enum { NO_VERSION }; /* SCMP_KV_UNDEF: for attributes that we do not set */

int syscall_resolve_name(const char *name, int offset);
const char *syscall_resolve_num(int number, int offset);
unsigned syscall_resolve_name_kver(const char *name, int offset);
unsigned syscall_resolve_num_kver(int number, int offset, int offset_kver);
const struct arch_syscall_def *syscall_iterate(unsigned spot, int offset);

int syscall_resolve_name(const char *name, int offset) {
	int number = syscall_find(name);

	(void)offset;
	return number < 0 ? __NR_SCMP_ERROR : number;
}

const char *syscall_resolve_num(int number, int offset) {
	(void)offset;
	return syscall_name(number);
}

unsigned syscall_resolve_name_kver(const char *name, int offset) {
	(void)name;
	(void)offset;
	return NO_VERSION;
}

unsigned syscall_resolve_num_kver(int number, int offset, int offset_kver) {
	(void)number;
	(void)offset;
	(void)offset_kver;
	return NO_VERSION;
}

/* For its own test programs. */
const struct arch_syscall_def *syscall_iterate(unsigned spot, int offset) {
	(void)spot;
	(void)offset;
	return NULL;
}
