/* SPDX-License-Identifier: Apache-2.0 */
/* A kernel that says what the test wants: the other end of a socket pair, its answers queued before
 * they are asked for. And strangers on a real socket. */
#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netcfg/decode.h"
#include "netcfg/kernel.h"
#include "tests/unit/netcfg/given.h"

#include <cmocka.h>

enum { FIRST = 1 }; /* the sequence number of a socket's first request */

static struct net_kernel kernel;
static struct error error;
static int other_end;
static unsigned objects;

static int fake_kernel(void **unused) {
	int ends[2];
	(void)unused;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	kernel.fd = ends[0];
	kernel.seq = 0;
	other_end = ends[1];
	error = (struct error){ 0 };
	objects = 0;
	return 0;
}

static int close_both(void **unused) {
	(void)unused;
	net_kernel_close(&kernel);
	return close(other_end);
}

struct answer {
	struct nlmsghdr header;
	struct nlmsgerr error;
};

static struct answer answer(uint16_t type, uint32_t seq, int number) {
	return (struct answer){
		.header = { .nlmsg_len = sizeof(struct answer),
			    .nlmsg_type = type,
			    .nlmsg_seq = seq },
		.error = { .error = number },
	};
}

static void say(const struct answer *answers, unsigned count) {
	ssize_t size = (ssize_t)(count * sizeof *answers);
	assert_int_equal(write(other_end, answers, (size_t)size), size);
}

static void seen(void *context, const struct nlmsghdr *message) {
	(void)message;
	++*(unsigned *)context;
}

static int dump(void) {
	struct nlmsghdr request = { .nlmsg_len = sizeof request, .nlmsg_type = RTM_GETLINK };
	return net_kernel_dump(&kernel, &request, seen, &objects, &error);
}

/* What is left of a dump before, or of somebody else's, is not of this one. */
static void only_its_own(void **unused) {
	struct answer answers[] = { answer(RTM_NEWLINK, FIRST + 7, 0),
				    answer(NLMSG_DONE, FIRST + 7, 0), answer(RTM_NEWLINK, FIRST, 0),
				    answer(NLMSG_DONE, FIRST, 0) };
	(void)unused;
	say(answers, 4);
	assert_int_equal(dump(), 0);
	assert_int_equal(objects, 1);
}

static void in_several_datagrams(void **unused) {
	struct answer object = answer(RTM_NEWLINK, FIRST, 0), done = answer(NLMSG_DONE, FIRST, 0);
	(void)unused;
	say(&object, 1);
	say(&object, 1);
	say(&done, 1);
	assert_int_equal(dump(), 0);
	assert_int_equal(objects, 2);
}

static void torn(void **unused) {
	struct answer answers[] = { answer(RTM_NEWLINK, FIRST, 0), answer(NLMSG_DONE, FIRST, 0) };
	(void)unused;
	answers[0].header.nlmsg_flags = NLM_F_DUMP_INTR;
	say(answers, 2);
	assert_int_equal(dump(), NET_KERNEL_TORN);
}

/* An error at the end of a dump, where libmnl sees none. */
static void failed_at_its_end(void **unused) {
	struct answer done = answer(NLMSG_DONE, FIRST, -EACCES);
	(void)unused;
	say(&done, 1);
	assert_int_equal(dump(), -1);
	assert_non_null(strstr(error.text, "Permission denied"));
}

/* A table that does not exist yet is empty. */
static void no_such_table(void **unused) {
	struct answer done = answer(NLMSG_DONE, FIRST, -ENOENT);
	(void)unused;
	say(&done, 1);
	assert_int_equal(dump(), 0);
}

static void cut_datagram(void **unused) {
	static char datagram[NET_BUFFER + 4];
	(void)unused;
	assert_int_equal(write(other_end, datagram, sizeof datagram), sizeof datagram);
	assert_int_equal(dump(), -1);
	assert_non_null(strstr(error.text, "cut"));
}

static void silence(void **unused) {
	(void)unused;
	assert_int_equal(dump(), -1);
	assert_non_null(strstr(error.text, "does not answer"));
}

static void refused(void *context, uint32_t seq, const struct net_refusal *why) {
	char **text = context;
	*text += sprintf(*text, "%u:%d ", seq, why->number);
}

