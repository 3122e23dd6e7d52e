/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init/message.h"

#include <cmocka.h>

enum {
	SERVICES = 3,
	CHECKS = 2,
	WATCHES = 2,
	TEMPLATES = 4,
	SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE
};

static const struct message_counts counts = { SERVICES, CHECKS, WATCHES, TEMPLATES };
static struct message_list got;
static unsigned items;

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
		{ MESSAGE_TAKEN, WATCHES - 1, 0, 0 },
		{ MESSAGE_WATCH, 0, 0, 0 },
		{ MESSAGE_WATCH, WATCHES - 1, 1, 0 },
		{ MESSAGE_RENDER, MESSAGE_NOBODY, 0, 0 },
		{ MESSAGE_RENDERED, TEMPLATES - 1, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(sound) / sizeof(*sound); i++) {
		assert_int_equal(message_send(ends[0], &sound[i]), 0);
		assert_int_equal(message_receive(ends[1], &got, &items, &counts), 1);
		assert_memory_equal(&got.head, &sound[i], sizeof(got.head));
		assert_int_equal(items, 0);
	}
	assert_int_equal(message_receive(ends[1], &got, &items, &counts), 0);
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
		{ MESSAGE_TAKEN, WATCHES, 0, 0 },
		{ MESSAGE_TAKEN, 0, 1, 0 },
		{ MESSAGE_WATCH, MESSAGE_NOBODY, 1, 0 },
		{ MESSAGE_WATCH, 0, 2, 0 },
		{ MESSAGE_WATCH, 0, 1, 1 },
		{ MESSAGE_LIST, 0, 1, 0 }, /* only its head */
		{ MESSAGE_RENDER, 0, 0, 0 },
		{ MESSAGE_RENDERED, TEMPLATES, 0, 0 },
		{ MESSAGE_RENDERED, MESSAGE_NOBODY, 0, 0 },
		{ MESSAGE_RENDERED, 0, 1, 0 }, /* without its file */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		assert_int_equal(message_send(ends[0], &wrong[i]), 0);
		assert_int_equal(message_receive(ends[1], &got, &items, &counts), -1);
		assert_int_equal(errno, EBADMSG);
	}
}

static void other_sizes_are_refused(void **state) {
	char bytes[sizeof(struct message) + 1] = { MESSAGE_DISMISS, 0, 0xff, 0xff };

	(void)state;
	for (size_t n = 1; n <= sizeof(bytes); n++) {
		assert_int_equal(send(ends[0], bytes, n, 0), n);
		assert_int_equal(message_receive(ends[1], &got, &items, &counts),
				 n == sizeof(struct message) ? 1 : -1);
	}
}

static struct message_list list(unsigned first, unsigned n, unsigned total, bool last) {
	struct message_list l = {
		.head = { MESSAGE_LIST, 1, last, (uint16_t)first },
		.total = total,
		.digest = 7,
	};

	for (unsigned i = 0; i < n && i < MESSAGE_ITEMS; i++)
		l.items[i] =
			(struct message_instance){ .host = "fd00::1", .port = (uint16_t)(80 + i) };
	return l;
}

static int pass(const struct message_list *l, unsigned n) {
	assert_int_equal(message_send_list(ends[0], l, n), 0);
	return message_receive(ends[1], &got, &items, &counts);
}

