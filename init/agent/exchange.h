/* SPDX-License-Identifier: Apache-2.0 */
/* A request to a registry, its answer, and what carries the one there and the other back: HTTP over
 * a socket (http.h), or a directory that answers in the same terms (store.h). */
#ifndef INIT_AGENT_EXCHANGE_H
#define INIT_AGENT_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

enum { EXCHANGE_TARGET = 1024, EXCHANGE_BODY = 32768 };

struct exchange_request {
	const char *method; /* NULL, over HTTP: a connection is all that is wanted; status 0 */
	char target[EXCHANGE_TARGET];
	size_t length; /* of the body */
	char body[EXCHANGE_BODY];
};

struct exchange_reply {
	int status; /* of HTTP: RFC 9110, 15 */
	size_t length;
	const char *body; /* its beginning; not terminated */
};

struct exchange {
	/* The request stays the caller's and unchanged until done. timeout in ms. */
	void (*start)(struct exchange *, const struct exchange_request *, int64_t timeout);
	/* The answer has to come within ms, if it has not come by then. */
	void (*hurry)(struct exchange *, int64_t ms);
	/* done will not be called. */
	void (*cancel)(struct exchange *);
	/* The owner's: called exactly once for each start, never from within it. reply is NULL if
	 * there was none, and then why says why. */
	void (*done)(struct exchange *, const struct exchange_reply *, const char *why);
};

#endif
