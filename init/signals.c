/* SPDX-License-Identifier: Apache-2.0 */
#include "init/signals.h"

#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The kernel's own struct sigaction, which rt_sigaction(2) takes, as far as we set it. */
struct action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

enum { BATCH = 8 };

static const uint64_t all = ~(uint64_t)0;
static uint64_t inherited_mask;
static bool children_ignored; /* SIGCHLD was: then children would vanish without a status */
static uint64_t kept; /* come before there was anybody to take them */
static int fd = -1;

static int set_mask(const uint64_t *mask, uint64_t *old) {
	return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, mask, old, sizeof(*mask));
}

static int set_children(void (*handler)(int), struct action *old) {
	struct action new = { .handler = handler };

	return (int)syscall(SYS_rt_sigaction, SIGCHLD, &new, old, sizeof(new.mask));
}

void signals_hold(void) {
	struct action old = { 0 };

	(void)set_mask(&all, &inherited_mask);
	(void)set_children(SIG_DFL, &old);
	children_ignored = old.handler == SIG_IGN;
}

void signals_look_back(void) {
	kept |= (uint64_t)1 << (SIGCHLD - 1);
}

int signals_restore(void) {
	if (children_ignored && set_children(SIG_IGN, NULL) < 0)
		return -1;
	return set_mask(&inherited_mask, NULL);
}

int signals_descriptor(void) {
	if (fd < 0)
		fd = (int)syscall(SYS_signalfd4, -1, &all, sizeof(all), SFD_CLOEXEC | SFD_NONBLOCK);
	return fd;
}

/* A write to a pipe that nobody reads any more sends us SIGPIPE: that is our own affair. */
static bool is_own(const struct signalfd_siginfo *i) {
	return i->ssi_signo == SIGPIPE && i->ssi_code == SI_USER &&
	       i->ssi_pid == (uint32_t)getpid();
}

static struct {
	struct signalfd_siginfo items[BATCH];
	size_t count, next;
} batch;

/* After one batch there is no other at once, so that a storm of signals can't keep us from all the
 * rest; nor has another read to tell that there is none. */
static bool read_batch(void) {
	bool had_one = batch.count > 0;
	ssize_t n = had_one || fd < 0 ? 0 : read(fd, batch.items, sizeof(batch.items));

	batch.next = 0;
	batch.count = n > 0 ? (size_t)n / sizeof(*batch.items) : 0;
	return batch.count > 0;
}

void signals_wait(const struct timespec *limit) {
	siginfo_t info;
	sigset_t any;

	if (kept || batch.next < batch.count)
		return;
	/* sigfillset leaves out those that a libc keeps for itself. */
	memset(&any, 0xff, sizeof(any));
	if (sigtimedwait(&any, &info, limit) < 0)
		return;
	batch.items[0].ssi_signo = (uint32_t)info.si_signo;
	batch.items[0].ssi_code = info.si_code;
	batch.items[0].ssi_pid = (uint32_t)info.si_pid;
	batch.next = 0;
	batch.count = 1;
}

static bool read_one(struct signals_event *s) {
	const struct signalfd_siginfo *i;

	do {
		if (batch.next == batch.count && !read_batch())
			return false;
		i = &batch.items[batch.next++];
	} while (is_own(i));
	s->signal = (int)i->ssi_signo;
	s->terminal = i->ssi_code == SI_KERNEL;
	s->inside = i->ssi_pid != 0;
	return true;
}

bool signals_next(struct signals_event *s) {
	if (!kept)
		return read_one(s);
	*s = (struct signals_event){ .signal = __builtin_ffsll((long long)kept) };
	kept &= kept - 1;
	return true;
}

/* Whoever did not open the descriptor does not wait for it to become quiet. */
static int pending(uint64_t mask) {
	uint64_t set = 0;

	(void)syscall(SYS_rt_sigpending, &set, sizeof(set));
	return __builtin_ffsll((long long)(set & mask));
}

/* None twice in a row: not only the batch is over, but the descriptor empty. */
int signals_come(uint64_t mask) {
	struct signals_event s;

	if (fd < 0)
		return pending(mask);
	while (read_one(&s) || read_one(&s)) {
		uint64_t bit = (uint64_t)1 << (s.signal - 1);

		if (bit & mask)
			return s.signal;
		kept |= bit;
	}
	return 0;
}