static void lists_arrive(void **state) {
	static const unsigned rows[][4] = {
		/* first, items, total, last */
		{ 0, 0, 0, 1 },
		{ 0, 1, 1, 1 },
		{ 0, MESSAGE_ITEMS, 20, 0 },
		{ MESSAGE_ITEMS, 3, MESSAGE_ITEMS + 3, 1 },
		{ MESSAGE_INSTANCES - MESSAGE_ITEMS, MESSAGE_ITEMS, UINT32_MAX, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct message_list l = list(rows[i][0], rows[i][1], rows[i][2], rows[i][3]);

		assert_int_equal(pass(&l, rows[i][1]), 1);
		assert_int_equal(items, rows[i][1]);
		assert_memory_equal(&got, &l,
				    offsetof(struct message_list, items) +
					    rows[i][1] * sizeof(l.items[0]));
	}
}

static void nonsense_in_lists_is_refused(void **state) {
	static const unsigned rows[][4] = {
		{ 0, 1, 0, 1 }, /* more than there are */
		{ 1, 1, 1, 1 },
		{ 0, 1, 2, 0 }, /* a part that is not full, and not the last one */
		{ MESSAGE_INSTANCES, 1, UINT32_MAX, 1 },
		{ MESSAGE_INSTANCES - 1, MESSAGE_ITEMS, UINT32_MAX, 1 },
		{ UINT16_MAX, 1, UINT32_MAX, 1 },
		{ 0, MESSAGE_ITEMS, 20, 2 },
	};
	static const char *const hosts[] = { "", "a b", "a\n", "$(x)", "a,b", "[::1]", "\xc3\xa9" };
	static const struct config_ip places[] = {
		{ AF_INET, 32, { 10, 0, 0, 1 } },  { AF_INET6, 128, { 0xfd, [15] = 1 } },
		{ AF_INET, 24, { 10, 0, 0, 1 } },  { AF_INET, 32, { 0 } },
		{ AF_INET, 32, { 224, 0, 0, 1 } }, { AF_INET6, 128, { 0xff, 2 } },
		{ AF_INET6, 32, { 0xfd } },        { AF_UNIX, 32, { 10, 0, 0, 1 } },
		{ 255, 255, { 10, 0, 0, 1 } },
	};
	struct message_list l;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		l = list(rows[i][0], rows[i][1], rows[i][2], rows[i][3] & 1);
		l.head.state = (uint16_t)rows[i][3];
		assert_int_equal(pass(&l, rows[i][1]), -1);
		assert_int_equal(errno, EBADMSG);
	}
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		l = list(0, 2, 2, true);
		strcpy(l.items[1].host, hosts[i]);
		assert_int_equal(pass(&l, 2), -1);
	}
	l = list(0, 1, 1, true);
	memset(l.items[0].host, 'a', MESSAGE_HOST); /* without an end */
	assert_int_equal(pass(&l, 1), -1);
	for (unsigned i = 0; i < sizeof(places) / sizeof(*places); i++) {
		l = list(0, 1, 1, true);
		l.items[0].vtep = places[i];
		assert_int_equal(pass(&l, 1), i < 2 ? 1 : -1);
	}
	l = list(0, 1, 1, true);
	l.items[0].mac.bytes[0] = 1; /* a group */
	assert_int_equal(pass(&l, 1), -1);
	l = list(0, 1, 1, true);
	l.head.index = WATCHES;
	assert_int_equal(pass(&l, 1), -1);
}

static void lists_of_other_sizes_are_refused(void **state) {
	struct message_list l[2] = { list(0, MESSAGE_ITEMS, MESSAGE_ITEMS, true) };

	(void)state;
	for (size_t n = 1; n <= sizeof(l[0]) + sizeof(l[0].items[0]); n++) {
		bool sound =
			n >= offsetof(struct message_list, items) && n <= sizeof(l[0]) &&
			(n - offsetof(struct message_list, items)) % sizeof(l[0].items[0]) == 0;

		assert_int_equal(send(ends[0], l, n, 0), n);
		assert_int_equal(message_receive(ends[1], &got, &items, &counts), sound ? 1 : -1);
	}
}

