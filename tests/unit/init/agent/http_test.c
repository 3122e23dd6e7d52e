/* SPDX-License-Identifier: Apache-2.0 */
/* A client against real sockets: the server is a process that plays a script. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/agent/http.h"

#include <cmocka.h>

enum { PATIENCE = 20, STEPS = 8, SEEN = 4096 };

/* What the server does for one connection: an answer for each request, then it closes. */
struct connection {
	const char *answers[STEPS]; /* "" : reset instead */
	bool hang; /* instead of closing */
	bool slow; /* byte by byte */
};

static pid_t server;
static int seen_fd = -1; /* what the server has read */
static struct endpoint endpoint;
static struct http http;
static struct exchange_request request;
static int status;
static unsigned answers;
static char got[256], failure[256];

static bool read_request(int fd) {
	char bytes[8192];
	size_t length = 0;

	while (length < sizeof(bytes) - 1) {
		ssize_t n = recv(fd, bytes + length, sizeof(bytes) - 1 - length, 0);
		char *end;

		if (n <= 0)
			return false;
		length += (size_t)n;
		bytes[length] = '\0';
		end = strstr(bytes, "\r\n\r\n");
		if (end && length >= (size_t)(end + 4 - bytes) +
					     strtoul(strstr(bytes, "Length: ") + 8, NULL, 10))
			return write(seen_fd, bytes, length) == (ssize_t)length;
	}
	return false;
}

static void reply(int fd, const char *answer, bool slow) {
	size_t length = strlen(answer);

	if (!slow)
		(void)!send(fd, answer, length, MSG_NOSIGNAL);
	for (size_t i = 0; slow && i < length; i++, usleep(500))
		(void)!send(fd, answer + i, 1, MSG_NOSIGNAL);
}

static void serve_one(int fd, const struct connection *c) {
	struct linger reset = { .l_onoff = 1 };

	for (int i = 0; i < STEPS && c->answers[i]; i++) {
		if (!read_request(fd))
			break;
		if (!*c->answers[i]) {
			setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
			break;
		}
		reply(fd, c->answers[i], c->slow);
	}
	if (c->hang)
		pause();
	close(fd);
}

static _Noreturn void serve(int fd, const struct connection *script, unsigned count) {
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; i < count; i++)
		serve_one(accept(fd, NULL, NULL), &script[i]);
	_exit(0);
}

static void done(struct exchange *x, const struct exchange_reply *r, const char *why) {
	(void)x;
	answers++;
	status = r ? r->status : -1;
	snprintf(got, sizeof(got), "%.*s", r ? (int)r->length : 0, r ? r->body : "");
	snprintf(failure, sizeof(failure), "%s", why ? why : "");
	loop_stop();
}

static int listen_at(const char *address) {
	socklen_t size = sizeof(endpoint.address.in6);
	struct error e = { 0 };
	int fd;

	assert_int_equal(endpoint_parse(&endpoint, address, 1, &e), 0);
	if (endpoint.address.any.sa_family == AF_UNIX) {
		size = endpoint.address.length;
		unlink(endpoint.address.un.sun_path);
	} else {
		endpoint.address.in.sin_port = 0; /* of in6 at the same place */
		size = endpoint.address.length;
	}
	fd = socket(endpoint.address.any.sa_family, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, &endpoint.address.any, size), 0);
	assert_int_equal(listen(fd, 16), 0);
	getsockname(fd, &endpoint.address.any, &size);
	return fd;
}

static void start_server(const char *address, const struct connection *script, unsigned count) {
	int fd = listen_at(address), ends[2];

	assert_int_equal(pipe(ends), 0);
	seen_fd = ends[1];
	server = fork();
	if (server == 0)
		serve(fd, script, count);
	close(fd);
	close(ends[1]);
	seen_fd = ends[0];
	http_init(&http, &endpoint, "X-Consul-Token: t\r\n");
	http.exchange.done = done;
}

