/* SPDX-License-Identifier: Apache-2.0 */
/* All of pintle's heap, for those who ask others' code: getaddrinfo in the resolver's process,
 * cJSON in the one that compiles a seccomp profile, mbedTLS in the agent. The first two end as soon
 * as they have their answer, and a connection's blocks are those of the one before it: so a simple
 * heap is enough, and libc's 9 KB of allocator stay out of the binary. Blocks have sizes of powers
 * of two, and those that were given back are kept by size: what grows by realloc in small steps
 * needs no more than four times its size. */
#include <errno.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config/memory.h"

/* A connection of TLS has some 56 KB, most of them never touched, and the agent 128 connections at
 * most.
 */
enum { HEAP = 8 << 20, SMALLEST = 5, CLASSES = 23 }; /* a class is the binary logarithm of a size */

/* In front of what is handed out; next: of those that were given back. */
struct block {
	unsigned class;
	alignas(max_align_t) struct block *next;
};

static MEMORY_BULK alignas(max_align_t) char heap[HEAP];
static size_t used;
static struct block *given_back[CLASSES];

/* Both sizes with the header. */
static size_t size_of(const struct block *b) {
	return (size_t)1 << b->class;
}

static unsigned class_for(size_t size) {
	unsigned class = SMALLEST;

	while ((size_t)1 << class < size)
		class ++;
	return class;
}

static struct block *take(unsigned class) {
	struct block *b = given_back[class];

	if (b) {
		given_back[class] = b->next;
		return b;
	}
	if ((size_t)1 << class > sizeof(heap) - used)
		return NULL;
	b = (struct block *)(void *)(heap + used);
	b->class = class;
	used += size_of(b);
	return b;
}

void *malloc(size_t size) {
	struct block *b = NULL;

	if (size < sizeof(heap) / 2)
		b = take(class_for(size + offsetof(struct block, next)));
	if (!b)
		errno = ENOMEM;
	return b ? &b->next : NULL;
}

/* What nobody has had before is zeroed already, and no page of it is touched. */
void *calloc(size_t count, size_t size) {
	size_t all, before = used;
	void *memory;

	if (__builtin_mul_overflow(count, size, &all))
		all = SIZE_MAX;
	memory = malloc(all);
	return memory && used == before ? memset(memory, 0, all) : memory;
}

static struct block *block_of(void *memory) {
	return (struct block *)(void *)((char *)memory - offsetof(struct block, next));
}

void free(void *memory) {
	struct block *b;

	if (!memory)
		return;
	b = block_of(memory);
	b->next = given_back[b->class];
	given_back[b->class] = b;
}

void *realloc(void *memory, size_t size) {
	size_t room = memory ? size_of(block_of(memory)) - offsetof(struct block, next) : 0;
	void *new;

	if (memory && size <= room)
		return memory;
	new = malloc(size);
	if (!new || !memory)
		return new;
	memcpy(new, memory, room);
	free(memory);
	return new;
}
