/* SPDX-License-Identifier: Apache-2.0 */
#include "init/message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "config/ip.h"

enum who { NOBODY, A_SERVICE, A_CHECK, A_WATCH, A_TEMPLATE };

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
	[MESSAGE_RENDER] = { NOBODY, 1, 1 },
	[MESSAGE_STATE] = { A_SERVICE, MESSAGE_STATES, 1 },
	[MESSAGE_WITHDRAWN] = { NOBODY, 1, 1 },
	[MESSAGE_CHECKING] = { NOBODY, 1, 1 },
	[MESSAGE_RESULT] = { A_CHECK, MESSAGE_RESULTS, MESSAGE_DETAILS },
	[MESSAGE_REACH] = { NOBODY, 1, 1 },
	[MESSAGE_REACHED] = { NOBODY, 1, 1 },
	[MESSAGE_TAKEN] = { A_WATCH, 1, 1 },
	[MESSAGE_WATCH] = { A_WATCH, 2, 1 },
	[MESSAGE_LIST] = { A_WATCH, 2, MESSAGE_INSTANCES + 1 },
	[MESSAGE_RENDERED] = { A_TEMPLATE, 2, 1 },
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
	case A_TEMPLATE:
		return m->index < counts->templates;
	}
	return false;
}

static bool is_host(const char host[MESSAGE_HOST]) {
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._:/-";

	return memchr(host, '\0', MESSAGE_HOST) && *host && host[strspn(host, allowed)] == '\0';
}

static bool is_place(const struct message_instance *i) {
	struct error ignored = { 0 };
	uint8_t family = i->vtep.family;

	if (i->mac.bytes[0] & 1)
		return false;
	if (!family)
		return true;
	return (family == AF_INET || family == AF_INET6) && i->vtep.prefix == ip_bits(&i->vtep) &&
	       ip_need_host(&i->vtep, "", &ignored) == 0;
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
		if (!is_host(l->items[i].host) || !is_place(&l->items[i]))
			return false;
	return true;
}

/* Without the seals it could change, or shrink below whoever has mapped it. */
static bool is_sound_file(int file) {
	const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	struct stat s;
	int got = fcntl(file, F_GET_SEALS);

	return got >= 0 && (got & seals) == seals && fstat(file, &s) == 0 &&
	       s.st_size <= MESSAGE_FILE;
}

/* There is a file just where there has to be one. */
static bool has_its_file(const struct message *m, int file) {
	if (m->kind != MESSAGE_RENDERED || !m->state)
		return file < 0;
	return file >= 0 && is_sound_file(file);
}

/* A message, and room for the one descriptor that may come along. */
struct parcel {
	alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	struct iovec bytes;
	struct msghdr header;
};

/* CMSG_LEN: in the padding at its end there would be room for another one. */
static void wrap(struct parcel *p, void *bytes, size_t size) {
	*p = (struct parcel){ .bytes = { bytes, size } };
	p->header = (struct msghdr){
		.msg_iov = &p->bytes,
		.msg_iovlen = 1,
		.msg_control = p->control,
		.msg_controllen = CMSG_LEN(sizeof(int)),
	};
}

static int pass(int fd, const struct parcel *p) {
	ssize_t n;

	do
		n = sendmsg(fd, &p->header, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -1 : 0;
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

int message_send_file(int fd, const struct message *m, int file) {
	struct message copy = *m;
	struct parcel p;
	struct cmsghdr *c;

	wrap(&p, &copy, sizeof(copy));
	c = CMSG_FIRSTHDR(&p.header);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &file, sizeof(int));
	return pass(fd, &p);
}

static int unwrap(const struct parcel *p) {
	const struct cmsghdr *c = CMSG_FIRSTHDR(&p->header);
	int file = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&file, CMSG_DATA(c), sizeof(int));
	return file;
}

static bool is_sound(const struct message_list *l, size_t size, unsigned *items,
		     const struct message_counts *counts, int file) {
	if (size < sizeof(l->head) || !sound(&l->head, counts) || !has_its_file(&l->head, file))
		return false;
	return l->head.kind == MESSAGE_LIST ? is_list(l, size, items) : size == sizeof(l->head);
}

int message_receive_file(int fd, struct message_list *l, unsigned *items,
			 const struct message_counts *counts, int *file) {
	struct parcel p;
	ssize_t n;

	wrap(&p, l, sizeof(*l));
	*file = -1;
	*items = 0;
	do
		n = recvmsg(fd, &p.header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	*file = unwrap(&p);
	if (!(p.header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
	    is_sound(l, (size_t)n, items, counts, *file))
		return 1;
	if (*file >= 0)
		close(*file);
	*file = -1;
	errno = n == 0 ? ECONNRESET : EBADMSG;
	return -1;
}

int message_receive(int fd, struct message_list *l, unsigned *items,
		    const struct message_counts *counts) {
	int file, got = message_receive_file(fd, l, items, counts, &file);

	if (file < 0)
		return got;
	close(file);
	errno = EBADMSG;
	return -1;
}
