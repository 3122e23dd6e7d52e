/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/loop.h"
#include "init/notify.h"

#include <cmocka.h>

static char name[NOTIFY_NAME];
static unsigned heard;
static struct loop_timer end;

static void hear(void) {
	heard++;
}

static void over(struct loop_timer *t) {
	(void)t;
	loop_stop();
}

static int open_one(void **state) {
	struct error e = { 0 };

	(void)state;
	alarm(20);
	end.fire = over;
	return loop_init() < 0 || notify_open(name, &e) < 0 || notify_listen(hear) < 0;
}

static unsigned heard_now(void) {
	heard = 0;
	loop_arm(&end, 50);
	loop_run();
	return heard;
}

/* Only the descriptor that is passed along is no plain one. */
static void send_message(const void *bytes, size_t length, int descriptor) {
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct iovec piece = { (void *)(uintptr_t)bytes, length };
	struct msghdr m = {
		.msg_name = &address,
		.msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name)),
		.msg_iov = &piece,
		.msg_iovlen = 1,
	};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path + 1, name + 1, strlen(name + 1));
	if (descriptor >= 0) {
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		*CMSG_FIRSTHDR(&m) =
			(struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&m)), &descriptor, sizeof(descriptor));
	}
	assert_int_equal(sendmsg(fd, &m, 0), length);
	close(fd);
}

static void say(const char *text) {
	send_message(text, strlen(text), -1);
}

static void only_the_very_line_means_ready(void **state) {
	static const struct {
		const char *text;
		size_t length;
		bool ready;
	} rows[] = {
		{ "READY=1", 7, true },
		{ "READY=1\n", 8, true },
		{ "STATUS=almost\nREADY=1\nMAINPID=7", 31, true },
		{ "\n\nREADY=1", 9, true },
		{ "", 0, false },
		{ "\n", 1, false },
		{ "READY=0", 7, false },
		{ "READY=", 6, false },
		{ "READY=11", 8, false },
		{ "READY=1 ", 8, false },
		{ " READY=1", 8, false },
		{ "ready=1", 7, false },
		{ "READY=1\0", 8, false },
		{ "\0READY=1", 8, false },
		{ "XREADY=1", 8, false },
		{ "READY=1\r\n", 9, false },
		{ "READY=1", 6, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(notify_says_ready(rows[i].text, rows[i].length), rows[i].ready);
}

static void a_datagram_is_heard(void **state) {
	char longest[NOTIFY_MESSAGE];

	(void)state;
	assert_int_equal(name[0], '@');
	assert_int_equal(heard_now(), 0);
	assert_int_equal(notify_send_ready(name), 0);
	say("STATUS=x\nREADY=1");
	assert_int_equal(heard_now(), 2);
	memset(longest, 'x', sizeof(longest));
	memcpy(longest + sizeof(longest) - 8, "\nREADY=1", 8);
	send_message(longest, sizeof(longest), -1);
	assert_int_equal(heard_now(), 1);
}

static void garbage_is_ignored(void **state) {
	char big[2 * NOTIFY_MESSAGE] = "READY=1\n";

	(void)state;
	say("");
	say("READY=0");
	send_message("\0\0\0\0", 4, -1);
	send_message(big, sizeof(big), -1);
	send_message(big, NOTIFY_MESSAGE + 1, -1);
	assert_int_equal(heard_now(), 0);
	say("READY=1");
	assert_int_equal(heard_now(), 1);
}

/* sd_notify_barrier(3) waits until its end of a pipe is closed. */
static void descriptors_that_come_along_are_closed(void **state) {
	int before = dup(0), after, ends[2];
	char byte;

	(void)state;
	close(before);
	assert_int_equal(pipe(ends), 0);
	send_message("BARRIER=1", 9, ends[1]);
	send_message("READY=1", 7, ends[1]);
	close(ends[1]);
	assert_int_equal(heard_now(), 1);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
	after = dup(0);
	close(after);
	assert_int_equal(after, before);
}

/* In a PID namespace of its own, with a stranger outside it. */
static int listen_apart(int tell, int told) {
	char byte;

	if (open_one(NULL) != 0 || write(tell, name, sizeof(name)) != sizeof(name) ||
	    read(told, &byte, 1) != 1)
		return 1;
	if (heard_now() != 0)
		return 2;
	say("READY=1");
	return heard_now() == 1 ? 0 : 3;
}

static _Noreturn void go_apart(int tell, int told) {
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
		_exit(77);
	pid = fork();
	if (pid == 0)
		_exit(listen_apart(tell, told));
	waitpid(pid, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 4);
}

/* The name is no secret: a neighbour in the same network namespace can find it. */
static void processes_of_other_namespaces_are_not_believed(void **state) {
	int status, tell[2], told[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(tell) | pipe(told), 0);
	pid = fork();
	if (pid == 0)
		go_apart(tell[1], told[0]);
	close(tell[1]);
	if (read(tell[0], name, sizeof(name)) == sizeof(name)) {
		assert_int_equal(notify_send_ready(name), 0);
		assert_int_equal(write(told[1], "", 1), 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
	assert_int_equal(open_one(NULL), 0);
}

static void what_waits_can_be_forgotten(void **state) {
	(void)state;
	say("READY=1");
	say("READY=1");
	notify_forget();
	assert_int_equal(heard_now(), 0);
}

static void each_socket_has_a_name_of_its_own(void **state) {
	char first[NOTIFY_NAME];
	struct error e = { 0 };

	(void)state;
	memcpy(first, name, sizeof(first));
	assert_int_equal(notify_open(name, &e), 0);
	assert_string_not_equal(first, name);
}

static void names_of_both_kinds_can_be_told(void **state) {
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/tmp/notify-XXXXXX" };
	char got[16] = "", nonsense[300];
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/notify-%d", (int)getpid());
	unlink(address.sun_path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(notify_send_ready(address.sun_path), 0);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 7);
	assert_string_equal(got, "READY=1");
	close(fd);
	assert_int_equal(notify_send_ready(address.sun_path), -1);
	assert_int_equal(errno, ECONNREFUSED);
	unlink(address.sun_path);
	assert_int_equal(notify_send_ready("vsock:2:1234"), -1);
	assert_int_equal(notify_send_ready(""), -1);
	memset(nonsense, '/', sizeof(nonsense) - 1);
	nonsense[sizeof(nonsense) - 1] = '\0';
	assert_int_equal(notify_send_ready(nonsense), -1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_very_line_means_ready),
		cmocka_unit_test(a_datagram_is_heard),
		cmocka_unit_test(garbage_is_ignored),
		cmocka_unit_test(descriptors_that_come_along_are_closed),
		cmocka_unit_test(what_waits_can_be_forgotten),
		cmocka_unit_test(processes_of_other_namespaces_are_not_believed),
		cmocka_unit_test(names_of_both_kinds_can_be_told),
		cmocka_unit_test(each_socket_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, open_one, NULL);
}
