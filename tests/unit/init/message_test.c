/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/message.h"

#include <cmocka.h>

enum { SERVICES = 3, CHECKS = 2 };

static const struct message_counts counts = { SERVICES, CHECKS };

static int ends[2];

static int open_pair(void **state) {
	(void)state;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static int close_pair(void **state) {
	(void)state;
	close(ends[0]);
	return close(ends[1]);
}

static void sound_ones_arrive(void **state) {
	static const struct message sound[] = {
		{ MESSAGE_ANNOUNCE, MESSAGE_NOBODY, 0, 0 },
		{ MESSAGE_WITHDRAW, MESSAGE_NOBODY, 0, 0 },
		{ MESSAGE_DISMISS, MESSAGE_NOBODY, 0, 0 },
		{ MESSAGE_WITHDRAWN, MESSAGE_NOBODY, 0, 0 },
		{ MESSAGE_STATE, SERVICES - 1, MESSAGE_GONE, 0 },
		{ MESSAGE_JUDGE, SERVICES - 1, 0, 0 },
		{ MESSAGE_JUDGE, 0, 1, 0 },
		{ MESSAGE_CHECK, MESSAGE_NOBODY, 1, 0 },
		{ MESSAGE_CHECK, MESSAGE_NOBODY, 0, 0 },
		{ MESSAGE_CHECKING, MESSAGE_NOBODY, 0, 0 },
		{ MESSAGE_RESULT, CHECKS - 1, MESSAGE_CONNECTED, 0 },
		{ MESSAGE_RESULT, 0, MESSAGE_UNANSWERED, MESSAGE_DETAILS - 1 },
	};
	struct message got;

	(void)state;
	for (size_t i = 0; i < sizeof(sound) / sizeof(*sound); i++) {
		assert_int_equal(message_send(ends[0], &sound[i]), 0);
		assert_int_equal(message_receive(ends[1], &got, &counts), 1);
		assert_memory_equal(&got, &sound[i], sizeof(got));
	}
	assert_int_equal(message_receive(ends[1], &got, &counts), 0);
}

static void nonsense_is_refused(void **state) {
	static const struct message wrong[] = {
		{ 0, MESSAGE_NOBODY, 0, 0 },
		{ MESSAGE_KINDS, MESSAGE_NOBODY, 0, 0 },
		{ UINT16_MAX, MESSAGE_NOBODY, 0, 0 },
		{ MESSAGE_WITHDRAWN, 0, 0, 0 },
		{ MESSAGE_WITHDRAWN, MESSAGE_NOBODY, 1, 0 },
		{ MESSAGE_WITHDRAWN, MESSAGE_NOBODY, 0, 1 },
		{ MESSAGE_STATE, SERVICES, MESSAGE_LISTED, 0 },
		{ MESSAGE_STATE, MESSAGE_NOBODY, MESSAGE_LISTED, 0 },
		{ MESSAGE_STATE, 0, MESSAGE_STATES, 0 },
		{ MESSAGE_STATE, 0, MESSAGE_LISTED, 1 },
		{ MESSAGE_JUDGE, SERVICES, 1, 0 },
		{ MESSAGE_JUDGE, MESSAGE_NOBODY, 1, 0 },
		{ MESSAGE_JUDGE, 0, 2, 0 },
		{ MESSAGE_CHECK, MESSAGE_NOBODY, 2, 0 },
		{ MESSAGE_CHECK, 0, 1, 0 },
		{ MESSAGE_CHECKING, MESSAGE_NOBODY, 1, 0 },
		{ MESSAGE_RESULT, CHECKS, MESSAGE_ANSWERED, 200 },
		{ MESSAGE_RESULT, MESSAGE_NOBODY, MESSAGE_ANSWERED, 200 },
		{ MESSAGE_RESULT, 0, MESSAGE_RESULTS, 200 },
		{ MESSAGE_RESULT, 0, MESSAGE_ANSWERED, MESSAGE_DETAILS },
		{ MESSAGE_RESULT, 0, MESSAGE_ANSWERED, UINT16_MAX },
	};
	struct message got = { 7, 7, 7, 7 }, before = got;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(message_send(ends[0], &wrong[i]), 0);
		assert_int_equal(message_receive(ends[1], &got, &counts), -1);
		assert_int_equal(errno, EBADMSG);
		assert_memory_equal(&got, &before, sizeof(got));
	}
}

static void other_sizes_are_refused(void **state) {
	char bytes[sizeof(struct message) + 1] = { MESSAGE_DISMISS, 0, 0xff, 0xff };
	struct message got;

	(void)state;
	for (size_t n = 1; n <= sizeof(bytes); n++) {
		assert_int_equal(send(ends[0], bytes, n, 0), n);
		assert_int_equal(message_receive(ends[1], &got, &counts),
				 n == sizeof(struct message) ? 1 : -1);
	}
}

static void the_other_end_goes(void **state) {
	struct message m = { MESSAGE_DISMISS, MESSAGE_NOBODY, 0, 0 }, got;

	(void)state;
	close(ends[0]);
	assert_int_equal(message_receive(ends[1], &got, &counts), -1);
	assert_int_equal(message_send(ends[1], &m), -1);
	assert_int_equal(errno, EPIPE);
}

static void a_full_socket_does_not_block(void **state) {
	struct message m = { MESSAGE_DISMISS, MESSAGE_NOBODY, 0, 0 };
	int n = 0;

	(void)state;
	while (message_send(ends[0], &m) == 0)
		assert_true(n++ < 1000000);
	assert_int_equal(errno, EAGAIN);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sound_ones_arrive, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(nonsense_is_refused, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(other_sizes_are_refused, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(the_other_end_goes, open_pair, NULL),
		cmocka_unit_test_setup_teardown(a_full_socket_does_not_block, open_pair,
						close_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
