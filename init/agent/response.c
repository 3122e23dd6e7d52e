/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/response.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static enum response_progress broken(struct response *r, const char *why) {
	r->why = why;
	return RESPONSE_BROKEN;
}

static void reset(struct response *r) {
	r->state = RESPONSE_STATUS;
	r->status = 0;
	r->keep = r->minor = r->has_length = r->chunked = r->close = r->keep_alive = false;
	r->remaining = 0;
	r->length = 0;
}

void response_begin(struct response *r) {
	reset(r);
	r->why = NULL;
	r->total = 0;
	r->head = 0;
}

/* RFC 9112, 4: the reason, and the space before it where there is none, may be missing. */
static enum response_progress take_status(struct response *r, const char *line) {
	static const char version[] = "HTTP/1.";

	if (strncmp(line, version, sizeof(version) - 1) != 0)
		return broken(r, "it does not speak HTTP/1.1");
	line += sizeof(version) - 1;
	if ((line[0] != '0' && line[0] != '1') || line[1] != ' ')
		return broken(r, "it does not speak HTTP/1.1");
	r->minor = line[0] == '1';
	line += 2;
	for (int i = 0; i < 3; i++, line++) {
		if (!isdigit((unsigned char)*line))
			return broken(r, "its status is not a number");
		r->status = r->status * 10 + (*line - '0');
	}
	if ((*line && *line != ' ') || r->status < 100 || r->status > 599)
		return broken(r, "its status is out of range");
	/* 101 is the answer to a question that we never ask (RFC 9110, 15.2.2). */
	if (r->status == 101)
		return broken(r, "it switches protocols");
	r->state = RESPONSE_HEADER;
	return RESPONSE_MORE;
}

/* RFC 9112, 6.3: lengths that contradict each other smuggle. */
static enum response_progress take_length(struct response *r, const char *value) {
	uint64_t n = 0;
	size_t digits = strspn(value, "0123456789");

	if (!digits || digits > 18 || value[digits])
		return broken(r, "its Content-Length is not a number");
	for (; *value; value++)
		n = n * 10 + (uint64_t)(*value - '0');
	if (r->has_length && n != r->remaining)
		return broken(r, "it has two lengths");
	r->has_length = true;
	r->remaining = n;
	return RESPONSE_MORE;
}

static enum response_progress take_coding(struct response *r, const char *value) {
	if (r->chunked || strcasecmp(value, "chunked") != 0)
		return broken(r, "it has a transfer coding other than chunked");
	r->chunked = true;
	return RESPONSE_MORE;
}

static enum response_progress take_connection(struct response *r, const char *value) {
	while (*value) {
		size_t length = strcspn(value, ", \t");

		if (length == 5 && strncasecmp(value, "close", length) == 0)
			r->close = true;
		if (length == 10 && strncasecmp(value, "keep-alive", length) == 0)
			r->keep_alive = true;
		value += length;
		value += strspn(value, ", \t");
	}
	return RESPONSE_MORE;
}

static const struct {
	const char *name;
	enum response_progress (*take)(struct response *, const char *value);
} headers[] = {
	{ "Content-Length", take_length },
	{ "Transfer-Encoding", take_coding },
	{ "Connection", take_connection },
};

/* Splits "Name: value" in place. RFC 9110, 5.6.2: a name is a token; RFC 9112, 5.1: no space before
 * the colon; 5.2: nor at the start of the line, where it would continue the line before. */
static const char *split(char *line) {
	size_t name = 0;
	char *value, *end;

	while (isalnum((unsigned char)line[name]) ||
	       (line[name] && strchr("!#$%&'*+-.^_`|~", line[name])))
		name++;
	if (!name || line[name] != ':')
		return NULL;
	line[name] = 0;
	value = line + name + 1;
	value += strspn(value, " \t");
	end = value + strlen(value);
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*end = 0;
	return value;
}

/* RFC 9112, 6.3, as far as it is about answers to PUT, POST, GET and DELETE. */
static enum response_progress head_over(struct response *r) {
	if (r->status < 200) {
		reset(r);
		return RESPONSE_MORE;
	}
	if (r->chunked && (r->has_length || !r->minor))
		return broken(r, "it is chunked and should not be");
	r->keep = !r->close && (r->minor || r->keep_alive);
	if (r->status == 204 || r->status == 304) {
		r->state = RESPONSE_OVER;
		return RESPONSE_COMPLETE;
	}
	if (r->chunked) {
		r->state = RESPONSE_CHUNK_SIZE;
		return RESPONSE_MORE;
	}
	if (!r->has_length) {
		r->keep = false;
		r->state = RESPONSE_UNTIL_CLOSE;
		return RESPONSE_MORE;
	}
	if (r->remaining > r->limit)
		return broken(r, "its body is too long");
	r->state = r->remaining ? RESPONSE_FIXED : RESPONSE_OVER;
	return r->remaining ? RESPONSE_MORE : RESPONSE_COMPLETE;
}

static enum response_progress take_header(struct response *r, char *line) {
	const char *value;

	if (!*line)
		return head_over(r);
	value = split(line);
	if (!value)
		return broken(r, "a line of its head is no header");
	if (r->header)
		r->header(r, line, value);
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		if (strcasecmp(line, headers[i].name) == 0)
			return headers[i].take(r, value);
	return RESPONSE_MORE;
}