static void the_other_end_goes(void **state) {
	struct message m = { MESSAGE_DISMISS, MESSAGE_NOBODY, 0, 0 };

	(void)state;
	close(ends[0]);
	assert_int_equal(message_receive(ends[1], &got, &items, &counts), -1);
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

static int make_file(off_t size, int seals) {
	int file = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(file >= 0);
	assert_int_equal(ftruncate(file, size), 0);
	assert_int_equal(fcntl(file, F_ADD_SEALS, seals), 0);
	return file;
}

static const struct message rendered = { MESSAGE_RENDERED, 0, 1, 0 };

static void a_file_comes_along(void **state) {
	int file = make_file(MESSAGE_FILE, SEALS), taken = -1;

	(void)state;
	assert_int_equal(message_send_file(ends[0], &rendered, file), 0);
	assert_int_equal(message_receive_file(ends[1], &got, &items, &counts, &taken), 1);
	assert_memory_equal(&got.head, &rendered, sizeof(rendered));
	assert_true(taken >= 0 && taken != file);
	assert_int_equal(lseek(taken, 0, SEEK_END), MESSAGE_FILE);
	assert_int_equal(fcntl(taken, F_GETFD), FD_CLOEXEC);
	close(taken);
	close(file);
}

static int descriptors(void) {
	int next = open("/dev/null", O_RDONLY | O_CLOEXEC);

	close(next);
	return next;
}

/* Refused, and nothing of it is kept. */
static void refuse_file(const struct message *m, int file) {
	int taken = 77, before = descriptors();

	assert_int_equal(message_send_file(ends[0], m, file), 0);
	assert_int_equal(message_receive_file(ends[1], &got, &items, &counts, &taken), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(taken, -1);
	assert_int_equal(descriptors(), before);
}

static void a_file_that_could_change_is_refused(void **state) {
	static const int lacking[] = { 0, F_SEAL_WRITE, SEALS & ~F_SEAL_SHRINK,
				       SEALS & ~F_SEAL_GROW, SEALS & ~F_SEAL_WRITE };

	(void)state;
	for (size_t i = 0; i < sizeof(lacking) / sizeof(*lacking); i++) {
		int file = make_file(10, lacking[i]);

		refuse_file(&rendered, file);
		close(file);
	}
}

static void a_huge_file_is_refused(void **state) {
	int file = make_file(MESSAGE_FILE + 1, SEALS);

	(void)state;
	refuse_file(&rendered, file);
	close(file);
}

static void what_is_no_memfd_is_refused(void **state) {
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), pair[2];

	(void)state;
	assert_int_equal(pipe(pair), 0);
	refuse_file(&rendered, null);
	refuse_file(&rendered, pair[0]);
	refuse_file(&rendered, ends[0]);
	close(null);
	close(pair[0]);
	close(pair[1]);
}

static void a_file_that_nobody_wants_is_refused(void **state) {
	static const struct message others[] = {
		{ MESSAGE_WITHDRAWN, MESSAGE_NOBODY, 0, 0 },
		{ MESSAGE_RENDERED, 0, 0, 0 },
		{ MESSAGE_RENDERED, TEMPLATES, 1, 0 },
	};
	int file = make_file(10, SEALS), before = descriptors();

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		refuse_file(&others[i], file);
	assert_int_equal(message_send_file(ends[0], &rendered, file), 0);
	assert_int_equal(message_receive(ends[1], &got, &items, &counts), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(descriptors(), before);
	close(file);
}

static void two_files_are_refused(void **state) {
	char control[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	struct message copy = rendered;
	struct iovec bytes = { &copy, sizeof(copy) };
	struct msghdr header = { .msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&header);
	int files[2] = { make_file(1, SEALS), make_file(1, SEALS) }, taken, before = descriptors();

	(void)state;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(files));
	memcpy(CMSG_DATA(c), files, sizeof(files));
	assert_int_equal(sendmsg(ends[0], &header, 0), sizeof(copy));
	assert_int_equal(message_receive_file(ends[1], &got, &items, &counts, &taken), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(descriptors(), before);
	close(files[0]);
	close(files[1]);
}

#define WITH_PAIR(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sound_ones_arrive, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(nonsense_is_refused, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(other_sizes_are_refused, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(lists_arrive, open_pair, close_pair),
		cmocka_unit_test_setup_teardown(nonsense_in_lists_is_refused, open_pair,
						close_pair),
		cmocka_unit_test_setup_teardown(lists_of_other_sizes_are_refused, open_pair,
						close_pair),
		cmocka_unit_test_setup_teardown(the_other_end_goes, open_pair, NULL),
		cmocka_unit_test_setup_teardown(a_full_socket_does_not_block, open_pair,
						close_pair),
		WITH_PAIR(a_file_comes_along),
		WITH_PAIR(a_file_that_could_change_is_refused),
		WITH_PAIR(a_huge_file_is_refused),
		WITH_PAIR(what_is_no_memfd_is_refused),
		WITH_PAIR(a_file_that_nobody_wants_is_refused),
		WITH_PAIR(two_files_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
