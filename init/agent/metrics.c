/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/memory.h"
#include "init/agent/families.h"
#include "init/loop.h"

enum { HEAD = 256, BACKLOG = 16 };

/* One that asks. What is sent to it is ready when its request is. */
struct client {
	struct loop_watch watch; /* fd -1: there is none */
	struct loop_timer deadline;
	bool answered; /* all of it: its own end is waited for, else it could lose the last part */
	size_t asked, length, sent;
	char request[METRICS_REQUEST];
	char answer[HEAD + FAMILIES_TEXT];
};

static void come(struct loop_watch *, uint32_t);

static MEMORY_BULK struct client clients[METRICS_CLIENTS];
static struct loop_watch listener = { .fd = -1, .ready = come };
static bool full; /* nobody else is let in */

static int listen_on(int family, const struct config_listen *l) {
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} to = { .any.sa_family = (sa_family_t)family };
	const int yes = 1, no = 0;
	socklen_t length = family == AF_INET ? sizeof(to.in) : sizeof(to.in6);
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), saved;

	to.in.sin_port = htons(l->port); /* in the same place in both */
	if (l->ip.family == AF_INET)
		memcpy(&to.in.sin_addr, l->ip.bytes, sizeof(to.in.sin_addr));
	if (l->ip.family == AF_INET6)
		memcpy(&to.in6.sin6_addr, l->ip.bytes, sizeof(to.in6.sin6_addr));
	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	if (bind(fd, &to.any, length) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* For all addresses one socket of IPv6 does, where there is any. */
int metrics_open(const struct config_listen *l) {
	listener.fd = listen_on(l->ip.family ? l->ip.family : AF_INET6, l);
	if (listener.fd < 0 && !l->ip.family && errno != EADDRINUSE)
		listener.fd = listen_on(AF_INET, l);
	return listener.fd < 0 ? -1 : 0;
}

static void let_in(void) {
	if (full && loop_watch(&listener, EPOLLIN) == 0)
		full = false;
}

static void dismiss(struct client *c) {
	loop_disarm(&c->deadline);
	loop_forget(&c->watch);
	close(c->watch.fd);
	c->watch.fd = -1;
	let_in();
}

static void be_late(struct loop_timer *t) {
	dismiss(LOOP_OWNER(t, struct client, deadline));
}

static void send_rest(struct client *c) {
	ssize_t n = send(c->watch.fd, c->answer + c->sent, c->length - c->sent,
			 MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		dismiss(c);
		return;
	}
	c->sent += n > 0 ? (size_t)n : 0;
	c->answered = c->sent == c->length;
	if (c->answered)
		(void)shutdown(c->watch.fd, SHUT_WR);
	(void)loop_rewatch(&c->watch, c->answered ? EPOLLIN : EPOLLOUT);
}

/* RFC 9112, 4 and 6. */
static void reply(struct client *c, const char *status, const char *more, const char *body,
		  size_t length, bool with_body) {
	int head = snprintf(c->answer, HEAD,
			    "HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4; "
			    "charset=utf-8\r\n%sContent-Length: %zu\r\nConnection: close\r\n\r\n",
			    status, more, length);

	memmove(c->answer + head, body, length);
	c->length = (size_t)head + (with_body ? length : 0);
	send_rest(c);
}

static void refuse(struct client *c, const char *status, const char *more) {
	char body[64];
	int length = snprintf(body, sizeof(body), "%s\n", status);

	reply(c, status, more, body, (size_t)length, true);
}

static void tell(struct client *c, bool with_body) {
	char *body = c->answer + HEAD;
	int length = families_write(body, FAMILIES_TEXT);

	if (length < 0)
		refuse(c, "500 Internal Server Error", "");
	else
		reply(c, "200 OK", "", body, (size_t)length, with_body);
}

/* The request's line is all that counts: "GET /metrics HTTP/1.1". */
static void answer(struct client *c) {
	char *rest = c->request, *method, *target;
	bool head;

	rest[strcspn(rest, "\r\n")] = '\0';
	method = strsep(&rest, " ");
	target = strsep(&rest, " ");
	if (!target || !rest || strncmp(rest, "HTTP/1.", 7) != 0) {
		refuse(c, "400 Bad Request", "");
		return;
	}
	head = strcmp(method, "HEAD") == 0;
	target[strcspn(target, "?")] = '\0';
	if (!head && strcmp(method, "GET") != 0)
		refuse(c, "405 Method Not Allowed", "Allow: GET, HEAD\r\n");
	else if (strcmp(target, "/metrics") != 0)
		refuse(c, "404 Not Found", "");
	else
		tell(c, !head);
}

static bool is_whole(const char *request) {
	return strstr(request, "\r\n\r\n") || strstr(request, "\n\n");
}

static void hear(struct client *c) {
	size_t had = c->answered ? 0 : c->asked;
	ssize_t n = recv(c->watch.fd, c->request + had, sizeof(c->request) - 1 - had, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		dismiss(c);
		return;
	}
	if (c->answered)
		return;
	c->asked += (size_t)n;
	c->request[c->asked] = '\0';
	if (is_whole(c->request))
		answer(c);
	else if (c->asked == sizeof(c->request) - 1)
		refuse(c, "431 Request Header Fields Too Large", "");
}

static void ready(struct loop_watch *w, uint32_t events) {
	struct client *c = LOOP_OWNER(w, struct client, watch);

	if (c->length && !c->answered)
		send_rest(c);
	else if (events)
		hear(c);
}

static void welcome(struct client *c, int fd) {
	c->watch = (struct loop_watch){ .fd = fd, .ready = ready };
	c->deadline.fire = be_late;
	c->answered = false;
	c->asked = c->length = c->sent = 0;
	if (loop_watch(&c->watch, EPOLLIN) < 0)
		dismiss(c);
	else
		loop_arm(&c->deadline, METRICS_PATIENCE);
}

static void come(struct loop_watch *w, uint32_t events) {
	struct client *c = clients;
	int fd;

	(void)events;
	while (c < clients + METRICS_CLIENTS && c->watch.fd >= 0)
		c++;
	if (c == clients + METRICS_CLIENTS) {
		loop_forget(w);
		full = true;
		return;
	}
	fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0)
		welcome(c, fd);
}

void metrics_begin(void) {
	for (struct client *c = clients; c < clients + METRICS_CLIENTS; c++)
		c->watch.fd = -1;
	full = listener.fd >= 0;
	let_in();
}
