/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/kernel.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "netcfg/decode.h"

/* The kernel answers within sendto(2); emulations of it (gVisor, LX zones) may need a moment. */
enum { ANSWER_TIME = 2000, MOST_EVENTS = 1024 };

static int open_socket(struct error *e) {
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	return fd < 0 ? fail(e, "netlink: open a socket: %m") : fd;
}

/* Both options are optional: without them errors have no sentence, and dumps are longer. */
int net_kernel_open(struct net_kernel *k, struct error *e) {
	int yes = 1;
	k->seq = 0;
	k->fd = open_socket(e);
	if (k->fd < 0)
		return -1;
	(void)setsockopt(k->fd, SOL_NETLINK, NETLINK_EXT_ACK, &yes, sizeof yes);
	(void)setsockopt(k->fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &yes, sizeof yes);
	return 0;
}

int net_kernel_listen(bool neighbours, struct error *e) {
	struct sockaddr_nl groups = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
			     RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_IPV4_RULE |
			     1U << (RTNLGRP_IPV6_RULE - 1) | (neighbours ? RTMGRP_NEIGH : 0),
	};
	int fd = open_socket(e);
	if (fd < 0 || bind(fd, (struct sockaddr *)&groups, sizeof groups) == 0)
		return fd;
	(void)fail(e, "netlink: listen to events: %m");
	(void)close(fd);
	return -1;
}

void net_kernel_close(struct net_kernel *k) {
	if (k->fd >= 0)
		(void)close(k->fd);
	k->fd = -1;
}

int64_t net_kernel_now(void) {
	struct timespec now;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Not for ever, if somebody makes them faster than that. */
void net_kernel_discard(int fd) {
	char byte;
	for (unsigned n = 0; n < MOST_EVENTS; n++)
		if (recv(fd, &byte, sizeof byte, MSG_DONTWAIT) < 0 && errno != EINTR &&
		    errno != ENOBUFS)
			return;
}

int net_kernel_wait(int fd, int64_t deadline, int wake) {
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = wake, .events = POLLIN } };
	int64_t left = deadline - net_kernel_now();
	if (left <= 0)
		return 0;
	if (poll(fds, 2, (int)left) <= 0)
		return errno == EINTR ? 1 : 0;
	if (fds[1].revents)
		return NET_KERNEL_WOKEN;
	net_kernel_discard(fd);
	return 1;
}

int net_kernel_send(const struct net_kernel *k, const void *messages, size_t size,
		    struct error *e) {
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	ssize_t sent;
	do
		sent = sendto(k->fd, messages, size, 0, (struct sockaddr *)&kernel, sizeof kernel);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? fail(e, "netlink: send: %m") : 0;
}

static ssize_t receive_once(struct net_kernel *k, struct sockaddr_nl *from) {
	socklen_t size = sizeof *from;
	ssize_t n;
	do
		n = recvfrom(k->fd, k->buffer, NET_DATAGRAM, MSG_DONTWAIT | MSG_TRUNC,
			     (struct sockaddr *)from, &size);
	while (n < 0 && errno == EINTR);
	return n;
}

/* One datagram, from the kernel: any process may send to our socket. */
static ssize_t receive(struct net_kernel *k, struct error *e) {
	struct sockaddr_nl from = { 0 };
	struct pollfd readable = { .fd = k->fd, .events = POLLIN };
	for (;;) {
		ssize_t n = receive_once(k, &from);
		if (n > NET_DATAGRAM)
			return fail(e, "netlink: the answer of %zd bytes is cut", n);
		if (n >= 0 && from.nl_pid == 0)
			return n;
		if (n >= 0)
			continue;
		if (errno != EAGAIN)
			return fail(e, "netlink: receive: %m");
		if (poll(&readable, 1, ANSWER_TIME) == 0)
			return fail(e, "netlink: the kernel does not answer");
	}
}

ssize_t net_kernel_events(struct net_kernel *k, struct error *e) {
	struct sockaddr_nl from = { 0 };
	struct pollfd readable = { .fd = k->fd, .events = POLLIN };
	for (;;) {
		(void)poll(&readable, 1, -1);
		ssize_t n = receive_once(k, &from);
		if (n > NET_DATAGRAM || (n < 0 && errno == ENOBUFS))
			return 0;
		if (n < 0 && errno != EAGAIN)
			return fail(e, "netlink: receive: %m");
		if (n > 0 && from.nl_pid == 0)
			return n;
	}
}

struct dump {
	uint32_t seq;
	net_kernel_object *each;
	void *context;
	bool torn, done;
};

/* The end of a dump may carry an error, which libmnl's own callback takes for success. ENOENT is a
 * routing table that is not there yet, as the main one before the first address. */
static int dump_message(struct dump *d, const struct nlmsghdr *message, struct error *e) {
	struct net_refusal refusal;
	if (message->nlmsg_seq != d->seq)
		return 0;
	d->torn |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	if (message->nlmsg_type != NLMSG_DONE && message->nlmsg_type != NLMSG_ERROR) {
		d->each(d->context, message);
		return 0;
	}
	d->done = true;
	if (!net_decode_refusal(message, &refusal) || refusal.number == ENOENT)
		return 0;
	errno = refusal.number;
	return fail(e, "netlink: read the network: %m%s%s", *refusal.sentence ? ": " : "",
		    refusal.sentence);
}

static int dump_datagram(struct dump *d, const char *datagram, size_t size, struct error *e) {
	const struct nlmsghdr *message;
	while ((message = net_next_message(&datagram, &size)) != NULL)
		if (dump_message(d, message, e) < 0)
			return -1;
	return 0;
}

int net_kernel_dump(struct net_kernel *k, struct nlmsghdr *request, net_kernel_object *each,
		    void *context, struct error *e) {
	struct dump d = { .seq = ++k->seq, .each = each, .context = context };

	request->nlmsg_seq = d.seq;
	if (net_kernel_send(k, request, request->nlmsg_len, e) < 0)
		return -1;
	while (!d.done) {
		ssize_t n = receive(k, e);
		if (n < 0 || dump_datagram(&d, k->buffer, (size_t)n, e) < 0)
			return -1;
	}
	return d.torn ? NET_KERNEL_TORN : 0;
}

/* Whether the last one's answer is among them. */
static bool answered(const char *datagram, size_t size, uint32_t first, uint32_t last,
		     const struct net_kernel_reader *r) {
	const struct nlmsghdr *message;
	struct net_refusal refusal;
	bool complete = false;
	while ((message = net_next_message(&datagram, &size)) != NULL) {
		uint32_t seq = message->nlmsg_seq;
		if (seq - first > last - first)
			continue;
		if (message->nlmsg_type != NLMSG_ERROR) {
			r->each(r->context, message);
			continue;
		}
		if (net_decode_refusal(message, &refusal))
			r->refused(r->context, seq, &refusal);
		complete |= seq == last;
	}
	return complete;
}

int net_kernel_answers(struct net_kernel *k, uint32_t first, uint32_t last,
		       const struct net_kernel_reader *r, struct error *e) {
	ssize_t n;
	do {
		n = receive(k, e);
		if (n < 0)
			return -1;
	} while (!answered(k->buffer, (size_t)n, first, last, r));
	return 0;
}
