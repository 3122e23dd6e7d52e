/* SPDX-License-Identifier: Apache-2.0 */
#include "init/leftover.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include "config/memory.h"
#include "init/child.h"

enum { TOLD = 1024 }; /* with more than that at once, some are told twice */

/* What getdents64(2) fills in; opendir would allocate. */
struct entry {
	uint64_t inode;
	int64_t offset;
	unsigned short length;
	unsigned char type;
	char name[];
};

static MEMORY_BULK pid_t told[TOLD];
static unsigned told_count;
static bool blind; /* there was something that could not be looked at */

void leftover_begin(void) {
	told_count = 0;
}

static bool was_told(pid_t pid) {
	for (unsigned i = 0; i < told_count; i++)
		if (told[i] == pid)
			return true;
	return false;
}

void leftover_forget(pid_t pid) {
	for (unsigned i = 0; i < told_count; i++)
		if (told[i] == pid)
			told[i] = told[--told_count];
}

/* The parent's pid, from proc_pid_stat(5), or 0. The name, in parentheses, may itself hold any of
 * the characters we look for: so from the last one on. A zombie counts, until it is reaped: one
 * whose first thread has ended looks the same while its others go on. */
static pid_t parent_of(pid_t pid) {
	char path[32], stat[512];
	const char *after;
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		blind |= errno != ENOENT && errno != ESRCH;
		return 0;
	}
	n = read(fd, stat, sizeof(stat) - 1);
	close(fd);
	stat[n > 0 ? n : 0] = '\0';
	after = strrchr(stat, ')'); /* ") S 1 ..." */
	return after && strlen(after) > 4 ? atoi(after + 4) : 0;
}

static void tell(pid_t pid, int signal) {
	if (signal == 0 || was_told(pid))
		return;
	if (told_count < TOLD)
		told[told_count++] = pid;
	(void)kill(pid, signal);
	(void)kill(pid, SIGCONT);
}

static unsigned tell_all(const char *entries, long len, int signal) {
	unsigned count = 0;

	for (long at = 0; at < len;) {
		const struct entry *e = (const struct entry *)(entries + at);
		pid_t pid = e->name[0] >= '1' && e->name[0] <= '9' ? atoi(e->name) : 0;

		if (pid && parent_of(pid) == getpid() && !child_is_known(pid)) {
			tell(pid, signal);
			count++;
		}
		at += e->length;
	}
	return count;
}

/* Nothing mounted there, or that of another PID namespace: its numbers are not ours. */
static bool proc_is_ours(void) {
	char self[16] = "";

	return readlink("/proc/self", self, sizeof(self) - 1) > 0 && atoi(self) == getpid();
}

static unsigned look(int signal) {
	_Alignas(struct entry) char entries[4096];
	unsigned count = 0;
	long len;
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	blind = fd < 0;
	while ((len = syscall(SYS_getdents64, fd, entries, sizeof(entries))) > 0)
		count += tell_all(entries, len, signal);
	if (fd >= 0)
		close(fd);
	return count;
}

/* Where nobody can see who is whose, as without a descriptor to look with, PID 1 tells all: rather
 * some too many than to wait for those who never heard of it. */
unsigned leftover_tell(int signal) {
	unsigned count = 0;

	blind = !proc_is_ours();
	if (!blind)
		count = look(signal);
	if (blind && getpid() == 1)
		(void)kill(-1, signal);
	return count;
}
