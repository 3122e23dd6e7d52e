/* SPDX-License-Identifier: Apache-2.0 */
/* Every answer is fed whole, cut in two at every byte, and byte by byte: the result is the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "init/agent/response.h"

#include <cmocka.h>

static struct response response;
static char body[256];
static size_t body_length;

static void keep(struct response *r, const char *bytes, size_t length) {
	(void)r;
	assert_true(body_length + length < sizeof(body));
	memcpy(body + body_length, bytes, length);
	body_length += length;
	body[body_length] = '\0';
}

static void begin(void) {
	memset(&response, 0xa5, sizeof(response));
	response.body = keep;
	response.limit = 100;
	response.header = NULL;
	body_length = 0;
	body[0] = '\0';
	response_begin(&response);
}

static size_t used;

/* Each part in memory of its own, so that the sanitizer sees a byte too far. */
static enum response_progress feed(const char *bytes, size_t length) {
	char *copy = malloc(length ? length : 1);
	enum response_progress progress;
	size_t n;

	memcpy(copy, bytes, length);
	progress = response_feed(&response, copy, length, &n);
	free(copy);
	used += n;
	return progress;
}

/* cut = 0: byte by byte. */
static enum response_progress run(const char *bytes, size_t length, size_t cut, bool close) {
	enum response_progress progress = RESPONSE_MORE;
	size_t from = 0;

	begin();
	used = 0;
	while (from < length && progress == RESPONSE_MORE) {
		size_t to = cut == 0 ? from + 1 : from < cut ? cut : length;

		progress = feed(bytes + from, to - from);
		from = to;
	}
	if (progress == RESPONSE_MORE && close)
		progress = response_end(&response);
	return progress;
}

static const struct {
	const char *bytes;
	bool close; /* the peer closes at the end */
	int status;
	const char *body;
	bool keep;
	size_t rest; /* bytes that do not belong to it any more */
} good[] = {
	{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, 200, "", true, 0 },
	{ "HTTP/1.1 200 OK\r\nVary: Accept-Encoding\r\ncontent-length:\t5 \r\n\r\nhello", false,
	  200, "hello", true, 0 },
	{ "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP", false, 200, "hello", true, 4 },
	{ "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 52\r\n"
	  "Content-Type: text/plain; charset=utf-8\r\n\r\n"
	  "CheckID \"service:web-1\" does not have associated TTL",
	  false, 500, "CheckID \"service:web-1\" does not have associated TTL", true, 0 },
	{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	  "5\r\nhello\r\n1;a=b;c=\"d\"\r\n \r\n05 \r\nworld\r\n0\r\n\r\n",
	  false, 200, "hello world", true, 0 },
	{ "HTTP/1.1 404 Not Found\r\nTrailer: Grpc-Trailer-Content-Type\r\n"
	  "Transfer-Encoding: Chunked\r\n\r\na\r\n0123456789\r\n0\r\n"
	  "Grpc-Trailer-Content-Type: application/grpc\r\n\r\n",
	  false, 404, "0123456789", true, 0 },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n"
	  "HTTP/1.1 204 No Content\r\n\r\n",
	  false, 204, "", true, 0 },
	{ "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", false, 304, "", true, 0 },
	{ "HTTP/1.0 200 OK\r\n\r\nuntil the end", true, 200, "until the end", false, 0 },
	{ "HTTP/1.1 200 OK\r\n\r\n", true, 200, "", false, 0 },
	{ "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", false, 200, "hi", false, 0 },
	{ "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi", false, 200,
	  "hi", true, 0 },
	{ "HTTP/1.1 429 Too Many Requests\r\nConnection: foo, close\r\nContent-Length: 2\r\n\r\nhi",
	  false, 429, "hi", false, 0 },
	{ "HTTP/1.1 200\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", false, 200, "x", true,
	  0 },
	{ "HTTP/1.1 200 \r\nX:\r\nContent-Length: 0\r\n\r\n", false, 200, "", true, 0 },
};

