/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of all values: one static block that only grows, CONFIG_MEMORY bytes.
 * Pages that were never touched cost nothing, so the block may be generous. */
#ifndef CONFIG_MEMORY_H
#define CONFIG_MEMORY_H

#include <stddef.h>

enum { MEMORY_PAGE = 4096 };

/* A static variable of some kilobytes: it lies behind all the small ones (config/bulk.ld), so that
 * these stay together, and what is not used of it is never touched. The digit tells its section
 * from those that the compiler names after variables. */
#define MEMORY_BULK __attribute__((section(".bss.0bulk")))

/* Forgets everything: whatever was taken before is gone. */
void memory_reset(void);

/* Zeroed and aligned for any object; NULL if the block is full. */
void *memory_take(size_t size);
/* A copy with a NUL at its end; NULL if the block is full. */
char *memory_text(const char *text, size_t len);

/* A start goes deep into the stack, and through most of the code; what it touched there is not
 * needed again. What is, the kernel maps anew. */
void memory_settle(void);

/* What is left, to be written into and then kept; nothing may be taken in between. */
char *memory_rest(size_t *size);
void memory_keep(size_t size);

/* Gives back all that was taken after the mark. */
size_t memory_mark(void);
void memory_release(size_t mark);

#endif
