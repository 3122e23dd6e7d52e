/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const char *bytes, size_t length) {
	ssize_t n;

	for (; length; bytes += n, length -= (size_t)n) {
		n = write(fd, bytes, length);
		if (n < 0 && errno == EINTR)
			n = 0;
		if (n < 0)
			return -1;
	}
	return 0;
}

/* O_EXCL: in a directory that others can write to, what is there already is not ours, and may be a
 * link to somewhere. What an agent left that was killed in between goes first. */
static int write_temporary(int directory, const char *name, const char *bytes, size_t length) {
	int fd, result, saved;

	(void)unlinkat(directory, name, 0);
	fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	result = write_all(fd, bytes, length);
	saved = errno;
	if (close(fd) < 0 && result == 0) {
		result = -1;
		saved = errno;
	}
	errno = saved;
	return result;
}

static int put(int directory, const struct exchange_request *request) {
	char temporary[NAME_MAX + 1];
	int saved;

	if (snprintf(temporary, sizeof(temporary), ".%s.new", request->target) >=
	    (int)sizeof(temporary)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (write_temporary(directory, temporary, request->body, request->length) == 0 &&
	    renameat(directory, temporary, directory, request->target) == 0)
		return 0;
	saved = errno;
	(void)unlinkat(directory, temporary, 0);
	errno = saved;
	return -1;
}

static int post(int directory, const struct exchange_request *request) {
	return utimensat(directory, request->target, NULL, AT_SYMLINK_NOFOLLOW);
}

static int delete (int directory, const struct exchange_request *request) {
	return unlinkat(directory, request->target, 0);
}

static const struct {
	const char *name;
	int (*perform)(int directory, const struct exchange_request *);
} methods[] = {
	{ "PUT", put },
	{ "POST", post },
	{ "DELETE", delete },
};

static int perform(int directory, const struct exchange_request *request) {
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (strcmp(request->method, methods[i].name) == 0)
			return methods[i].perform(directory, request);
	errno = EOPNOTSUPP;
	return -1;
}

static int status_of(int error) {
	static const struct {
		int error, status;
	} statuses[] = {
		{ 0, 200 },     { ENOENT, 404 }, { EACCES, 403 },
		{ EPERM, 403 }, { EROFS, 403 },  { ENAMETOOLONG, 403 },
	};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (error == statuses[i].error)
			return statuses[i].status;
	return 500;
}

static void fired(struct loop_timer *t) {
	struct store *s = LOOP_OWNER(t, struct store, timer);
	struct exchange_reply reply = { .status = status_of(s->error), .body = s->why };

	snprintf(s->why, sizeof(s->why), "%s", s->error ? strerror(s->error) : "");
	reply.length = strlen(s->why);
	s->exchange.done(&s->exchange, &reply, NULL);
}

/* The directory is opened anew each time: the volume may come, go and be mounted over. */
static void start(struct exchange *x, const struct exchange_request *request, int64_t timeout) {
	struct store *s = LOOP_OWNER(x, struct store, exchange);
	int directory = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)timeout;
	s->error = 0;
	if (directory < 0 || perform(directory, request) < 0)
		s->error = errno;
	if (directory >= 0)
		close(directory);
	loop_arm(&s->timer, 0);
}

static void hurry(struct exchange *x, int64_t ms) {
	(void)x, (void)ms;
}

static void cancel(struct exchange *x) {
	struct store *s = LOOP_OWNER(x, struct store, exchange);

	loop_disarm(&s->timer);
}

void store_init(struct store *s, const struct endpoint *endpoint) {
	memset(s, 0, sizeof(*s));
	s->exchange.start = start;
	s->exchange.hurry = hurry;
	s->exchange.cancel = cancel;
	s->path = endpoint->path;
	s->timer.fire = fired;
}
