/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/http.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

struct http_counts http_counts;

static void hang_up(struct http *h) {
	loop_disarm(&h->patience);
	resolve_cancel(&h->resolve);
	channel_close(&h->channel);
	if (h->watch.fd >= 0) {
		loop_forget(&h->watch);
		close(h->watch.fd);
	}
	h->watch.fd = -1;
	h->state = HTTP_CLOSED;
}

/* why: NULL where errno says it all. */
static void explain(struct http *h, int error, const char *why) {
	h->error = error;
	snprintf(h->why, sizeof(h->why), "%s", why ? why : strerror(error));
}

/* Failing always takes the way through the loop, so that done is never called from within start.
 * What was looked up is not believed any more. */
static void give_up(struct http *h, int error, const char *why) {
	explain(h, error, why);
	hang_up(h);
	h->resolve.count = 0;
	h->state = HTTP_FAILED;
	loop_arm(&h->deadline, 0);
}

static void fired(struct loop_timer *t) {
	struct http *h = LOOP_OWNER(t, struct http, deadline);

	if (h->state != HTTP_FAILED)
		explain(h, ETIMEDOUT,
			h->state >= HTTP_GREETING ? "it does not answer" : "it can't be reached");
	h->resolve.count = 0;
	hang_up(h);
	http_counts.failures += !h->once;
	h->exchange.done(&h->exchange, NULL, h->why);
}

static void answer(struct http *h) {
	struct exchange_reply reply = {
		.status = h->response.status,
		.body = h->kept,
		.length = h->kept_length,
	};

	loop_disarm(&h->deadline);
	http_counts.failures += !h->once && reply.status >= 400;
	h->exchange.done(&h->exchange, &reply, NULL);
}

static size_t unsent(const struct http *h, struct iovec parts[2]) {
	size_t head = h->head_length, body = h->request->length;
	size_t of_head = h->sent < head ? h->sent : head;
	size_t of_body = h->sent - of_head;

	parts[0] = (struct iovec){ (void *)(h->head + of_head), head - of_head };
	parts[1] = (struct iovec){ (void *)(h->request->body + of_body), body - of_body };
	return parts[0].iov_len + parts[1].iov_len;
}

/* 1: all is sent; 0: there is no more room for now; -1 with errno. */
static int send_rest(struct http *h) {
	struct iovec parts[2];
	ssize_t n;

	while (unsent(h, parts)) {
		n = channel_send(&h->channel, parts);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -1;
		h->sent += (size_t)n;
	}
	return 1;
}

static void connect_next(struct http *h);

/* A fresh connection, to the address that served last if there is one. */
static void dial(struct http *h) {
	const struct endpoint *p = h->endpoint;

	h->tried = 0;
	if (p->kind == ENDPOINT_ADDRESS) {
		h->resolve.addresses[0] = p->address;
		h->resolve.count = 1;
	}
	if (h->resolve.count) {
		connect_next(h);
		return;
	}
	h->state = HTTP_RESOLVING;
	if (resolve_start(&h->resolve, p->host, p->port) < 0)
		give_up(h, errno, NULL);
}

static void resolved(struct resolve *r, const char *why) {
	struct http *h = LOOP_OWNER(r, struct http, resolve);

	if (why)
		give_up(h, EHOSTUNREACH, why);
	else
		connect_next(h);
}

/* The connection broke. One that was kept from an earlier request may have been closed by the peer
 * in the meantime: that is nobody's failure. */
static void lost(struct http *h, int error, const char *why) {
	bool again = h->reused && !h->heard;

	if (!again) {
		give_up(h, error, why);
		return;
	}
	hang_up(h);
	dial(h);
}

static void keep(struct response *r, const char *bytes, size_t length) {
	struct http *h = LOOP_OWNER(r, struct http, response);
	size_t room = sizeof(h->kept) - h->kept_length;
	size_t n = length < room ? length : room;

	memcpy(h->kept + h->kept_length, bytes, n);
	h->kept_length += n;
	if (h->piece)
		h->piece(h, bytes, length);
}

/* The connection is kept only if both sides are in step: all sent, nothing left over. */
static void complete(struct http *h, bool in_step) {
	struct iovec parts[2];

	if (in_step && !h->channel.pending && h->response.keep && !h->once && !unsent(h, parts))
		h->state = HTTP_KEEPING;
	else
		hang_up(h);
	answer(h);
}

static void receive(struct http *h) {
	char bytes[HTTP_PIECE];
	size_t used = 0;
	ssize_t n = channel_receive(&h->channel, bytes, sizeof(bytes));
	enum response_progress progress;

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			lost(h, errno, h->channel.why);
		return;
	}
	if (n == 0 && !h->heard) {
		lost(h, ECONNRESET, "it closed the connection without an answer");
		return;
	}
	h->heard = true;
	progress = n ? response_feed(&h->response, bytes, (size_t)n, &used)
		     : response_end(&h->response);
	if (progress == RESPONSE_BROKEN)
		give_up(h, EPROTO, h->response.why);
	else if (progress == RESPONSE_COMPLETE)
		complete(h, n > 0 && used == (size_t)n);
}

/* No event tells of what TLS has received and not handed out yet. */
static void receive_all(struct http *h) {
	do
		receive(h);
	while (h->state == HTTP_ASKING && h->channel.pending);
}

/* Sends what is left, then waits for the answer. A peer may answer before it has read all, and hang
 * up: what it said is still there to be received, and if it said nothing, receiving tells. */
