/* SPDX-License-Identifier: Apache-2.0 */
#include "init/message.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

enum who { NOBODY, A_SERVICE, A_CHECK, A_WATCH };

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
	[MESSAGE_TAKEN] = { A_WATCH, 1, 1 },
	[MESSAGE_WATCH] = { A_WATCH, 2, 1 },
	[MESSAGE_LIST] = { A_WATCH, 2, MESSAGE_INSTANCES + 1 },
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
	case A_WATCH:
		return m->index < counts->watches;
	}
	return false;
}

static bool is_host(const char host[MESSAGE_HOST]) {
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._:/-";

	return memchr(host, '\0', MESSAGE_HOST) && *host && host[strspn(host, allowed)] == '\0';
}

static bool is_list(const struct message_list *l, size_t size, unsigned *items) {
	const size_t head = offsetof(struct message_list, items), each = sizeof(l->items[0]);

	if (size < head || (size - head) % each)
		return false;
	*items = (unsigned)((size - head) / each);
	if (*items > MESSAGE_ITEMS || *items + l->head.detail > MESSAGE_INSTANCES ||
	    *items + l->head.detail > l->total || (!l->head.state && *items < MESSAGE_ITEMS))
		return false;
	for (unsigned i = 0; i < *items; i++)
		if (!is_host(l->items[i].host))
			return false;
	return true;
}

static int send_bytes(int fd, const void *bytes, size_t size) {
	ssize_t n;

	do
		n = send(fd, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
}

int message_send(int fd, const struct message *m) {
	return send_bytes(fd, m, sizeof(*m));
}

int message_send_list(int fd, const struct message_list *l, unsigned items) {
	return send_bytes(fd, l,
			  offsetof(struct message_list, items) + items * sizeof(l->items[0]));
}

int message_receive(int fd, struct message_list *l, unsigned *items,
		    const struct message_counts *counts) {
	ssize_t n;

	do
		n = recv(fd, l, sizeof(*l), MSG_DONTWAIT | MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	if (n == 0) {
		errno = ECONNRESET;
		return -1;
	}
	*items = 0;
	if ((size_t)n >= sizeof(l->head) && (size_t)n <= sizeof(*l) && sound(&l->head, counts) &&
	    (l->head.kind == MESSAGE_LIST ? is_list(l, (size_t)n, items)
					  : (size_t)n == sizeof(l->head)))
		return 1;
	errno = EBADMSG;
	return -1;
}
