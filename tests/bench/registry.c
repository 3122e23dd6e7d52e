/* SPDX-License-Identifier: Apache-2.0 */
/* A stand-in for a Consul agent: HTTP/1.1 with keep-alive that says yes to everything. It is real
 * TCP and a real request; what it leaves out is Consul's own time, which is not ours. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/bench.h"

enum { PORT = 8500, CLIENTS = 256, REQUEST = 16384, PATIENCE = 3000 /* ms */ };

static struct client {
	size_t len;
	char text[REQUEST + 1];
} clients[CLIENTS]; /* by descriptor */

static int events = -1, listener = -1, registered[2];

static const char yes[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			  "Content-Length: 2\r\n\r\n{}";

/* The length of the first request, body included; 0 if it is not complete. */
static size_t request_length(const struct client *c) {
	const char *end = strstr(c->text, "\r\n\r\n");
	if (!end)
		return 0;
	const char *field = strcasestr(c->text, "\r\nContent-Length:");
	size_t body = field && field < end ? strtoul(field + 17, NULL, 10) : 0;
	size_t len = (size_t)(end - c->text) + 4 + body;
	return len <= c->len ? len : 0;
}

static bool is_registration(const struct client *c) {
	const char *end = strchr(c->text, '\r');
	const char *path = strstr(c->text, "/v1/agent/service/register");
	return path && path < end;
}

static void answer(int fd, struct client *c) {
	for (size_t len; (len = request_length(c)) > 0;) {
		int64_t now = spawn_now();
		if (is_registration(c))
			(void)!write(registered[1], &now, sizeof now);
		(void)!send(fd, yes, sizeof yes - 1, MSG_NOSIGNAL);
		memmove(c->text, c->text + len, c->len - len + 1);
		c->len -= len;
	}
}

static void read_client(int fd) {
	struct client *c = &clients[fd];
	ssize_t n = recv(fd, c->text + c->len, REQUEST - c->len, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		close(fd);
		return;
	}
	c->len += (size_t)n;
	c->text[c->len] = '\0';
	answer(fd, c);
}

static void accept_client(void) {
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0)
		return;
	if (fd >= CLIENTS) {
		close(fd);
		return;
	}
	struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };
	clients[fd].len = 0;
	epoll_ctl(events, EPOLL_CTL_ADD, fd, &e);
}

static void *serve(void *unused) {
	struct epoll_event e;
	(void)unused;
	for (;;) {
		if (epoll_wait(events, &e, 1, -1) != 1)
			continue;
		if (e.data.fd == listener)
			accept_client();
		else
			read_client(e.data.fd);
	}
	return NULL;
}

void registry_start(void) {
	pthread_t thread;
	events = epoll_create1(EPOLL_CLOEXEC);
	if (events < 0 || pipe2(registered, O_CLOEXEC | O_NONBLOCK) < 0 ||
	    pthread_create(&thread, NULL, serve, NULL) != 0) {
		fprintf(stderr, "bench: registry: %s\n", strerror(errno));
		exit(1);
	}
}

static void forget_registrations(void) {
	int64_t moment;
	while (read(registered[0], &moment, sizeof moment) > 0)
		;
}

/* On the wildcard address, since lo is still down in a new network namespace. */
bool registry_open(void) {
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct epoll_event e = { .events = EPOLLIN };

	forget_registrations();
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	e.data.fd = listener;
	return bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
	       listen(listener, 16) == 0 && epoll_ctl(events, EPOLL_CTL_ADD, listener, &e) == 0;
}

void registry_close(void) {
	close(listener);
	listener = -1;
}

int64_t registry_registered(void) {
	struct pollfd p = { .fd = registered[0], .events = POLLIN };
	int64_t moment;
	if (poll(&p, 1, PATIENCE) != 1 ||
	    read(registered[0], &moment, sizeof moment) != sizeof moment)
		return -1;
	return moment;
}