static void link_seen(void *context, const struct nlmsghdr *message) {
	char **text = context;
	*text += sprintf(*text, "%u ", message->nlmsg_seq);
}

/* Errors of some, nothing of others, the acknowledgement of the last; and what is not of these. */
static void answers_of_a_batch(void **unused) {
	struct answer answers[] = { answer(NLMSG_ERROR, 9, -EPERM),
				    answer(NLMSG_ERROR, 11, -EEXIST), answer(RTM_NEWLINK, 14, 0),
				    answer(NLMSG_ERROR, 15, -EPERM) };
	struct answer last = answer(NLMSG_ERROR, 14, -ENODEV);
	char text[256] = "", *end = text;
	const struct net_kernel_reader reader = { refused, link_seen, &end };
	(void)unused;
	say(answers, 4);
	say(&last, 1);
	assert_int_equal(net_kernel_answers(&kernel, 10, 14, &reader, &error), 0);
	assert_string_equal(text, "11:17 14 14:19 ");
}

/* Sequence numbers wrap around. */
static void around_zero(void **unused) {
	struct answer answers[] = { answer(NLMSG_ERROR, UINT32_MAX, -EEXIST),
				    answer(NLMSG_ERROR, 1, 0) };
	char text[256] = "", *end = text;
	const struct net_kernel_reader reader = { refused, link_seen, &end };
	(void)unused;
	say(answers, 2);
	assert_int_equal(net_kernel_answers(&kernel, UINT32_MAX - 1, 1, &reader, &error), 0);
	assert_string_equal(text, "4294967295:17 ");
}

static int own_network(void **unused) {
	(void)unused;
	error = (struct error){ 0 };
	objects = 0;
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -1;
	other_end = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return other_end < 0 ? -1 : net_kernel_open(&kernel, &error);
}

/* Another process says that the dump is over before it began. */
static void strangers(void **unused) {
	struct sockaddr_nl us = { .nl_family = AF_NETLINK };
	struct answer done = answer(NLMSG_DONE, FIRST, -EACCES);
	socklen_t size = sizeof us;
	(void)unused;
	assert_int_equal(bind(kernel.fd, (struct sockaddr *)&us, size), 0);
	assert_int_equal(getsockname(kernel.fd, (struct sockaddr *)&us, &size), 0);
	assert_int_equal(sendto(other_end, &done, sizeof done, 0, (struct sockaddr *)&us, size),
			 sizeof done);

	_Alignas(struct nlmsghdr) char request[32] = { 0 };
	struct nlmsghdr *header = (struct nlmsghdr *)request;
	header->nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg));
	header->nlmsg_type = RTM_GETLINK;
	header->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	assert_int_equal(net_kernel_dump(&kernel, header, seen, &objects, &error), 0);
	assert_true(objects > 0);
}

static void waiting(void **unused) {
	int ends[2], fd = net_kernel_listen(false, &error);
	(void)unused;
	assert_true(fd >= 0);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(net_kernel_wait(fd, net_kernel_now(), ends[0]), 0);
	assert_int_equal(net_kernel_wait(fd, net_kernel_now() + 1, -1), 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_int_equal(net_kernel_wait(fd, net_kernel_now() + 60000, ends[0]), NET_KERNEL_WOKEN);
	(void)close(fd);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(only_its_own, fake_kernel, close_both),
		cmocka_unit_test_setup_teardown(in_several_datagrams, fake_kernel, close_both),
		cmocka_unit_test_setup_teardown(torn, fake_kernel, close_both),
		cmocka_unit_test_setup_teardown(failed_at_its_end, fake_kernel, close_both),
		cmocka_unit_test_setup_teardown(no_such_table, fake_kernel, close_both),
		cmocka_unit_test_setup_teardown(cut_datagram, fake_kernel, close_both),
		cmocka_unit_test_setup_teardown(silence, fake_kernel, close_both),
		cmocka_unit_test_setup_teardown(answers_of_a_batch, fake_kernel, close_both),
		cmocka_unit_test_setup_teardown(around_zero, fake_kernel, close_both),
		cmocka_unit_test_setup_teardown(strangers, own_network, close_both),
		cmocka_unit_test_setup_teardown(waiting, own_network, close_both),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
