/* SPDX-License-Identifier: Apache-2.0 */
#include "init/message.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Which fields a kind of message uses; the others hold nothing. */
static const struct {
	bool service, state;
} uses[MESSAGE_KINDS] = {
	[MESSAGE_STATE] = { .service = true, .state = true },
};

static bool sound(const struct message *m, unsigned services) {
	if (m->kind == 0 || m->kind >= MESSAGE_KINDS || m->reserved)
		return false;
	if (uses[m->kind].service ? m->service >= services : m->service != MESSAGE_NO_SERVICE)
		return false;
	return uses[m->kind].state ? m->state < MESSAGE_STATES : m->state == 0;
}

int message_send(int fd, const struct message *m) {
	ssize_t n;

	do
		n = send(fd, m, sizeof(*m), MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

int message_receive(int fd, struct message *m, unsigned services) {
	struct message got;
	ssize_t n;

	do
		n = recv(fd, &got, sizeof(got), MSG_DONTWAIT | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	if (n == 0) {
		errno = ECONNRESET;
		return -1;
	}
	if (n != sizeof(got) || !sound(&got, services)) {
		errno = EBADMSG;
		return -1;
	}
	*m = got;
	return 1;
}
