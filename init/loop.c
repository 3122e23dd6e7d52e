/* SPDX-License-Identifier: Apache-2.0 */
#include "init/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "config/memory.h"

static int epoll = -1;
static bool running;
static struct loop_timer *timers; /* the next due first */
static struct loop_timer resting;

int64_t loop_now(void) {
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int create(void) {
	epoll = epoll_create1(EPOLL_CLOEXEC);
	return epoll < 0 ? -1 : 0;
}

int loop_init(void) {
	if (epoll >= 0)
		close(epoll);
	timers = NULL;
	resting.armed = false;
	return create();
}

static int control(int operation, struct loop_watch *w, uint32_t events) {
	struct epoll_event event = { .events = events, .data.ptr = w };

	return epoll_ctl(epoll, operation, w->fd, &event);
}

int loop_watch(struct loop_watch *w, uint32_t events) {
	if (epoll < 0 && create() < 0)
		return -1;
	return control(EPOLL_CTL_ADD, w, events);
}

int loop_rewatch(struct loop_watch *w, uint32_t events) {
	return control(EPOLL_CTL_MOD, w, events);
}

void loop_forget(struct loop_watch *w) {
	int saved = errno;

	(void)control(EPOLL_CTL_DEL, w, 0);
	errno = saved;
}

void loop_disarm(struct loop_timer *t) {
	struct loop_timer **at = &timers;

	if (!t->armed)
		return;
	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	t->armed = false;
}

void loop_arm(struct loop_timer *t, int64_t ms) {
	struct loop_timer **at = &timers;

	loop_disarm(t);
	t->due = loop_now() + ms;
	while (*at && (*at)->due <= t->due)
		at = &(*at)->next;
	t->next = *at;
	t->armed = true;
	*at = t;
}

/* The time that epoll may sleep: for ever where no timer is armed. */
static int patience(void) {
	int64_t left;

	if (!timers)
		return -1;
	left = timers->due - loop_now();
	if (left <= 0)
		return 0;
	return left < INT32_MAX ? (int)left : INT32_MAX;
}

static bool fire_due(void) {
	struct loop_timer *t = timers;

	if (!t || t->due > loop_now())
		return false;
	loop_disarm(t);
	t->fire(t);
	return true;
}

/* Due timers go first: a stream of events must not keep a deadline from being met. */
void loop_run_on(void (*wait)(int ms)) {
	running = true;
	while (running)
		if (!fire_due())
			wait(patience());
}

static void wait_for_event(int ms) {
	struct epoll_event event;
	struct loop_watch *w;

	if (epoll_wait(epoll, &event, 1, ms) != 1)
		return;
	w = event.data.ptr;
	w->ready(w, event.events);
}

void loop_run(void) {
	loop_run_on(wait_for_event);
}

static void rest(struct loop_timer *t) {
	(void)t;
	memory_settle();
}

void loop_rest(void) {
	resting.fire = rest;
	loop_arm(&resting, 0);
}

void loop_stop(void) {
	running = false;
}
