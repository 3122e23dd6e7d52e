/* SPDX-License-Identifier: Apache-2.0 */
/* Real descriptors from 3 on: those that the test was started with are closed first. */
#include "init/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/environment.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

static struct config config;
static struct config_port ports[3];
static struct error error;

static int fresh(void **state) {
	static const char *const variables[] = { "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES",
						 "LISTEN_PIDFDID" };

	(void)state;
	for (int i = 0; i < 4; i++)
		unsetenv(variables[i]);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	memset(ports, 0, sizeof(ports));
	memset(&error, 0, sizeof(error));
	config.ports = NULL;
	return 0;
}

static int done(void **state) {
	(void)state;
	handover_close();
	return 0;
}

static void add_port(const char *name, enum config_handover handover) {
	unsigned n = 0;

	while (ports[n].head.name)
		n++;
	ports[n] = (struct config_port){ .head.name = name, .handover = handover };
	if (n > 0)
		ports[n - 1].head.next = &ports[n];
	config.ports = ports;
}

/* As an activator leaves it: open from 3 on, not CLOEXEC. */
static void give(unsigned count, const char *said, const char *names) {
	char pid[32];

	for (unsigned i = 0; i < count; i++)
		assert_int_equal(socket(AF_UNIX, SOCK_STREAM, 0), 3 + i);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", said, 1);
	if (names)
		setenv("LISTEN_FDNAMES", names, 1);
}

static int listener(void) {
	struct sockaddr_in any = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static int option(int fd, int which) {
	int value = -1;
	socklen_t len = sizeof(value);

	(void)getsockopt(fd, SOL_SOCKET, which, &value, &len);
	return value;
}

static void assert_environment(const char *fds, const char *names) {
	char pid[32];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	assert_int_equal(environment_copy(environ, true, &error), 0);
	assert_int_equal(handover_export(&error), 0);
	assert_string_equal(environment_value("LISTEN_FDS"), fds);
	if (names)
		assert_string_equal(environment_value("LISTEN_FDNAMES"), names);
	else
		assert_null(environment_value("LISTEN_FDNAMES"));
	assert_string_equal(environment_value("LISTEN_PID"), pid);
	assert_null(environment_value("LISTEN_PIDFDID"));
}

static void what_was_handed_to_us_stays_open(void **state) {
	(void)state;
	give(2, "2", NULL);
	setenv("LISTEN_PIDFDID", "1234", 1);
	assert_int_equal(handover_inherit(), 5);
	assert_true(handover_any());
	assert_int_equal(fcntl(3, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(4, F_GETFD), FD_CLOEXEC);
	assert_environment("2", NULL);
}

static void what_was_not_is_left_alone(void **state) {
	static const struct {
		const char *pid, *fds;
	} rows[] = {
		{ NULL, "1" }, { "1", "1" },     { "", "1" },
		{ "-1", "1" }, { "self", NULL }, { "self", "0" },
	};
	char pid[32];

	(void)state;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		(void)fresh(NULL);
		assert_int_equal(socket(AF_UNIX, SOCK_STREAM, 0), 3);
		if (rows[i].pid)
			setenv("LISTEN_PID", strcmp(rows[i].pid, "self") ? rows[i].pid : pid, 1);
		if (rows[i].fds)
			setenv("LISTEN_FDS", rows[i].fds, 1);
		assert_int_equal(handover_inherit(), 3);
		assert_false(handover_any());
		assert_int_equal(environment_copy(environ, true, &error), 0);
		assert_int_equal(handover_export(&error), 0);
		assert_string_equal(rows[i].fds ? environment_value("LISTEN_FDS") : "",
				    rows[i].fds ? rows[i].fds : "");
	}
}

/* Who counts on fewer than are there is wrong, and who counts on more would get what is ours. */
static void a_wrong_count_is_none(void **state) {
	static const char *const counts[] = { "3", "two", "-1", "2 ", "99999999999" };
	int output = dup(STDERR_FILENO), nowhere;

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		output = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 100);
		(void)fresh(NULL);
		give(2, counts[i], NULL);
		nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		assert_int_equal(nowhere, 5);
		dup2(nowhere, STDERR_FILENO); /* it is warned about */
		close(nowhere);
		assert_int_equal(handover_inherit(), 3);
		dup2(output, STDERR_FILENO);
		close(output);
		assert_false(handover_any());
	}
}

