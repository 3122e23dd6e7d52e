/* SPDX-License-Identifier: Apache-2.0 */
#include "init/control_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LOCK_TRIES = 20, LOCK_PAUSE = 5000000 /* ns */ };

static int unix_socket(void) {
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static void shut(int fd) {
	int saved = errno;

	close(fd);
	errno = saved;
}

static int open_directory(const char *path) {
	char directory[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	snprintf(directory, sizeof(directory), "%s", path);
	slash = strrchr(directory, '/');
	if (slash)
		slash[slash == directory] = '\0';
	return open(slash ? directory : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Between finding a socket dead and replacing it, nobody may replace it first. All pintles that
 * share the directory take its lock, for as long as some system calls take. */
static int lock_directory(const char *path) {
	const struct timespec pause = { .tv_nsec = LOCK_PAUSE };
	int fd = open_directory(path);

	for (int tries = 0; fd >= 0 && tries < LOCK_TRIES; tries++) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return fd;
		nanosleep(&pause, NULL);
	}
	if (fd >= 0)
		shut(fd);
	return -1;
}

/* Nobody listens on it any more. One that we may not ask, or that is too busy, is alive. */
static bool is_dead(const struct sockaddr_un *name) {
	int fd = unix_socket();
	bool dead = fd >= 0 && connect(fd, (const struct sockaddr *)name, sizeof(*name)) < 0 &&
		    errno == ECONNREFUSED;

	if (fd >= 0)
		shut(fd);
	return dead;
}

static int remove_dead(const struct sockaddr_un *name) {
	struct stat file;

	if (lstat(name->sun_path, &file) < 0)
		return -1;
	if (!S_ISSOCK(file.st_mode))
		return errno = EEXIST, -1;
	if (!is_dead(name))
		return errno = EADDRINUSE, -1;
	return unlink(name->sun_path);
}

/* The file gets the mode of the descriptor, so that it is never open to others. */
static int bind_and_listen(int fd, const struct sockaddr_un *name, int backlog) {
	const struct sockaddr *address = (const struct sockaddr *)name;

	if (fchmod(fd, 0600) < 0)
		return -1;
	if (bind(fd, address, sizeof(*name)) < 0 &&
	    (errno != EADDRINUSE || remove_dead(name) < 0 || bind(fd, address, sizeof(*name)) < 0))
		return -1;
	return listen(fd, backlog);
}

int control_socket(const struct sockaddr_un *name, int backlog) {
	int lock = lock_directory(name->sun_path), fd;

	if (lock < 0)
		return -1;
	fd = unix_socket();
	if (fd >= 0 && bind_and_listen(fd, name, backlog) < 0) {
		shut(fd);
		fd = -1;
	}
	shut(lock);
	return fd;
}
