/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/init/awaiting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/epoll.h>

#include "init/child.h"
#include "init/loop.h"
#include "init/signals.h"

#include <cmocka.h>

static void (*tell_orphan)(pid_t);
static bool (*wanted)(void);
static int64_t deadline;
static bool late;

static void signalled(struct loop_watch *w, uint32_t e) {
	struct signals_event s;

	(void)w;
	(void)e;
	while (signals_next(&s))
		;
	(void)child_reap(tell_orphan);
}

void awaiting_children(void (*orphan)(pid_t)) {
	static struct loop_watch signals = { .ready = signalled };

	tell_orphan = orphan;
	signals.fd = signals_descriptor();
	assert_int_equal(loop_watch(&signals, EPOLLIN), 0);
}

static void look(struct loop_timer *t) {
	late = loop_now() > deadline;
	if (late || wanted())
		loop_stop();
	else
		loop_arm(t, 1);
}

void await(bool (*condition)(void)) {
	static struct loop_timer timer = { .fire = look };

	wanted = condition;
	deadline = loop_now() + AWAITING_PATIENCE;
	loop_arm(&timer, 0);
	loop_run();
	assert_false(late);
}
