/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "init/loop.h"

#include <cmocka.h>

static char order[16];
static unsigned count;

struct named {
	struct loop_timer timer;
	char name;
};

static void note(struct loop_timer *t) {
	order[count++] = LOOP_OWNER(t, struct named, timer)->name;
	order[count] = '\0';
}

static void note_and_stop(struct loop_timer *t) {
	note(t);
	loop_stop();
}

static void fires_in_order_and_once(void **state) {
	struct named a = { { .fire = note }, 'a' }, b = { { .fire = note }, 'b' };
	struct named c = { { .fire = note_and_stop }, 'c' }, d = { { .fire = note }, 'd' };

	(void)state;
	count = 0;
	assert_int_equal(loop_init(), 0);
	loop_arm(&c.timer, 20);
	loop_arm(&b.timer, 2);
	loop_arm(&d.timer, 1);
	loop_arm(&a.timer, 1000);
	loop_arm(&a.timer, 1);
	loop_disarm(&d.timer);
	loop_disarm(&d.timer);
	loop_run();
	assert_string_equal(order, "abc");
	assert_false(a.timer.armed);
}

static int ends[2];

/* Leaves the pipe full, so that it is ready for ever. */
static void busy(struct loop_watch *w, uint32_t events) {
	(void)w;
	(void)events;
}

static void deadlines_are_met_while_busy(void **state) {
	struct named t = { { .fire = note_and_stop }, 't' };
	struct loop_watch w = { .ready = busy };

	(void)state;
	count = 0;
	assert_int_equal(loop_init(), 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	w.fd = ends[0];
	assert_int_equal(loop_watch(&w, EPOLLIN), 0);
	loop_arm(&t.timer, 10);
	loop_run();
	assert_string_equal(order, "t");
	loop_forget(&w);
	loop_forget(&w);
	close(ends[0]);
	close(ends[1]);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fires_in_order_and_once),
		cmocka_unit_test(deadlines_are_met_while_busy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