/* Trailers say nothing that we need; that they are well formed shows that we are still in step. */
static enum response_progress take_trailer(struct response *r, char *line) {
	if (*line)
		return split(line) ? RESPONSE_MORE : broken(r, "a trailer is no header");
	r->state = RESPONSE_OVER;
	return RESPONSE_COMPLETE;
}

/* RFC 9112, 7.1: hexadecimal digits, then extensions, which we do not know and ignore. */
static enum response_progress take_chunk_size(struct response *r, const char *line) {
	uint64_t n = 0;
	size_t digits = strspn(line, "0123456789abcdefABCDEF");
	const char *rest = line + digits;

	if (!digits || digits > 15)
		return broken(r, "the size of a chunk is not a number");
	rest += strspn(rest, " \t");
	if (*rest && *rest != ';')
		return broken(r, "the size of a chunk is not a number");
	for (size_t i = 0; i < digits; i++) {
		int c = tolower((unsigned char)line[i]);

		n = n * 16 + (uint64_t)(isdigit(c) ? c - '0' : c - 'a' + 10);
	}
	if (n > r->limit - r->total)
		return broken(r, "its body is too long");
	r->remaining = n;
	r->state = n ? RESPONSE_CHUNK : RESPONSE_TRAILER;
	return RESPONSE_MORE;
}

static enum response_progress line_over(struct response *r) {
	switch (r->state) {
	case RESPONSE_STATUS:
		return take_status(r, r->line);
	case RESPONSE_HEADER:
		return take_header(r, r->line);
	case RESPONSE_TRAILER:
		return take_trailer(r, r->line);
	case RESPONSE_CHUNK_SIZE:
		return take_chunk_size(r, r->line);
	case RESPONSE_CHUNK_END:
		r->state = RESPONSE_CHUNK_SIZE;
		return *r->line ? broken(r, "a chunk is longer than its size") : RESPONSE_MORE;
	case RESPONSE_FIXED:
	case RESPONSE_UNTIL_CLOSE:
	case RESPONSE_CHUNK:
	case RESPONSE_OVER:
		break;
	}
	return broken(r, "a line where there can be none");
}

static bool in_head(const struct response *r) {
	return r->state == RESPONSE_STATUS || r->state == RESPONSE_HEADER ||
	       r->state == RESPONSE_TRAILER;
}

/* Takes bytes up to the end of a line. RFC 9112, 2.2 lets us insist on CRLF, and a bare CR or a NUL
 * is never right. */
static enum response_progress feed_line(struct response *r, const char *bytes, size_t length,
					size_t *used) {
	const char *newline = memchr(bytes, '\n', length);
	size_t n = newline ? (size_t)(newline - bytes) + 1 : length;

	*used = n;
	if (in_head(r) && (r->head += n) > RESPONSE_HEAD)
		return broken(r, "its head is too long");
	if (n >= sizeof(r->line) - r->length)
		return broken(r, "a line of it is too long");
	memcpy(r->line + r->length, bytes, n);
	r->length += n;
	if (!newline)
		return RESPONSE_MORE;
	if (r->length < 2 || r->line[r->length - 2] != '\r')
		return broken(r, "a line of it does not end in CRLF");
	r->line[r->length - 2] = 0;
	if (strlen(r->line) != r->length - 2 || strchr(r->line, '\r'))
		return broken(r, "a line of it has a control character");
	r->length = 0;
	return line_over(r);
}

static enum response_progress feed_body(struct response *r, const char *bytes, size_t length,
					size_t *used) {
	uint64_t most = r->state == RESPONSE_UNTIL_CLOSE ? r->limit - r->total : r->remaining;
	size_t n = length < most ? length : (size_t)most;

	if (!n)
		return broken(r, "its body is too long");
	*used = n;
	r->total += n;
	if (r->body)
		r->body(r, bytes, n);
	if (r->state == RESPONSE_UNTIL_CLOSE)
		return RESPONSE_MORE;
	r->remaining -= n;
	if (r->remaining)
		return RESPONSE_MORE;
	r->state = r->state == RESPONSE_CHUNK ? RESPONSE_CHUNK_END : RESPONSE_OVER;
	return r->state == RESPONSE_OVER ? RESPONSE_COMPLETE : RESPONSE_MORE;
}

static bool in_body(const struct response *r) {
	return r->state == RESPONSE_FIXED || r->state == RESPONSE_CHUNK ||
	       r->state == RESPONSE_UNTIL_CLOSE;
}

enum response_progress response_feed(struct response *r, const char *bytes, size_t length,
				     size_t *used) {
	enum response_progress progress = RESPONSE_MORE;

	*used = 0;
	while (progress == RESPONSE_MORE && *used < length) {
		size_t n = 0;

		progress =
			(in_body(r) ? feed_body : feed_line)(r, bytes + *used, length - *used, &n);
		*used += n;
	}
	return progress;
}

enum response_progress response_end(struct response *r) {
	if (r->state != RESPONSE_UNTIL_CLOSE)
		return broken(r, "it closed the connection before its answer was complete");
	r->state = RESPONSE_OVER;
	return RESPONSE_COMPLETE;
}
