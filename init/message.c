/* SPDX-License-Identifier: Apache-2.0 */
#include "init/message.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

enum who { NOBODY, A_SERVICE, A_CHECK };

/* Whom a kind of message is about, and how many values its other fields can have. */
static const struct {
	uint8_t about;
	uint16_t states, details;
} uses[MESSAGE_KINDS] = {
	[MESSAGE_ANNOUNCE] = { NOBODY, 1, 1 },
	[MESSAGE_WITHDRAW] = { NOBODY, 1, 1 },
	[MESSAGE_DISMISS] = { NOBODY, 1, 1 },
	[MESSAGE_JUDGE] = { A_SERVICE, 2, 1 },
	[MESSAGE_CHECK] = { NOBODY, 2, 1 },
	[MESSAGE_STATE] = { A_SERVICE, MESSAGE_STATES, 1 },
	[MESSAGE_WITHDRAWN] = { NOBODY, 1, 1 },
	[MESSAGE_CHECKING] = { NOBODY, 1, 1 },
	[MESSAGE_RESULT] = { A_CHECK, MESSAGE_RESULTS, MESSAGE_DETAILS },
};

static bool sound(const struct message *m, const struct message_counts *counts) {
	if (m->kind == 0 || m->kind >= MESSAGE_KINDS)
		return false;
	if (m->state >= uses[m->kind].states || m->detail >= uses[m->kind].details)
		return false;
	switch ((enum who)uses[m->kind].about) {
	case NOBODY:
		return m->index == MESSAGE_NOBODY;
	case A_SERVICE:
		return m->index < counts->services;
	case A_CHECK:
		return m->index < counts->checks;
	}
	return false;
}

int message_send(int fd, const struct message *m) {
	ssize_t n;

	do
		n = send(fd, m, sizeof(*m), MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

int message_receive(int fd, struct message *m, const struct message_counts *counts) {
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
	if (n != sizeof(got) || !sound(&got, counts)) {
		errno = EBADMSG;
		return -1;
	}
	*m = got;
	return 1;
}