static void send_more(struct http *h) {
	int all = send_rest(h);

	if (all < 0 && errno != EPIPE && errno != ECONNRESET)
		lost(h, errno, h->channel.why);
	else if (loop_rewatch(&h->watch, all ? EPOLLIN : EPOLLIN | EPOLLOUT) < 0)
		give_up(h, errno, NULL);
}

static void ask(struct http *h, bool reused) {
	h->state = HTTP_ASKING;
	h->reused = reused;
	h->heard = false;
	h->sent = h->kept_length = 0;
	response_begin(&h->response);
	send_more(h);
}

/* Once the connection is there, TLS has both sides agree on keys. Nothing of the request is sent
 * before the other one has proved who it is. */
static void greet(struct http *h) {
	if (channel_greet(&h->channel) < 0) {
		if (errno == EAGAIN && loop_rewatch(&h->watch, h->channel.wants) == 0)
			return;
		explain(h, errno, h->channel.why);
		connect_next(h);
		return;
	}
	if (h->request->method) {
		ask(h, false);
		return;
	}
	response_begin(&h->response);
	hang_up(h);
	answer(h);
}

static void connected(struct http *h) {
	socklen_t size = sizeof(int);
	int error = 0;

	if (getsockopt(h->watch.fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error) {
		explain(h, error, NULL);
		connect_next(h);
		return;
	}
	loop_disarm(&h->patience);
	h->state = HTTP_GREETING;
	if (channel_open(&h->channel, h->endpoint, h->watch.fd) < 0)
		give_up(h, errno, h->channel.why);
	else
		greet(h);
}

/* Nobody has asked: it is the end, or nonsense, or TLS that talks to itself. */
static void disturbed(struct http *h) {
	char byte;

	if (channel_receive(&h->channel, &byte, 1) >= 0 || errno != EAGAIN)
		hang_up(h);
}

static void ready(struct loop_watch *w, uint32_t events) {
	struct http *h = LOOP_OWNER(w, struct http, watch);

	switch (h->state) {
	case HTTP_CONNECTING:
		connected(h);
		break;
	case HTTP_GREETING:
		greet(h);
		break;
	case HTTP_ASKING:
		if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
			receive_all(h);
		else
			send_more(h);
		break;
	case HTTP_KEEPING:
		disturbed(h);
		break;
	case HTTP_CLOSED:
	case HTTP_RESOLVING:
	case HTTP_FAILED:
		break;
	}
}

static int open_to(struct http *h, const struct endpoint_address *to) {
	int yes = 1, fd = socket(to->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	h->watch = (struct loop_watch){ .fd = fd, .ready = ready };
	if (to->any.sa_family != AF_UNIX)
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (connect(fd, &to->any, to->length) < 0 && errno != EINPROGRESS)
		return -1;
	return loop_watch(&h->watch, EPOLLOUT);
}

/* Tries the addresses in turn: each but the last has a second. */
static void connect_next(struct http *h) {
	char why[HTTP_WHY];

	while (h->tried < h->resolve.count) {
		const struct endpoint_address *to = &h->resolve.addresses[h->tried++];

		hang_up(h);
		h->state = HTTP_CONNECTING;
		if (open_to(h, to) == 0) {
			if (h->tried < h->resolve.count)
				loop_arm(&h->patience, HTTP_CONNECT);
			return;
		}
		explain(h, errno, NULL);
	}
	snprintf(why, sizeof(why), "%s", h->why);
	give_up(h, h->error, why);
}

static void impatient(struct loop_timer *t) {
	struct http *h = LOOP_OWNER(t, struct http, patience);

	explain(h, ETIMEDOUT, "it can't be reached");
	connect_next(h);
}

static int write_head(struct http *h, const struct exchange_request *request) {
	int n = snprintf(h->head, sizeof(h->head),
			 "%s %s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %zu\r\n\r\n",
			 request->method, request->target, h->endpoint->text, h->headers,
			 request->length);

	if (n < 0 || n >= (int)sizeof(h->head))
		return -1;
	h->head_length = (size_t)n;
	return 0;
}

static void start(struct exchange *x, const struct exchange_request *request, int64_t timeout) {
	struct http *h = LOOP_OWNER(x, struct http, exchange);

	h->request = request;
	loop_arm(&h->deadline, timeout);
	h->kept_length = 0;
	http_counts.requests += !h->once;
	if (request->method && write_head(h, request) < 0)
		give_up(h, EMSGSIZE, "the request's head is too long");
	else if (h->state == HTTP_KEEPING)
		ask(h, true);
	else
		dial(h);
}

static void hurry(struct exchange *x, int64_t ms) {
	struct http *h = LOOP_OWNER(x, struct http, exchange);

	if (h->deadline.armed && h->deadline.due > loop_now() + ms)
		loop_arm(&h->deadline, ms);
}

static void cancel(struct exchange *x) {
	struct http *h = LOOP_OWNER(x, struct http, exchange);

	loop_disarm(&h->deadline);
	if (h->state != HTTP_KEEPING)
		hang_up(h);
}

void http_turn(struct http *h, const struct endpoint *endpoint) {
	hang_up(h);
	h->resolve.count = 0;
	h->endpoint = endpoint;
}

void http_init(struct http *h, const struct endpoint *endpoint, const char *headers) {
	memset(h, 0, sizeof(*h));
	h->exchange.start = start;
	h->exchange.hurry = hurry;
	h->exchange.cancel = cancel;
	h->endpoint = endpoint;
	h->headers = headers;
	h->watch.fd = -1;
	h->deadline.fire = fired;
	h->patience.fire = impatient;
	h->resolve.done = resolved;
	h->response.body = keep;
	h->response.limit = HTTP_BODY;
}
