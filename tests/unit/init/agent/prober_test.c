/* SPDX-License-Identifier: Apache-2.0 */
/* Against real sockets: the application is a process that plays a script. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/agent/prober.h"
#include "init/loop.h"

#include <cmocka.h>

enum { PATIENCE = 20, RESULTS = 64, INTERVAL = 100 };

static pid_t server;
static uint16_t port;
static struct config_check check;
static struct probe_list probes;
static struct loop_timer end;

static struct result {
	unsigned probe;
	enum message_result result;
	unsigned detail;
} results[RESULTS];
static unsigned count, stop_after;

static void tell(unsigned probe, enum message_result result, unsigned detail) {
	assert_true(count < RESULTS);
	results[count++] = (struct result){ probe, result, detail };
	if (count == stop_after)
		loop_stop();
}

static void over(struct loop_timer *t) {
	(void)t;
	loop_stop();
}

static int listen_anywhere(void) {
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 16), 0);
	getsockname(fd, (struct sockaddr *)&address, &size);
	port = ntohs(address.sin_port);
	return fd;
}

/* Each connection gets the next answer, the last one for ever; NULL: it is left open in silence. */
static _Noreturn void serve(int fd, const char *const *answers) {
	char request[4096];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int client = accept(fd, NULL, NULL);
		ssize_t n = *answers ? recv(client, request, sizeof(request) - 1, 0) : 0;

		request[n > 0 ? n : 0] = '\0';
		if (*answers && n > 0) {
			const char *answer =
				strstr(request, "\r\nConnection: close\r\n") &&
						strstr(request, "GET /health?a=1 HTTP/1.1\r\n")
					? *answers
					: "HTTP/1.1 418 Wrong\r\n\r\n";

			(void)!send(client, answer, strlen(answer), MSG_NOSIGNAL);
		}
		if (*answers) {
			close(client);
			answers += answers[1] != NULL;
		}
	}
}

static void start_server(const char *const *answers) {
	int fd = listen_anywhere();

	server = fork();
	if (server == 0)
		serve(fd, answers);
	close(fd);
}

static void begin(void) {
	probes.count = 1;
	probes.items[0] = (struct probe){
		.config = &check,
		.port = port,
		.addresses_count = 1,
		.addresses = { { AF_INET, 32, { 127, 0, 0, 1 } } },
	};
	prober_init(&probes, tell);
	prober_begin();
}

static int set_up(void **state) {
	(void)state;
	alarm(PATIENCE);
	server = 0;
	count = 0;
	check = (struct config_check){
		.http = "/health?a=1", .interval = INTERVAL, .timeout = 2000, .rise = 1, .fall = 2
	};
	end.fire = over;
	return loop_init();
}

static int tear_down(void **state) {
	(void)state;
	prober_end();
	if (server) {
		kill(server, SIGKILL);
		waitpid(server, NULL, 0);
	}
	return 0;
}

static void run_until(unsigned results_count) {
	stop_after = results_count;
	if (count < stop_after)
		loop_run();
}

static void run_for(int64_t ms) {
	stop_after = 0;
	loop_arm(&end, ms);
	loop_run();
}

