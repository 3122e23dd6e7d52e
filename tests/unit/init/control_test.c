/* SPDX-License-Identifier: Apache-2.0 */
/* Servers are processes, "containers" are mount namespaces, with a /run and a /dev/shm of the
 * test's own that they share. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/control.h"
#include "init/loop.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

#define RUN "/run/pintle.sock"
#define CHOSEN "/run/chosen.sock"

enum { PATIENCE = 60, SERVERS = 4, NOBODY = 65534, TEXT = 2 * CONTROL_ANSWER };

static const struct config_control standard;
static const struct config_control chosen = { .socket = CHOSEN };
static const struct config_control none = { .socket = "none" };

static int own_directories(void **state) {
	(void)state;
	alarm(PATIENCE);
	if (unshare(CLONE_NEWNS) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		return -1;
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) |
	       mount("tmpfs", "/run", "tmpfs", 0, NULL) |
	       mount("tmpfs", "/dev/shm", "tmpfs", 0, NULL);
}

/* A mount namespace that processes can enter. */
struct container {
	int descriptor;
	char shared_memory[64]; /* its socket there */
};

static struct container here, there;

static void open_container(struct container *c) {
	struct stat namespace;

	c->descriptor = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	assert_int_equal(fstat(c->descriptor, &namespace), 0);
	snprintf(c->shared_memory, sizeof(c->shared_memory), "/dev/shm/pintle-%lu.sock",
		 (unsigned long)namespace.st_ino);
}

static struct server {
	pid_t pid; /* 0: none */
	int report; /* where its error comes from */
	int end; /* closed, it stops */
	char error[ERROR_TEXT]; /* of control_open */
} servers[SERVERS];

static const char *identity;

static int answer(enum control_request request, const char *name, char *text, size_t size) {
	if (name)
		return snprintf(text, size, "%s '%s'\n", identity, name), 7;
	if (request == CONTROL_STATUS) {
		memset(text, 'x', size - 1);
		text[size - 1] = '\0';
		return 0;
	}
	snprintf(text, size, "%s %d\n", identity, (int)request);
	return request == CONTROL_HEALTH ? 0 : 200 + (int)request;
}

static void finish(struct loop_watch *watch, uint32_t events) {
	(void)watch;
	(void)events;
	loop_stop();
}

/* Serves until the other end of the pipe is closed, or it is killed. */
static void serve(const struct config_control *c, int report, int end) {
	struct loop_watch watch = { .fd = end, .ready = finish };
	struct error e = { 0 };
	int result;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
	if (loop_init() < 0 || loop_watch(&watch, EPOLLIN) < 0)
		_exit(99);
	result = control_open(c, answer, &e);
	(void)!write(report, e.text, e.len + 1);
	if (result == 0)
		loop_run();
	control_close();
	_exit(0);
}

/* Starts a server in that container. */
static struct server *launch(const char *name, struct container *where,
			     const struct config_control *c) {
	struct server *server = servers;
	int report[2], end[2];

	while (server->pid)
		server++;
	assert_true(server < servers + SERVERS);
	assert_int_equal(pipe2(report, O_CLOEXEC) | pipe2(end, O_CLOEXEC), 0);
	identity = name;
	server->pid = fork();
	if (server->pid == 0) {
		close(end[1]);
		if (setns(where->descriptor, CLONE_NEWNS) < 0)
			_exit(98);
		serve(c, report[1], end[0]);
	}
	server->report = report[0];
	server->end = end[1];
	close(end[0]);
	close(report[1]);
	return server;
}

/* Waits until it has opened its socket, or failed to. */
static struct server *launched(struct server *server) {
	assert_true(read(server->report, server->error, sizeof(server->error)) > 0);
	close(server->report);
	return server;
}

static struct server *start(const char *name, struct container *where,
			    const struct config_control *c) {
	return launched(launch(name, where, c));
}

static void wait_for(struct server *server) {
	int status;

	assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
	server->pid = 0;
}

static void stop(struct server *server) {
	close(server->end);
	wait_for(server);
}

static void murder(struct server *server) {
	kill(server->pid, SIGKILL);
	close(server->end);
	wait_for(server);
}

static char said[TEXT], complained[TEXT];

