/* SPDX-License-Identifier: Apache-2.0 */
#include "init/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "init/loop.h"

enum { QUEUE = 1024 };

static const char ready_line[] = "READY=1";

static void datagram_came(struct loop_watch *, uint32_t);

static struct loop_watch line = { .fd = -1, .ready = datagram_came };
static bool watched;
static void (*tell_ready)(void);

bool notify_says_ready(const char *text, size_t length) {
	const char *end = text + length;

	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t len = (size_t)((newline ? newline : end) - text);

		if (len == sizeof(ready_line) - 1 && memcmp(text, ready_line, len) == 0)
			return true;
		text += len + 1;
	}
	return false;
}

/* unix(7): bound with no name at all, it gets one of five digits behind a NUL. */
static int choose_name(int fd, char name[static NOTIFY_NAME]) {
	const int yes = 1;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t size = sizeof(address.sun_family);

	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, size) < 0)
		return -1;
	size = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
		return -1;
	snprintf(name, NOTIFY_NAME, "@%.*s",
		 (int)(size - offsetof(struct sockaddr_un, sun_path) - 1), address.sun_path + 1);
	return 0;
}

int notify_open(char name[static NOTIFY_NAME], struct error *e) {
	watched = false;
	line.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (line.fd < 0 || choose_name(line.fd, name) < 0)
		return fail(e, "the socket for READY=1: %m");
	return 0;
}

/* A process of another namespace has no number in ours: the kernel says 0. */
static bool is_ours(struct msghdr *m) {
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	struct ucred sender = { 0 };

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
		return false;
	memcpy(&sender, CMSG_DATA(c), sizeof(sender));
	return sender.pid > 0;
}

/* 1: one of ours says that it is ready; 0: another datagram; -1: there is none. There is no room
 * for descriptors that may come along, so the kernel closes them. */
static int receive(void) {
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	char text[NOTIFY_MESSAGE];
	struct iovec piece = { text, sizeof(text) };
	struct msghdr m = {
		.msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(line.fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return errno == EINTR ? 0 : -1;
	return !(m.msg_flags & MSG_TRUNC) && is_ours(&m) && notify_says_ready(text, (size_t)n);
}

static void datagram_came(struct loop_watch *w, uint32_t events) {
	(void)w;
	(void)events;
	if (receive() > 0)
		tell_ready();
}

/* The queue is short (net.unix.max_dgram_qlen), but who fills it as we empty it must not keep us
 * here. */
void notify_forget(void) {
	for (int i = 0; i < QUEUE && receive() >= 0; i++)
		continue;
}

int notify_listen(void (*ready)(void)) {
	tell_ready = ready;
	if (!watched && loop_watch(&line, EPOLLIN) < 0)
		return -1;
	watched = true;
	return 0;
}

int notify_send_ready(const char *name) {
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd, result, saved;

	if ((name[0] != '/' && name[0] != '@') || len >= sizeof(address.sun_path))
		return errno = EAFNOSUPPORT, -1;
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	result = (int)sendto(fd, ready_line, sizeof(ready_line) - 1, MSG_NOSIGNAL,
			     (struct sockaddr *)&address,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	saved = errno;
	close(fd);
	errno = saved;
	return result < 0 ? -1 : 0;
}
