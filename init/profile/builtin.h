/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in profiles: bytes that builtin.gen.c makes at build time, which says what they allow.
 */
#ifndef INIT_PROFILE_BUILTIN_H
#define INIT_PROFILE_BUILTIN_H

#include <linux/filter.h>

/* The action for what they do not allow. */
#define BUILTIN_OTHERWISE (SECCOMP_RET_ERRNO | 1 /* EPERM */)

extern const struct sock_filter builtin_default[], builtin_strict[];
extern const unsigned short builtin_default_length, builtin_strict_length;

#endif