static void collect(int fd, char *text) {
	ssize_t n = pread(fd, text, TEXT - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	close(fd);
}

/* Asks from within that container; what it prints is in said and complained. */
static int ask_about(struct container *from, const struct config_control *c,
		     enum control_request request, const char *name) {
	int out = memfd_create("out", MFD_CLOEXEC), err = memfd_create("err", MFD_CLOEXEC), status;
	pid_t pid = fork();

	if (pid == 0) {
		if (setns(from->descriptor, CLONE_NEWNS) < 0)
			_exit(98);
		dup2(out, STDOUT_FILENO);
		dup2(err, STDERR_FILENO);
		_exit(control_ask(c, request, name));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	collect(out, said);
	collect(err, complained);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int ask(struct container *from, const struct config_control *c,
	       enum control_request request) {
	return ask_about(from, c, request, NULL);
}

static void assert_answers(struct container *from, const char *name) {
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "%s %d\n", name, CONTROL_HEALTH);
	assert_int_equal(ask(from, &standard, CONTROL_HEALTH), 0);
	assert_string_equal(said, wanted);
	assert_string_equal(complained, "");
}

static void assert_no_answer(struct container *from, const struct config_control *c,
			     const char *reason) {
	assert_int_equal(ask(from, c, CONTROL_HEALTH), 1);
	assert_string_equal(said, "");
	assert_non_null(strstr(complained, "pintle: error: control: no running pintle answers: "));
	if (!strstr(complained, reason))
		assert_string_equal(complained, reason);
}

/* The second container shares the first one's /run and /dev/shm. */
static int open_containers(void **state) {
	pid_t pid;
	int go[2], told[2];
	char ready, path[64];

	if (own_directories(state) != 0)
		return -1;
	open_container(&here);
	assert_int_equal(pipe2(go, O_CLOEXEC) | pipe2(told, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		ready = unshare(CLONE_NEWNS) == 0;
		(void)!write(told[1], &ready, 1);
		close(go[1]);
		(void)!read(go[0], &ready, 1);
		_exit(0);
	}
	assert_int_equal(read(told[0], &ready, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
	there.descriptor = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(setns(there.descriptor, CLONE_NEWNS), 0);
	close(there.descriptor);
	open_container(&there);
	assert_int_equal(setns(here.descriptor, CLONE_NEWNS), 0);
	close(go[1]);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return strcmp(here.shared_memory, there.shared_memory) == 0;
}

static int stop_all(void **state) {
	(void)state;
	for (int i = 0; i < SERVERS; i++)
		if (servers[i].pid)
			murder(&servers[i]);
	(void)unlink(RUN);
	(void)unlink(CHOSEN);
	(void)unlink(here.shared_memory);
	(void)unlink(there.shared_memory);
	return 0;
}

static void test_status_and_text(void **state) {
	struct stat file;

	(void)state;
	start("a", &here, &standard);
	assert_answers(&here, "a");
	assert_int_equal(lstat(RUN, &file), 0);
	assert_int_equal(file.st_mode, S_IFSOCK | 0600);
	for (enum control_request r = CONTROL_READY; r < CONTROL_REQUESTS; r++) {
		if (r == CONTROL_STATUS)
			continue;
		assert_int_equal(ask(&here, &standard, r), 200 + (int)r);
		assert_int_equal(strncmp(said, "a ", 2), 0);
	}
}

/* With and without a namespace to be told apart by; a name may have blanks. */
static void test_one_thing_is_asked_about(void **state) {
	char longest[CONFIG_HEADER + 1] = "";

	(void)state;
	start("a", &here, &standard);
	start("b", &here, &chosen);
	assert_int_equal(ask_about(&here, &standard, CONTROL_HEALTH, "web-up"), 7);
	assert_string_equal(said, "a 'web-up'\n");
	assert_int_equal(ask_about(&here, &chosen, CONTROL_HEALTH, "web is up"), 7);
	assert_string_equal(said, "b 'web is up'\n");
	memset(longest, 'x', sizeof(longest) - 1);
	assert_int_equal(ask_about(&here, &standard, CONTROL_HEALTH, longest), 7);
	assert_int_equal(strlen(said), strlen("a ''\n") + CONFIG_HEADER);
}

static void test_the_longest_answer(void **state) {
	(void)state;
	start("a", &here, &standard);
	assert_int_equal(ask(&here, &standard, CONTROL_STATUS), 0);
	assert_int_equal(strlen(said), CONTROL_ANSWER - 1);
	assert_int_equal(strspn(said, "x"), CONTROL_ANSWER - 1);
}

static void test_the_socket_goes_with_its_server(void **state) {
	struct server *server = start("a", &here, &standard);

	(void)state;
	stop(server);
	assert_int_equal(access(RUN, F_OK), -1);
	assert_no_answer(&here, &standard, RUN ": No such file or directory");
	server = start("a", &here, &standard);
	assert_int_equal(rename(RUN, CHOSEN), 0);
	assert_int_equal(mkdir(RUN, 0700), 0);
	stop(server);
	assert_int_equal(rmdir(RUN), 0);
}

static void test_a_dead_socket_is_replaced(void **state) {
	(void)state;
	murder(start("old", &here, &standard));
	assert_int_equal(access(RUN, F_OK), 0);
	assert_no_answer(&here, &standard, RUN ": Connection refused");
	start("new", &here, &standard);
	assert_answers(&here, "new");
	assert_int_equal(access(here.shared_memory, F_OK), -1);
}

static void test_a_live_socket_is_not(void **state) {
	struct server *second;

	(void)state;
	start("first", &here, &standard);
	second = start("second", &here, &standard);
	assert_int_equal(access(here.shared_memory, F_OK), 0);
	assert_answers(&here, "first");
	stop(second);
	assert_int_equal(access(here.shared_memory, F_OK), -1);
	assert_answers(&here, "first");
}

static void test_a_file_is_never_replaced(void **state) {
	struct server *server;
	int fd = open(CHOSEN, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	(void)state;
	close(fd);
	server = start("a", &here, &chosen);
	assert_string_equal(server->error, CHOSEN ": File exists");
	stop(server);
	assert_int_equal(access(CHOSEN, F_OK), 0);
}

static void test_containers_that_share_run(void **state) {
	struct server *first;

	(void)state;
	first = start("first", &here, &standard);
	start("second", &there, &standard);
	assert_int_equal(access(there.shared_memory, F_OK), 0);
	assert_answers(&here, "first");
	assert_answers(&there, "second");
	murder(first);
	assert_answers(&there, "second");
	assert_no_answer(&here, &standard, RUN ": Connection refused");
	start("third", &here, &standard);
	assert_answers(&here, "third");
	assert_answers(&there, "second");
}

static void test_the_other_containers_socket_only(void **state) {
	(void)state;
	start("first", &here, &standard);
	assert_no_answer(&there, &standard, RUN ": belongs to another container");
}

/* Two that want the same dead socket at the same moment: one gets it, both are reachable. */
static void test_a_race_for_a_dead_socket(void **state) {
	struct server *one, *other;

	(void)state;
	for (int i = 0; i < 20; i++) {
		murder(start("old", &here, &standard));
		one = launch("one", &here, &standard);
		other = launch("other", &there, &standard);
		launched(one);
		launched(other);
		assert_answers(&here, "one");
		assert_answers(&there, "other");
		murder(one);
		murder(other);
	}
}

static void test_a_chosen_path_serves_everybody(void **state) {
	struct server *second;

	(void)state;
	start("first", &here, &chosen);
	assert_int_equal(ask(&there, &chosen, CONTROL_READY), 200 + CONTROL_READY);
	assert_string_equal(said, "first 1\n");
	second = start("second", &there, &chosen);
	assert_string_equal(second->error, CHOSEN ": Address already in use");
	stop(second);
	assert_int_equal(ask(&there, &chosen, CONTROL_READY), 200 + CONTROL_READY);
	assert_string_equal(said, "first 1\n");
}

static void test_no_socket_at_all(void **state) {
	(void)state;
	start("a", &here, &none);
	assert_int_equal(access(RUN, F_OK), -1);
	assert_no_answer(&here, &none, "[control] socket is none");
}

static void test_a_path_that_is_too_long(void **state) {
	char path[200];
	struct config_control c = { .socket = path };
	struct server *server;

	(void)state;
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	server = start("a", &here, &c);
	assert_non_null(strstr(server->error, "is longer than the 107 bytes of a socket's name"));
	stop(server);
	assert_no_answer(&here, &c, "is longer than the 107 bytes of a socket's name");
}

/* Nowhere to put it: the container's life does not depend on it. */
static void test_no_room_is_no_failure(void **state) {
	struct server *server;

	(void)state;
	assert_int_equal(mkdir(RUN, 0700) | mkdir(here.shared_memory, 0700), 0);
	server = start("a", &here, &standard);
	assert_string_equal(server->error, "");
	stop(server);
	assert_int_equal(rmdir(RUN) | rmdir(here.shared_memory), 0);
}

static int connect_to(const char *path) {
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

/* What comes until the server hangs up. */
static const char *rest_of(int fd) {
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, said + len, sizeof(said) - 1 - len)) > 0)
		len += (size_t)n;
	close(fd);
	said[len] = '\0';
	return said;
}

static const char *converse(const char *line, size_t len) {
	int fd = connect_to(RUN);

	/* The server may have hung up before. */
	(void)!send(fd, line, len, MSG_NOSIGNAL);
	return rest_of(fd);
}

static void test_nonsense_is_hung_up_on(void **state) {
	static const char *const lines[] = {
		"\n",        "hello\n",    "health\nready\n", "HEALTH\n",  " health\n",
		"health \n", "health 1\n", "health x\n",      "healthy\n", "status-xml\n",
	};
	static char endless[2 * CONFIG_HEADER];
	int64_t before = loop_now();

	(void)state;
	start("a", &here, &standard);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		assert_true(strstr("elsewhere\n", converse(lines[i], strlen(lines[i]))));
	memset(endless, 'x', sizeof(endless));
	assert_string_equal(converse(endless, sizeof(endless)), "");
	assert_string_equal(converse("health\0x\n", 9), "");
	assert_string_equal(converse("health\0\n", 8), "");
	assert_true(loop_now() - before < 500);
	assert_string_equal(converse("health\n", 7), "0 a 0\n");
	assert_answers(&here, "a");
}

static void test_a_line_in_pieces(void **state) {
	int fd;

	(void)state;
	start("a", &here, &standard);
	fd = connect_to(RUN);
	for (const char *c = "ready\n"; *c; c++)
		assert_int_equal(send(fd, c, 1, MSG_NOSIGNAL), 1);
	assert_string_equal(rest_of(fd), "201 a 1\n");
}

static void test_silent_clients_are_dismissed(void **state) {
	int64_t before = loop_now();
	int fds[CONTROL_CLIENTS];

	(void)state;
	start("a", &here, &standard);
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		fds[i] = connect_to(RUN);
	/* One more than there is room for waits for the first to go. */
	assert_string_equal(converse("health\n", 7), "0 a 0\n");
	assert_in_range(loop_now() - before, 900, 2000);
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		assert_string_equal(rest_of(fds[i]), "");
	assert_answers(&here, "a");
}

static void test_a_slow_reader_gets_all(void **state) {
	int fd, small = 1;

	(void)state;
	start("a", &here, &standard);
	fd = connect_to(RUN);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	assert_int_equal(send(fd, "status\n", 7, MSG_NOSIGNAL), 7);
	assert_answers(&here, "a");
	assert_int_equal(strlen(rest_of(fd)), 2 + CONTROL_ANSWER - 1);
}

static void test_other_users_are_hung_up_on(void **state) {
	int status;

	(void)state;
	if (geteuid() != 0)
		skip();
	start("a", &here, &standard);
	assert_int_equal(chmod(RUN, 0666), 0);
	if (fork() == 0) {
		if (setuid(NOBODY) < 0)
			_exit(97);
		_exit(*converse("health\n", 7) != '\0');
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	assert_answers(&here, "a");
}

static void test_a_frozen_server(void **state) {
	struct server *server = start("a", &here, &standard);
	int64_t before = loop_now();

	(void)state;
	kill(server->pid, SIGSTOP);
	assert_no_answer(&here, &standard, RUN ": no answer: ");
	assert_in_range(loop_now() - before, 950, 1500);
	kill(server->pid, SIGCONT);
	assert_answers(&here, "a");
}

/* It neither dies nor spins while there are no descriptors, and goes on when there are. */
static void test_no_descriptors_left(void **state) {
	struct server *server = start("a", &here, &standard);
	struct rlimit few = { 3, 1024 }, enough = { 1024, 1024 };
	int fd;

	(void)state;
	assert_int_equal(prlimit(server->pid, RLIMIT_NOFILE, &few, NULL), 0);
	fd = connect_to(RUN);
	assert_int_equal(send(fd, "health\n", 7, MSG_NOSIGNAL), 7);
	assert_no_answer(&here, &standard, RUN ": no answer: ");
	assert_int_equal(prlimit(server->pid, RLIMIT_NOFILE, &enough, NULL), 0);
	assert_string_equal(rest_of(fd), "0 a 0\n");
}

#define TEST(function) cmocka_unit_test_teardown(function, stop_all)

int main(void) {
	static const struct CMUnitTest tests[] = {
		TEST(test_status_and_text),
		TEST(test_one_thing_is_asked_about),
		TEST(test_the_longest_answer),
		TEST(test_the_socket_goes_with_its_server),
		TEST(test_a_dead_socket_is_replaced),
		TEST(test_a_live_socket_is_not),
		TEST(test_a_file_is_never_replaced),
		TEST(test_containers_that_share_run),
		TEST(test_the_other_containers_socket_only),
		TEST(test_a_race_for_a_dead_socket),
		TEST(test_a_chosen_path_serves_everybody),
		TEST(test_no_socket_at_all),
		TEST(test_a_path_that_is_too_long),
		TEST(test_no_room_is_no_failure),
		TEST(test_nonsense_is_hung_up_on),
		TEST(test_a_line_in_pieces),
		TEST(test_silent_clients_are_dismissed),
		TEST(test_a_slow_reader_gets_all),
		TEST(test_other_users_are_hung_up_on),
		TEST(test_a_frozen_server),
		TEST(test_no_descriptors_left),
	};

	return cmocka_run_group_tests(tests, open_containers, NULL);
}
