/* SPDX-License-Identifier: Apache-2.0 */
/* What is big in libc and has little to do in pintle, where texts are short and lists as well. It
 * comes before libc's when pintle is linked. */
#include <stdlib.h>
#include <string.h>

char *strstr(const char *text, const char *part) {
	size_t len = strlen(part);

	for (; *text || !len; text++)
		if (strncmp(text, part, len) == 0)
			return (char *)text;
	return NULL;
}

static void swap(char *a, char *b, size_t size) {
	while (size-- > 0) {
		char one = a[size];

		a[size] = b[size];
		b[size] = one;
	}
}

/* Insertion: getaddrinfo sorts a name's addresses, 48 at most. */
void qsort(void *base, size_t count, size_t size, int (*compare)(const void *, const void *)) {
	char *first = base;

	for (size_t i = 1; i < count; i++)
		for (char *at = first + i * size; at > first && compare(at - size, at) > 0;
		     at -= size)
			swap(at - size, at, size);
}
