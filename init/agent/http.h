/* SPDX-License-Identifier: Apache-2.0 */
/* A client of HTTP/1.1: one kept connection to one endpoint, one request in flight, nothing that
 * blocks. A request that finds its kept connection dead before any byte of the answer is sent once
 * more, at once, over a fresh one: so all requests have to be idempotent. */
#ifndef INIT_AGENT_HTTP_H
#define INIT_AGENT_HTTP_H

#include "init/agent/channel.h"
#include "init/agent/endpoint.h"
#include "init/agent/exchange.h"
#include "init/agent/resolve.h"
#include "init/agent/response.h"
#include "init/loop.h"

enum {
	HTTP_HEAD = 2816, /* bytes of a request before its body */
	HTTP_KEPT = 1280, /* bytes of an answer's body that its owner gets to see: a token */
	HTTP_PIECE = 4096, /* bytes received at once */
	HTTP_BODY = 65536, /* bytes of an answer's body */
	HTTP_CONNECT = 1000, /* ms for one of several addresses */
	HTTP_WHY = 256,
};

enum http_state {
	HTTP_CLOSED,
	HTTP_RESOLVING,
	HTTP_CONNECTING,
	HTTP_GREETING, /* connected, and agreeing on keys */
	HTTP_ASKING, /* sending, and receiving already */
	HTTP_KEEPING, /* connected, nothing to do */
	HTTP_FAILED, /* done is about to be called */
};

struct http {
	struct exchange exchange; /* what its owner uses; set done */
	bool once; /* a connection for each request; the owner's to set after http_init */
	int error; /* errno of why, when done is called without an answer */
	/* Gets all of an answer's body as it comes; the owner's to set after http_init. */
	void (*piece)(struct http *, const char *bytes, size_t length);

	/* Its own. */
	const struct endpoint *endpoint;
	const char *headers;
	enum http_state state;
	struct loop_watch watch;
	struct channel channel;
	struct loop_timer deadline;
	struct loop_timer patience;
	struct resolve resolve;
	unsigned tried; /* of the resolver's addresses */
	const struct exchange_request *request;
	bool reused, heard;
	size_t head_length, sent, kept_length;
	char head[HTTP_HEAD];
	char kept[HTTP_KEPT];
	char why[HTTP_WHY];
	struct response response;
};

/* Of all clients that keep their connection: those of registries. Failures: no answer, or an error.
 */
struct http_counts {
	unsigned long requests, failures;
};
extern struct http_counts http_counts;

/* headers: further header lines, each with its CRLF, sent with each request. Endpoint and headers
 * have to live as long as the client. */
void http_init(struct http *, const struct endpoint *, const char *headers);

/* Between requests: the next one goes to that endpoint, over a fresh connection. */
void http_turn(struct http *, const struct endpoint *);

#endif
