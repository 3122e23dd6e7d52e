/* SPDX-License-Identifier: Apache-2.0 */
/* All of pintle's heap. Nobody allocates but getaddrinfo, in the resolver's process, which ends as
 * soon as it has an answer: so memory is only handed out, and libc's 9 KB of allocator stay out of
 * the binary. Whoever needs a heap that gives memory back removes this file. */
#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "config/memory.h"

enum { HEAP = 1 << 20 };

static MEMORY_BULK alignas(max_align_t) char heap[HEAP];
static size_t used;

void *malloc(size_t size) {
	size_t room = sizeof(heap) - used;
	void *taken = heap + used;

	if (room < alignof(max_align_t) || size > room - alignof(max_align_t)) {
		errno = ENOMEM;
		return NULL;
	}
	used += (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
	return taken;
}

/* Nothing of the heap was ever used before. */
void *calloc(size_t count, size_t size) {
	size_t all;

	if (__builtin_mul_overflow(count, size, &all))
		all = SIZE_MAX;
	return malloc(all);
}

void free(void *memory) {
	(void)memory;
}