static void assert_result(unsigned i, enum message_result result, unsigned detail) {
	assert_int_equal(results[i].probe, 0);
	assert_int_equal(results[i].result, result);
	assert_int_equal(results[i].detail, detail);
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
#define BAD "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"

static void statuses_are_told(void **state) {
	static const char *const answers[] = { OK,
					       BAD,
					       "HTTP/1.0 302 Found\r\n\r\n",
					       "nonsense\r\n\r\n",
					       "HTTP/1.1 200 OK\r\nContent-Le",
					       OK,
					       NULL };

	(void)state;
	start_server(answers);
	begin();
	run_until(6);
	assert_result(0, MESSAGE_ANSWERED, 200);
	assert_result(1, MESSAGE_ANSWERED, 503);
	assert_result(2, MESSAGE_ANSWERED, 302);
	assert_result(3, MESSAGE_UNANSWERED, EPROTO);
	assert_result(4, MESSAGE_UNANSWERED, EPROTO);
	assert_result(5, MESSAGE_ANSWERED, 200);
}

/* More than a registry's answer may have: of this one only the status counts. */
static void a_long_page_is_fine(void **state) {
	static char page[300000] = "HTTP/1.1 200 OK\r\n\r\n";
	static const char *const answers[] = { page, NULL };

	(void)state;
	memset(page + strlen(page), 'x', sizeof(page) - strlen(page) - 1);
	start_server(answers);
	begin();
	run_until(1);
	assert_result(0, MESSAGE_ANSWERED, 200);
}

static void nobody_there_is_told(void **state) {
	(void)state;
	close(listen_anywhere());
	begin();
	run_until(2);
	assert_result(0, MESSAGE_UNANSWERED, ECONNREFUSED);
	assert_result(1, MESSAGE_UNANSWERED, ECONNREFUSED);
}

static void silence_is_told_when_the_time_is_over(void **state) {
	static const char *const answers[] = { NULL };
	int64_t before = loop_now();

	(void)state;
	check.timeout = 50;
	start_server(answers);
	begin();
	run_until(1);
	assert_result(0, MESSAGE_UNANSWERED, ETIMEDOUT);
	assert_in_range(loop_now() - before, 50, 5000);
}

static void a_connection_may_be_enough(void **state) {
	static const char *const answers[] = { NULL };

	(void)state;
	check.http = NULL;
	check.tcp = true;
	start_server(answers);
	begin();
	run_until(1);
	assert_result(0, MESSAGE_CONNECTED, 0);
}

static void addresses_are_tried_in_turn(void **state) {
	static const char *const answers[] = { OK, BAD, NULL };

	(void)state;
	start_server(answers);
	begin();
	prober_end();
	probes.items[0].addresses_count = 3;
	probes.items[0].addresses[0] = (struct config_ip){ AF_INET, 32, { 127, 1, 2, 3 } };
	probes.items[0].addresses[1] = (struct config_ip){ AF_INET6, 128, { [15] = 1 } };
	probes.items[0].addresses[2] = (struct config_ip){ AF_INET, 32, { 127, 0, 0, 1 } };
	prober_begin();
	run_until(2);
	assert_result(0, MESSAGE_ANSWERED, 200);
	assert_result(1, MESSAGE_ANSWERED, 503);
}

/* fall is 2: the third one and those behind it change nothing. */
static void what_changes_nothing_is_not_told(void **state) {
	static const char *const answers[] = { OK, NULL };

	(void)state;
	start_server(answers);
	begin();
	run_for(8 * INTERVAL);
	assert_int_equal(count, 2);
}

/* An application that listens late is found soon, and what failed meanwhile is not told. */
static void a_start_is_found_soon(void **state) {
	static const char *const answers[] = { OK, NULL };
	int fd, yes = 1;
	struct sockaddr_in address = { .sin_family = AF_INET };
	int64_t before;

	(void)state;
	close(listen_anywhere());
	check.interval = 60000;
	begin();
	run_for(200);
	assert_int_equal(count, 1);
	assert_result(0, MESSAGE_UNANSWERED, ECONNREFUSED);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	address.sin_port = htons(port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 16), 0);
	server = fork();
	if (server == 0)
		serve(fd, answers);
	close(fd);
	before = loop_now();
	run_until(2);
	assert_result(1, MESSAGE_ANSWERED, 200);
	assert_in_range(loop_now() - before, 0, 5000);
}

static void after_the_end_nothing_is_asked(void **state) {
	static const char *const answers[] = { NULL };

	(void)state;
	check.timeout = 50;
	start_server(answers);
	begin();
	run_for(10); /* it is being asked */
	prober_end();
	run_for(200);
	assert_int_equal(count, 0);
	prober_begin();
	run_until(1);
	assert_result(0, MESSAGE_UNANSWERED, ETIMEDOUT);
}

static void commands_are_left_to_others(void **state) {
	static const char *const words[] = { "true", NULL };

	(void)state;
	check.http = NULL;
	check.exec = words;
	probes.count = 1;
	probes.items[0] = (struct probe){ .config = &check };
	prober_init(&probes, tell);
	prober_begin();
	run_for(50);
	assert_int_equal(count, 0);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(commands_are_left_to_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(statuses_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_long_page_is_fine, set_up, tear_down),
		cmocka_unit_test_setup_teardown(nobody_there_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(silence_is_told_when_the_time_is_over, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_connection_may_be_enough, set_up, tear_down),
		cmocka_unit_test_setup_teardown(addresses_are_tried_in_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_changes_nothing_is_not_told, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_start_is_found_soon, set_up, tear_down),
		cmocka_unit_test_setup_teardown(after_the_end_nothing_is_asked, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