static void take(int *fd) {
	handover_take(fd);
	assert_int_equal(*fd, -1);
}

static void ours_come_in_the_order_of_the_file(void **state) {
	int first, second;

	(void)state;
	add_port("web", CONFIG_SOCKET);
	add_port("plain", CONFIG_NUMBER);
	add_port("dns", CONFIG_SOCKET);
	assert_int_equal(handover_reserve(&config, &error), 0);
	assert_false(handover_any());
	first = listener();
	second = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(first, 5);
	take(&first);
	take(&second);
	assert_int_equal(option(3, SO_ACCEPTCONN), 1);
	assert_int_equal(option(4, SO_TYPE), SOCK_DGRAM);
	assert_int_equal(fcntl(4, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(5, F_GETFD), -1);
	assert_environment("2", "web:dns");
}

static void ours_come_after_the_inherited(void **state) {
	static const struct {
		const char *given, *names;
	} rows[] = {
		{ "a:b", "a:b:web" },
		{ ":", "::web" },
		{ NULL, "unknown:unknown:web" },
		{ "", "unknown:unknown:web" },
		{ "a", "unknown:unknown:web" },
		{ "a:b:c", "unknown:unknown:web" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int fd;

		(void)fresh(NULL);
		add_port("web", CONFIG_SOCKET);
		give(2, "2", rows[i].given);
		assert_int_equal(handover_inherit(), 5);
		assert_int_equal(handover_reserve(&config, &error), 0);
		fd = listener();
		take(&fd);
		assert_int_equal(option(5, SO_ACCEPTCONN), 1);
		assert_environment("3", rows[i].names);
		handover_close();
	}
}

static void no_descriptor_left(void **state) {
	(void)state;
	add_port("web", CONFIG_SOCKET);
	give(1, "1", NULL);
	assert_int_equal(handover_inherit(), 4);
	close(STDIN_FILENO);
	assert_int_equal(handover_reserve(&config, &error), -1);
	assert_string_equal(error.text, "port web: handover: Bad file descriptor");
	assert_int_equal(open("/dev/null", O_RDONLY), STDIN_FILENO);
}

/* 0: what the child of pass_on finds is right. */
static int look(void) {
	char pid[32];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (handover_pass_on() < 0)
		return 1;
	if (fcntl(3, F_GETFD) != 0 || fcntl(4, F_GETFD) != 0)
		return 2;
	if (fcntl(4, F_GETFL) & O_NONBLOCK)
		return 3;
	if (option(4, SO_ACCEPTCONN) != 1)
		return 4;
	return strcmp(environment_value("LISTEN_PID"), pid) == 0 ? 0 : 5;
}

static void each_start_finds_them_as_new(void **state) {
	int fd, status;

	(void)state;
	add_port("web", CONFIG_SOCKET);
	give(1, "1", NULL);
	assert_int_equal(handover_inherit(), 4);
	assert_int_equal(handover_reserve(&config, &error), 0);
	fd = listener();
	take(&fd);
	assert_environment("2", "unknown:web");
	for (int i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(look());
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(WEXITSTATUS(status), 0);
		assert_int_equal(fcntl(3, F_GETFD), FD_CLOEXEC);
		/* What the next one must not notice. */
		assert_int_equal(fcntl(4, F_SETFL, O_NONBLOCK), 0);
		assert_int_equal(shutdown(4, SHUT_RDWR), 0);
		assert_int_equal(option(4, SO_ACCEPTCONN), 0);
	}
}

static void closing_twice_closes_nobody_elses(void **state) {
	(void)state;
	give(2, "2", NULL);
	assert_int_equal(handover_inherit(), 5);
	handover_close();
	assert_false(handover_any());
	assert_int_equal(fcntl(3, F_GETFD), -1);
	assert_int_equal(socket(AF_UNIX, SOCK_STREAM, 0), 3);
	handover_close();
	assert_int_equal(fcntl(3, F_GETFD), 0);
	assert_int_equal(handover_pass_on(), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fresh, done)

int main(void) {
	static const struct CMUnitTest tests[] = {
		TEST(what_was_handed_to_us_stays_open),
		TEST(what_was_not_is_left_alone),
		TEST(a_wrong_count_is_none),
		TEST(ours_come_in_the_order_of_the_file),
		TEST(ours_come_after_the_inherited),
		TEST(no_descriptor_left),
		TEST(each_start_finds_them_as_new),
		TEST(closing_twice_closes_nobody_elses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