static void good_answers_are_read(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		size_t length = strlen(good[i].bytes);

		for (size_t cut = 0; cut <= length; cut++) {
			if (run(good[i].bytes, length, cut, good[i].close) != RESPONSE_COMPLETE)
				fail_msg("%zu, cut at %zu: %s", i, cut, response.why);
			assert_int_equal(response.status, good[i].status);
			assert_string_equal(body, good[i].body);
			assert_int_equal(response.keep, good[i].keep);
			if (cut == length)
				assert_int_equal(length - used, good[i].rest);
		}
	}
}

static const char *const bad[] = {
	"HTTP/2 200 OK\r\n",
	"HTTP/1.2 200 OK\r\n",
	"HTTP/1.1  200 OK\r\n",
	"HTTP/1.1 20 OK\r\n",
	"HTTP/1.1 2000 OK\r\n",
	"HTTP/1.1 099 OK\r\n",
	"HTTP/1.1 600 OK\r\n",
	"HTTP/1.1 101 Switching Protocols\r\n",
	"HTTP/1.1 -20 OK\r\n",
	"SSH-2.0-OpenSSH_9.2\r\n",
	"\r\n",
	"HTTP/1.1 200 OK\n",
	"HTTP/1.1 200 O\rK\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length : 1\r\n",
	"HTTP/1.1 200 OK\r\n Content-Length: 1\r\n",
	"HTTP/1.1 200 OK\r\n: 1\r\n",
	"HTTP/1.1 200 OK\r\nno colon\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: \r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
	"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1x\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\nx",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nno colon\r\n",
};

static void bad_answers_are_refused(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		size_t length = strlen(bad[i]);

		for (size_t cut = 0; cut <= length; cut++) {
			if (run(bad[i], length, cut, false) != RESPONSE_BROKEN)
				fail_msg("'%s', cut at %zu, was taken", bad[i], cut);
			assert_non_null(response.why);
		}
	}
}

static void a_nul_is_refused(void **state) {
	static const char bytes[] = "HTTP/1.1 200 OK\r\nX: a\0b\r\n";

	(void)state;
	assert_int_equal(run(bytes, sizeof(bytes) - 1, 0, false), RESPONSE_BROKEN);
}

/* Cut off anywhere before its end an answer is never complete. */
static void half_an_answer_is_none(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		size_t length = strlen(good[i].bytes) - good[i].rest;

		for (size_t n = 0; n < length && !good[i].close; n++)
			assert_int_equal(run(good[i].bytes, n, 0, true), RESPONSE_BROKEN);
	}
}

static enum response_progress repeat(const char *start, const char *piece, unsigned times) {
	enum response_progress progress;

	begin();
	progress = feed(start, strlen(start));
	while (progress == RESPONSE_MORE && times--)
		progress = feed(piece, strlen(piece));
	return progress;
}

static void nothing_grows_without_end(void **state) {
	(void)state;
	assert_int_equal(repeat("HTTP/1.1 200 OK\r\n", "X-Header: 0123456789\r\n", 10000),
			 RESPONSE_BROKEN);
	assert_int_equal(repeat("HTTP/1.1 200 OK\r\n", "X", 10000), RESPONSE_BROKEN);
	assert_int_equal(repeat("", "HTTP/1.1 100 Continue\r\n\r\n", 10000), RESPONSE_BROKEN);
	assert_int_equal(repeat("HTTP/1.0 200 OK\r\n\r\n", "0123456789", 11), RESPONSE_BROKEN);
	assert_int_equal(repeat("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
				"a\r\n0123456789\r\n", 11),
			 RESPONSE_BROKEN);
	assert_int_equal(
		repeat("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", "x", 10000),
		RESPONSE_BROKEN);
	assert_int_equal(repeat("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
				"X: y\r\n", 10000),
			 RESPONSE_BROKEN);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_answers_are_read),
		cmocka_unit_test(bad_answers_are_refused),
		cmocka_unit_test(a_nul_is_refused),
		cmocka_unit_test(half_an_answer_is_none),
		cmocka_unit_test(nothing_grows_without_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