static int stop_server(void **state) {
	(void)state;
	http.exchange.cancel(&http.exchange);
	if (http.watch.fd >= 0)
		close(http.watch.fd);
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	return close(seen_fd);
}

static int set_up(void **state) {
	(void)state;
	alarm(PATIENCE);
	return loop_init();
}

static int ask(const char *body, int64_t timeout) {
	request.method = "PUT";
	snprintf(request.target, sizeof(request.target), "/v1/x");
	request.length = strlen(body);
	memcpy(request.body, body, request.length);
	answers = 0;
	http.exchange.start(&http.exchange, &request, timeout);
	assert_int_equal(answers, 0); /* never from within start */
	loop_run();
	assert_int_equal(answers, 1);
	return status;
}

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static void one_connection_carries_many(void **state) {
	static const struct connection script[] = { { .answers = { OK, OK, OK }, .hang = true } };
	char seen[SEEN] = "", expected[512];

	(void)state;
	start_server("127.0.0.1", script, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask("{}", 5000), 200);
	assert_string_equal(got, "ok");
	assert_true(read(seen_fd, seen, sizeof(seen) - 1) > 0);
	snprintf(expected, sizeof(expected),
		 "PUT /v1/x HTTP/1.1\r\nHost: 127.0.0.1:1\r\nX-Consul-Token: t\r\n"
		 "Content-Length: 2\r\n\r\n{}");
	assert_memory_equal(seen, expected, strlen(expected));
}

static void other_families_do(void **state) {
	static const struct connection script[] = { { .answers = { OK } } };
	static const char *const addresses[] = { "[::1]", "unix:/tmp/http_test.sock" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		start_server(addresses[i], script, 1);
		assert_int_equal(ask("", 5000), 200);
		if (i == 0)
			stop_server(state);
	}
	unlink("/tmp/http_test.sock");
}

static void a_kept_connection_may_be_dead(void **state) {
	static const struct connection script[] = {
		{ .answers = { OK } },
		{ .answers = { OK, "" } },
		{ .answers = { OK } },
	};

	(void)state;
	start_server("127.0.0.1", script, 3);
	assert_int_equal(ask("", 5000), 200);
	assert_int_equal(ask("", 5000), 200);
	assert_int_equal(ask("", 5000), 200); /* reset instead of an answer, and asked again */
}

static void a_fresh_connection_that_dies_is_a_failure(void **state) {
	static const struct connection script[] = { { .answers = { "" } }, { .answers = { OK } } };

	(void)state;
	start_server("127.0.0.1", script, 2);
	assert_int_equal(ask("", 5000), -1);
	assert_string_equal(failure, "Connection reset by peer");
	assert_int_equal(ask("", 5000), 200);
}

static void half_an_answer_is_not_asked_for_again(void **state) {
	static const struct connection script[] = {
		{ .answers = { OK, "HTTP/1.1 200 OK\r\nContent-Le" } },
		{ .answers = { OK } },
	};

	(void)state;
	start_server("127.0.0.1", script, 2);
	assert_int_equal(ask("", 5000), 200);
	assert_int_equal(ask("", 5000), -1);
	assert_string_equal(failure, "it closed the connection before its answer was complete");
}

static void silence_has_an_end(void **state) {
	static const struct connection script[] = { { .answers = { OK }, .hang = true } };

	(void)state;
	start_server("127.0.0.1", script, 1);
	assert_int_equal(ask("", 5000), 200);
	assert_int_equal(ask("", 50), -1);
	assert_string_equal(failure, "it does not answer");
	assert_int_equal(http.watch.fd, -1);
}

static void hurrying_shortens(void **state) {
	static const struct connection script[] = { { .hang = true } };
	int64_t before = loop_now();

	(void)state;
	start_server("127.0.0.1", script, 1);
	answers = 0;
	http.exchange.start(&http.exchange, &request, 60000);
	http.exchange.hurry(&http.exchange, 30);
	http.exchange.hurry(&http.exchange, 90000);
	loop_run();
	assert_int_equal(status, -1);
	assert_in_range(loop_now() - before, 30, 5000);
}

