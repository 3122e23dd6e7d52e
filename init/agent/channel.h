/* SPDX-License-Identifier: Apache-2.0 */
/* How the bytes of one connection travel: over its socket as they are, or through TLS. Every call
 * returns at once; -1 comes with errno, which is EAGAIN where there is only something to wait for.
 */
#ifndef INIT_AGENT_CHANNEL_H
#define INIT_AGENT_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "init/agent/endpoint.h"

struct channel_kind;

struct channel {
	int fd; /* its owner's */
	uint32_t wants; /* after EAGAIN: EPOLLIN or EPOLLOUT */
	bool pending; /* more was received, of which no event tells */
	const char *why; /* after another errno, until the next call; NULL: that says it all */

	/* Its own. */
	const struct channel_kind *kind;
	void *session;
};

struct channel_kind {
	int (*greet)(struct channel *);
	ssize_t (*send)(struct channel *, const struct iovec parts[2]);
	ssize_t (*receive)(struct channel *, void *bytes, size_t size);
	void (*close)(struct channel *);
};

/* Begins with a socket that is connected to the endpoint. */
int channel_open(struct channel *, const struct endpoint *, int fd);

/* What has to be said before anything can be sent; 0: it is done. */
int channel_greet(struct channel *);

/* Sends from the beginning of what is there, as sendmsg(2) does. After EAGAIN the same has to be
 * sent again. */
ssize_t channel_send(struct channel *, const struct iovec parts[2]);
/* As recv(2). */
ssize_t channel_receive(struct channel *, void *bytes, size_t size);

/* Says good-bye, if there is anybody to hear it; the socket stays. Harmless for a closed one. */
void channel_close(struct channel *);

#endif
