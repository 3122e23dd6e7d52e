/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "config/memory.h"
#include "init/agent/pace.h"
#include "init/agent/watch.h"
#include "init/log.h"
#include "init/loop.h"

enum {
	ENTRIES = 4096,
	PIECE = 1024,
	SPACING = 20, /* ms from one look to the next */
	POLLING = 1000, /* ms, where there is no inotify: it is limited for each user of a host */
	/* Files appear and are replaced by rename, and vanish; or the directory itself does. */
	CHANGES = IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_DELETE_SELF |
		  IN_MOVE_SELF | IN_ONLYDIR,
};

/* What is being read of one [watch]. */
struct reader {
	const struct config_watch *watch;
	char prefix[NAME_MAX + 1]; /* of the files' names */
	char who[24 + CONFIG_HEADER];
	struct collector collector;
};

static const char *path;
static MEMORY_BULK struct reader readers[CONFIG_WATCHES];
static unsigned count, failures;
static int64_t looked; /* loop_now() */
static bool stale; /* there are instances without a heartbeat, which may have one again */
static int64_t expiry; /* ms until the next one is dead; INT64_MAX: none */

static void look(struct loop_timer *);
static void changed(struct loop_watch *, uint32_t);

static struct loop_watch inotify = { .fd = -1, .ready = changed };
static struct loop_timer timer = { .fire = look };

static int64_t age_of(const struct stat *s) {
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (now.tv_sec - s->st_mtim.tv_sec) * 1000 +
	       (now.tv_nsec - s->st_mtim.tv_nsec) / 1000000;
}

static bool read_text(int fd, struct collector *c) {
	char bytes[PIECE];
	ssize_t n;

	collector_begin_text(c);
	while ((n = read(fd, bytes, sizeof(bytes))) > 0)
		if (collector_feed(c, bytes, (size_t)n) < 0)
			return false;
	return n == 0 && collector_end_text(c);
}

/* Its ttl is in the file; whether that is over, the time of modification says. */
static void read_file(struct reader *r, int fd) {
	struct collector *c = &r->collector;
	struct stat s;
	int64_t left;

	if (fstat(fd, &s) < 0 || !S_ISREG(s.st_mode) || s.st_size > FOLDER_FILE)
		return;
	c->age = age_of(&s);
	(void)read_text(fd, c);
	left = c->ttl - c->age;
	if (left <= 0)
		stale = true;
	else if (left < expiry)
		expiry = left;
}

static bool belongs(const struct reader *r, const char *name) {
	size_t len = strlen(name), suffix = sizeof(".json") - 1;

	return strncmp(name, r->prefix, strlen(r->prefix)) == 0 && len > suffix &&
	       strcmp(name + len - suffix, ".json") == 0;
}

/* Nobody's FIFO may hold us up, and nobody's link lead us somewhere. */
static void take_entry(int directory, const char *name) {
	for (unsigned i = 0; i < count; i++) {
		int fd;

		if (!belongs(&readers[i], name))
			continue;
		fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		read_file(&readers[i], fd);
		close(fd);
	}
}

/* By raw entries: opendir would allocate for each look. */
static int read_directory(int directory) {
	_Alignas(struct dirent) char entries[ENTRIES];
	long n;

	while ((n = syscall(SYS_getdents64, directory, entries, sizeof(entries))) > 0)
		for (long at = 0; at < n;) {
			const struct dirent *entry = (struct dirent *)(entries + at);

			take_entry(directory, entry->d_name);
			at += entry->d_reclen;
		}
	return (int)n;
}

/* Heartbeats are only looked for where one would bring an instance back. */
static int follow(void) {
	if (inotify.fd < 0)
		return 0;
	return inotify_add_watch(inotify.fd, path, (uint32_t)CHANGES | (stale ? IN_ATTRIB : 0)) < 0
		       ? -1
		       : 0;
}

static void begin_lists(void) {
	stale = false;
	expiry = INT64_MAX;
	for (unsigned i = 0; i < count; i++) {
		instances_free(&readers[i].collector.list);
		collector_begin(&readers[i].collector);
	}
}

/* What changes while it is read, inotify tells: so that is asked first. */
static int read_all(void) {
	int directory, result;

	if (follow() < 0)
		return -1;
	directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -1;
	begin_lists();
	result = read_directory(directory);
	close(directory);
	return result < 0 || follow() < 0 ? -1 : 0;
}

static void fail_all(const char *why) {
	for (unsigned i = 0; i < count; i++)
		watch_fail(i, why);
	loop_arm(&timer, pace_backoff(failures++));
}

static void look(struct loop_timer *t) {
	(void)t;
	looked = loop_now();
	if (read_all() < 0) {
		fail_all(strerror(errno));
		return;
	}
	failures = 0;
	if (inotify.fd < 0 && expiry > POLLING)
		expiry = POLLING;
	if (expiry != INT64_MAX)
		loop_arm(&timer, expiry < SPACING ? SPACING : expiry);
	for (unsigned i = 0; i < count; i++) {
		collector_end(&readers[i].collector);
		watch_take(i, &readers[i].collector.list);
	}
}

/* What came is only a reason to look; it is read so that it is gone. */
static void changed(struct loop_watch *w, uint32_t events) {
	_Alignas(struct inotify_event) char bytes[ENTRIES];
	int64_t rest = looked + SPACING - loop_now();

	(void)events;
	while (read(w->fd, bytes, sizeof(bytes)) > 0)
		continue;
	loop_arm(&timer, rest > 0 ? rest : 0);
}

static void init(struct reader *r, const struct config_watch *w, const struct registry *registry) {
	*r->prefix = '\0';
	r->watch = w;
	snprintf(r->who, sizeof(r->who), "watch %s", w->head.name);
	r->collector.who = r->who;
	r->collector.paths = registry->paths;
	r->collector.sorted = true;
	r->collector.wanted = w->tags;
	r->collector.ages = true;
	(void)registry_encode(r->prefix, sizeof(r->prefix) - 1, registry_service(w), "");
	(void)registry_encode(r->prefix, sizeof(r->prefix), "@", "@");
}

void folder_init(const struct config *c, const struct registry *registry,
		 const struct registry_access *access) {
	count = 0;
	path = access->endpoint.path;
	for (const struct config_watch *w = c->watches; w; w = w->head.next)
		init(&readers[count++], w, registry);
	inotify.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (inotify.fd < 0 || loop_watch(&inotify, EPOLLIN) < 0)
		log_warn("watch: %s: inotify: %m (fs.inotify.max_user_instances); it is looked at "
			 "every second",
			 path);
	loop_arm(&timer, 0);
}
