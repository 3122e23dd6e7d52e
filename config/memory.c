/* SPDX-License-Identifier: Apache-2.0 */
#include "config/memory.h"

#include <stdalign.h>
#include <stdint.h>
#include <string.h>
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "config/config.h"

static alignas(max_align_t) char block[CONFIG_MEMORY];
static size_t used;

void memory_reset(void) {
	memory_release(0);
}

void *memory_take(size_t size) {
	size_t start = (used + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);

	if (start > sizeof(block) || size > sizeof(block) - start)
		return NULL;
	used = start + size;
	return memset(block + start, 0, size);
}

char *memory_text(const char *text, size_t len) {
	char *copy = block + used;

	if (len >= sizeof(block) - used)
		return NULL;
	memcpy(copy, text, len);
	copy[len] = '\0';
	used += len + 1;
	return copy;
}

char *memory_rest(size_t *size) {
	*size = sizeof(block) - used;
	return block + used;
}

void memory_keep(size_t size) {
	used += size;
}

size_t memory_mark(void) {
	return used;
}

void memory_release(size_t mark) {
	used = mark;
}

/* Code and constants are the file's first segment, which begins with the ELF header and, right
 * behind it, the table of segments, elf(5). */
static void give_code_back(void) {
	const ElfW(Phdr) *segment = (const void *)getauxval(AT_PHDR);
	unsigned long count = getauxval(AT_PHNUM);
	char *file = (char *)segment - sizeof(ElfW(Ehdr));

	for (; segment && count > 0; segment++, count--)
		if (segment->p_type == PT_LOAD && !(segment->p_flags & PF_W))
			(void)madvise(file + segment->p_vaddr, segment->p_memsz, MADV_DONTNEED);
}

/* The call itself lies below our frame: its page is kept. */
static void give_stack_back(void) {
	enum { DEEPEST = 16 * MEMORY_PAGE };
	char *here = __builtin_frame_address(0);

	here -= (uintptr_t)here % MEMORY_PAGE + MEMORY_PAGE;
	(void)madvise(here - DEEPEST, DEEPEST, MADV_DONTNEED);
}

void memory_settle(void) {
	give_code_back();
	give_stack_back();
}
