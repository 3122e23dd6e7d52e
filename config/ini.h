/* SPDX-License-Identifier: Apache-2.0 */
/* The file. Lines go through inih; what inih would cut or take in silence is refused before. */
#ifndef CONFIG_INI_H
#define CONFIG_INI_H

#include "config/load.h"

struct ini_text {
	const char *bytes; /* NULL: there is no file */
	size_t len;
};

/* Reads the whole file into memory. */
void ini_read(struct load *, struct ini_text *);

/* Sets what it says. */
void ini_load(struct load *, const struct ini_text *);

/* What inih calls for the memory of a line. */
void *ini_malloc(size_t size);
void ini_free(void *);

#endif
