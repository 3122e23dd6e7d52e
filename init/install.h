/* SPDX-License-Identifier: Apache-2.0 */
/* A file that others read is replaced as a whole: the new one is made beside it, with its owner and
 * mode, and takes its place once it was found to be good. A mount point, which nothing can take the
 * place of, is written in place. For a short-lived process of its own: the disk may be slow. */
#ifndef INIT_INSTALL_H
#define INIT_INSTALL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/error.h"

struct install {
	const char *path;
	const char *owner; /* as user_find has it; NULL: the old file's, else ours */
	int64_t mode; /* CONFIG_NONE: the old file's, else 0644 */
	int content; /* a memfd that nobody can change any more */
};

/* Where the new file waits. */
enum install_place {
	INSTALL_BESIDE, /* in the same folder, from where it is renamed */
	INSTALL_SHM, /* /dev/shm, until what is mounted at the path is written in place */
	INSTALL_TMP, /* /tmp, where there is no /dev/shm */
	INSTALL_PLACES,
	INSTALL_SAME = INSTALL_PLACES, /* there is nothing to do: the old file is like that */
};

/* Makes the new file; owner and mode that are asked for are given to an old one that is the same
 * otherwise. Returns its place or INSTALL_SAME, or -1. */
int install_stage(const struct install *, struct error *);

/* The path of the staged file. */
void install_staged(const struct install *, enum install_place, char path[static PATH_MAX]);

/* The new file replaces the old; on failure the old one stays. */
int install_commit(const struct install *, enum install_place, struct error *);

/* It does not. */
void install_discard(const struct install *, enum install_place);

#endif