static void nobody_there_is_told_at_once(void **state) {
	int fd = listen_at("127.0.0.1");

	(void)state;
	close(fd);
	http_init(&http, &endpoint, "");
	http.exchange.done = done;
	assert_int_equal(ask("", 60000), -1);
	assert_string_equal(failure, "Connection refused");
}

static void slow_and_odd_answers_are_read(void **state) {
	static const struct connection script[] = {
		{ .answers = { "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\n"
			       "Transfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: "
			       "u\r\n\r\n",
			       OK },
		  .slow = true },
		{ .answers = { "HTTP/1.0 200 OK\r\n\r\nold" } },
		{ .answers = { OK "more" }, .hang = true },
		{ .answers = { OK } },
	};

	(void)state;
	start_server("127.0.0.1", script, 4);
	assert_int_equal(ask("", 5000), 404);
	assert_string_equal(got, "abc");
	assert_int_equal(ask("", 5000), 200);
	assert_int_equal(ask("", 5000), 200);
	assert_string_equal(got, "old");
	assert_int_equal(http.watch.fd, -1);
	assert_int_equal(ask("", 5000), 200);
	assert_int_equal(http.watch.fd, -1); /* out of step: not kept */
	kill(server, SIGKILL);
}

static void a_name_is_resolved(void **state) {
	static const struct connection script[] = { { .answers = { OK } } };
	struct error e = { 0 };
	uint16_t port;
	char address[64];

	(void)state;
	resolve_init();
	start_server("127.0.0.1", script, 1);
	port = ntohs(endpoint.address.in.sin_port);
	snprintf(address, sizeof(address), "http://localhost:%u", port);
	assert_int_equal(endpoint_parse(&endpoint, address, 1, &e), 0);
	assert_int_equal(endpoint.kind, ENDPOINT_NAME);
	assert_int_equal(ask("", 5000), 200);
	assert_true(waitpid(-1, NULL, WNOHANG) <= 0); /* the helper leaves no zombie */
	signal(SIGCHLD, SIG_DFL);
}

static void a_long_body_is_kept_in_part(void **state) {
	static char answer[4200];
	struct connection script[] = { { .answers = { answer } } };
	size_t head;

	(void)state;
	head = (size_t)snprintf(answer, sizeof(answer),
				"HTTP/1.1 500 X\r\nContent-Length: 4000\r\n\r\n");
	memset(answer + head, 'x', 4000);
	answer[head + 4000] = '\0';
	start_server("127.0.0.1", script, 1);
	assert_int_equal(ask("", 5000), 500);
	assert_int_equal(http.kept_length, HTTP_KEPT);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_connection_carries_many, set_up, stop_server),
		cmocka_unit_test_setup_teardown(other_families_do, set_up, stop_server),
		cmocka_unit_test_setup_teardown(a_kept_connection_may_be_dead, set_up, stop_server),
		cmocka_unit_test_setup_teardown(a_fresh_connection_that_dies_is_a_failure, set_up,
						stop_server),
		cmocka_unit_test_setup_teardown(half_an_answer_is_not_asked_for_again, set_up,
						stop_server),
		cmocka_unit_test_setup_teardown(silence_has_an_end, set_up, stop_server),
		cmocka_unit_test_setup_teardown(hurrying_shortens, set_up, stop_server),
		cmocka_unit_test_setup(nobody_there_is_told_at_once, set_up),
		cmocka_unit_test_setup_teardown(slow_and_odd_answers_are_read, set_up, stop_server),
		cmocka_unit_test_setup_teardown(a_name_is_resolved, set_up, stop_server),
		cmocka_unit_test_setup_teardown(a_long_body_is_kept_in_part, set_up, stop_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
