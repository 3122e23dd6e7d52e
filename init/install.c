/* SPDX-License-Identifier: Apache-2.0 */
#include "init/install.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "init/user.h"

enum {
	PERMISSIONS = 0777,
	PRESET = 0644,
	PIECE = 4096,
	MOUNT_ROOT = 0x2000, /* STATX_ATTR_MOUNT_ROOT of statx(2), which musl does not have */
};

/* What the new file is to be like. */
struct shape {
	mode_t mode;
	uid_t uid;
	gid_t gid;
};

struct content {
	const char *bytes;
	size_t length;
};

void install_staged(const struct install *i, enum install_place place, char path[static PATH_MAX]) {
	const char *slash = strrchr(i->path, '/'), *name = slash ? slash + 1 : i->path;
	struct stat s = { 0 };

	/* Names there are for all who share it; the number is the memfd's alone. */
	(void)fstat(i->content, &s);
	if (place == INSTALL_BESIDE)
		snprintf(path, PATH_MAX, "%.*s.%s.pintle", (int)(name - i->path), i->path, name);
	else
		snprintf(path, PATH_MAX, "%s/.pintle-%llu",
			 place == INSTALL_SHM ? "/dev/shm" : "/tmp", (unsigned long long)s.st_ino);
}

static int map(const struct install *i, struct content *c) {
	struct stat s;

	*c = (struct content){ "", 0 };
	if (fstat(i->content, &s) < 0)
		return -1;
	if (s.st_size == 0)
		return 0;
	c->length = (size_t)s.st_size;
	c->bytes = mmap(NULL, c->length, PROT_READ, MAP_PRIVATE, i->content, 0);
	return c->bytes == MAP_FAILED ? -1 : 0;
}

static int write_all(int fd, const struct content *c) {
	for (size_t done = 0; done < c->length;) {
		ssize_t n = write(fd, c->bytes + done, c->length - done);

		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static bool is_same(int fd, const struct content *c) {
	char piece[PIECE];
	size_t done = 0;
	ssize_t n;

	while ((n = read(fd, piece, sizeof(piece))) > 0) {
		if ((size_t)n > c->length - done || memcmp(piece, c->bytes + done, (size_t)n) != 0)
			return false;
		done += (size_t)n;
	}
	return n == 0 && done == c->length;
}

static int find_shape(const struct install *i, const struct stat *old, struct shape *s,
		      struct error *e) {
	static struct user user;

	*s = (struct shape){ PRESET, geteuid(), getegid() };
	if (old)
		*s = (struct shape){ old->st_mode & PERMISSIONS, old->st_uid, old->st_gid };
	if (i->mode != CONFIG_NONE)
		s->mode = (mode_t)i->mode;
	if (!i->owner)
		return 0;
	if (user_find(&user, i->owner, e) < 0)
		return -1;
	s->uid = user.uid;
	s->gid = user.gid;
	return 0;
}

/* The owner first, since changing it takes bits of the mode. What nobody asked for may fail. */
static int give_shape(const struct install *i, int fd, const struct shape *s) {
	if (fchown(fd, s->uid, s->gid) < 0 && i->owner)
		return -1;
	return fchmod(fd, s->mode) < 0 && i->mode != CONFIG_NONE ? -1 : 0;
}

/* Never through a link: in a folder that others may write to it could lead anywhere. */
static int open_old(const struct install *i, struct stat *s) {
	int fd = open(i->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 && fstat(fd, s) == 0 && S_ISREG(s->st_mode))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int create(const struct install *i, const char *path, const struct content *c,
		  const struct shape *s) {
	int fd, result, saved;

	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	result = write_all(fd, c) < 0 ? -1 : give_shape(i, fd, s);
	saved = errno;
	close(fd);
	if (result < 0)
		(void)unlink(path);
	errno = saved;
	return result;
}

static bool is_mount_point(const char *path) {
	struct statx s;

	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0, &s) == 0 &&
	       s.stx_attributes & MOUNT_ROOT;
}

static int create_somewhere(const struct install *i, const struct content *c, const struct shape *s,
			    struct error *e) {
	enum install_place place = INSTALL_BESIDE, last = INSTALL_BESIDE;
	char path[PATH_MAX];

	if (is_mount_point(i->path)) {
		place = INSTALL_SHM;
		last = INSTALL_TMP;
	}
	for (; place <= last; place++) {
		install_staged(i, place, path);
		if (create(i, path, c, s) == 0)
			return (int)place;
	}
	return fail(e, "writing %s: %m", path);
}

int install_stage(const struct install *i, struct error *e) {
	struct stat old;
	struct shape shape;
	struct content c;
	int fd = open_old(i, &old), result = INSTALL_SAME;

	if (map(i, &c) < 0)
		result = fail(e, "reading what was rendered: %m");
	else if (find_shape(i, fd >= 0 ? &old : NULL, &shape, e) < 0)
		result = -1;
	else if (fd < 0 || !is_same(fd, &c))
		result = create_somewhere(i, &c, &shape, e);
	else if (give_shape(i, fd, &shape) < 0)
		result = fail(e, "owner and mode of %s: %m", i->path);
	if (fd >= 0)
		close(fd);
	return result;
}

/* All of it at once and then the end, so that few readers see both files in one. */
static int write_in_place(const struct install *i, struct error *e) {
	struct content c;
	struct stat old;
	struct shape shape;
	int fd, result;

	if (map(i, &c) < 0)
		return fail(e, "reading what was rendered: %m");
	fd = open(i->path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &old) < 0)
		return fail(e, "writing %s: %m", i->path);
	result = find_shape(i, &old, &shape, e);
	if (result == 0 && (write_all(fd, &c) < 0 || ftruncate(fd, (off_t)c.length) < 0 ||
			    give_shape(i, fd, &shape) < 0))
		result = fail(e, "writing %s in place: %m", i->path);
	close(fd);
	return result;
}

/* EBUSY: it is a mount point, of which an old kernel does not tell otherwise. */
int install_commit(const struct install *i, enum install_place place, struct error *e) {
	char path[PATH_MAX];
	int result = 0;

	install_staged(i, place, path);
	if (place == INSTALL_BESIDE && rename(path, i->path) == 0)
		return 0;
	if (place == INSTALL_BESIDE && errno != EBUSY)
		result = fail(e, "replacing %s: %m", i->path);
	else
		result = write_in_place(i, e);
	(void)unlink(path);
	return result;
}

void install_discard(const struct install *i, enum install_place place) {
	char path[PATH_MAX];

	install_staged(i, place, path);
	(void)unlink(path);
}
