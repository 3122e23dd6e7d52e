/* SPDX-License-Identifier: Apache-2.0 */
#include "init/oom.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A container has its own cgroup mounted here. At the root of a machine's there is nothing to read
 * in version 2, and version 1 counts there what is in no other cgroup. */
static const char *const places[] = {
	"/sys/fs/cgroup/memory.events",
	"/sys/fs/cgroup/memory/memory.oom_control",
};

static unsigned long known;

/* Of the lines "name number" the one that both versions have in common. */
static unsigned long read_count(const char *path) {
	static const char name[] = "oom_kill ";
	char text[512];
	const char *at;
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, name);
	return at ? strtoul(at + strlen(name), NULL, 10) : 0;
}

bool oom_struck(void) {
	unsigned long before = known;

	known = 0;
	for (unsigned i = 0; i < sizeof(places) / sizeof(*places); i++)
		known += read_count(places[i]);
	return known > before;
}

void oom_begin(void) {
	(void)oom_struck();
}
