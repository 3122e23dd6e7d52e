/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/channel.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "init/agent/tls.h"

static int greet(struct channel *c) {
	(void)c;
	return 0;
}

static ssize_t send_plain(struct channel *c, const struct iovec parts[2]) {
	const struct msghdr message = { .msg_iov = (struct iovec *)parts, .msg_iovlen = 2 };

	c->wants = EPOLLOUT;
	return sendmsg(c->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static ssize_t receive_plain(struct channel *c, void *bytes, size_t size) {
	c->wants = EPOLLIN;
	return recv(c->fd, bytes, size, MSG_DONTWAIT);
}

static void close_plain(struct channel *c) {
	(void)c;
}

int channel_open(struct channel *c, const struct endpoint *endpoint, int fd) {
	static const struct channel_kind plain = { greet, send_plain, receive_plain, close_plain };

	*c = (struct channel){ .fd = fd, .kind = &plain };
	return endpoint->secure ? tls_begin(c, endpoint->host) : 0;
}

int channel_greet(struct channel *c) {
	return c->kind->greet(c);
}

ssize_t channel_send(struct channel *c, const struct iovec parts[2]) {
	return c->kind->send(c, parts);
}

ssize_t channel_receive(struct channel *c, void *bytes, size_t size) {
	return c->kind->receive(c, bytes, size);
}

void channel_close(struct channel *c) {
	if (c->kind)
		c->kind->close(c);
	c->kind = NULL;
	c->pending = false;
}
