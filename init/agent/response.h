/* SPDX-License-Identifier: Apache-2.0 */
/* The parser of HTTP/1.1 responses (RFC 9112): strict, incremental, without allocation.
 * What a proxy and we could read differently is an error, and the connection is closed. */
#ifndef INIT_AGENT_RESPONSE_H
#define INIT_AGENT_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RESPONSE_HEAD = 8192, /* bytes of status lines, headers and trailers */
	RESPONSE_LINE = 2048, /* bytes of one of them, or of a chunk's size with its extensions */
};

enum response_progress { RESPONSE_MORE, RESPONSE_COMPLETE, RESPONSE_BROKEN };

enum response_state {
	RESPONSE_STATUS,
	RESPONSE_HEADER,
	RESPONSE_FIXED, /* a body of known length */
	RESPONSE_UNTIL_CLOSE, /* a body that ends with the connection */
	RESPONSE_CHUNK_SIZE,
	RESPONSE_CHUNK,
	RESPONSE_CHUNK_END,
	RESPONSE_TRAILER,
	RESPONSE_OVER,
};

struct response {
	/* The owner's: body gets the decoded bytes as they come; a body of more than limit bytes is
	 * an error. */
	void (*body)(struct response *, const char *bytes, size_t length);
	uint64_t limit;
	void (*header)(struct response *, const char *name, const char *value); /* may be NULL */

	/* Known once the headers are complete. */
	int status;
	bool keep; /* the connection can carry another request */
	const char *why; /* when it is broken */

	/* The parser's own. */
	enum response_state state;
	bool minor; /* HTTP/1.1 */
	bool has_length, chunked, close, keep_alive;
	uint64_t remaining, total;
	size_t head, length;
	char line[RESPONSE_LINE];
};

/* Begins a new response; body and limit stay. */
void response_begin(struct response *);

/* Takes bytes as they come off the socket; used says how many belonged to this response. */
enum response_progress response_feed(struct response *, const char *bytes, size_t length,
				     size_t *used);

/* The peer has closed. */
enum response_progress response_end(struct response *);

#endif
