/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/directory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/agent/confine.h"

enum { SHARED = 01777, ENTRIES = 4096 };

/* Makes what is missing above the last part; the last part itself is left to the caller. */
static int make_parents(char *path, struct error *e) {
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = 0;
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return fail(e, "%s: %m", path);
		*slash = '/';
	}
	return 0;
}

static bool is_dots(const char *name) {
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Reads raw entries, since opendir allocates, and this is PID 1. */
static bool empty(int directory) {
	_Alignas(struct dirent) char entries[ENTRIES];
	long n;

	while ((n = syscall(SYS_getdents64, directory, entries, sizeof(entries))) > 0)
		for (long at = 0; at < n;) {
			const struct dirent *entry = (struct dirent *)(entries + at);

			if (!is_dots(entry->d_name))
				return false;
			at += entry->d_reclen;
		}
	return n == 0;
}

/* As the agent will be: makes a file there and removes it. The exit status is errno. */
static _Noreturn void probe(int directory, const struct user *user) {
	char name[64];
	int fd;

	(void)confine_identity(user);
	snprintf(name, sizeof(name), ".pintle-%ld-%d", (long)time(NULL), (int)getpid());
	fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
	if (fd < 0)
		_exit(errno);
	(void)unlinkat(directory, name, 0);
	_exit(0);
}

/* errno of what the agent would meet, 0: it can write. */
static int try_as(int directory, const struct user *user) {
	pid_t pid = _Fork();
	int status;

	if (pid < 0)
		return errno;
	if (pid == 0)
		probe(directory, user);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

int directory_prepare(const char *path, const struct user *user, struct error *e) {
	char copy[PATH_MAX];
	int directory, error;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return fail(e, "%s: too long", path);
	if (make_parents(copy, e) < 0)
		return -1;
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return fail(e, "%s: %m", path);
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return fail(e, "%s: %m", path);
	error = try_as(directory, user);
	if (error == EACCES && empty(directory) && fchmod(directory, SHARED) == 0)
		error = try_as(directory, user);
	close(directory);
	if (!error)
		return 0;
	errno = error;
	return fail(e, "%s: user %u can't write there: %m (chmod 1777 would do)", path, user->uid);
}
