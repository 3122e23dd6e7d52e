/* SPDX-License-Identifier: Apache-2.0 */
/* A seccomp profile in Docker's JSON format becomes a program. This runs in a process of its own,
 * which ends when it is done: cJSON allocates, and PID 1 does not. */
#ifndef INIT_PROFILE_PROFILE_H
#define INIT_PROFILE_PROFILE_H

#include <stddef.h>
#include <stdint.h>

#include "config/error.h"

enum {
	PROFILE_SIZE = 128 << 10, /* bytes of a file; Docker's own has 17 KB */
	PROFILE_ERRNO = 4094, /* MAX_ERRNO of the kernel, less one as in libseccomp */
};

/* What the conditions of a rule ask for, its includes and excludes. */
struct profile_machine {
	uint64_t capabilities; /* bit n: number n; those that Docker calls the container's */
	unsigned kernel, revision; /* 4.8 */
	const char *architecture; /* in Docker's words: amd64; "": one that it has no word for */
};

/* The machine that this runs on. */
struct profile_machine profile_machine(uint64_t capabilities);

/* Reads a text of this many bytes, with a NUL behind them, and writes the program to fd. */
int profile_read(const char *text, size_t size, const struct profile_machine *, int fd,
		 struct error *);

/* The same with a file. Errors name it, and what in it is wrong. */
int profile_compile(const char *path, const struct profile_machine *, int fd, struct error *);

/* Whether the machine has a capability, "CAP_SYS_ADMIN", and is not older than a version, "4.8";
 * -1: that is no version. One that nobody knows is not had. */
int profile_has_capability(const struct profile_machine *, const char *name);
int profile_is_since(const struct profile_machine *, const char *version);

#endif
