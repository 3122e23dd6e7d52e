/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "init/control_place.h"
#include "config/memory.h"
#include "init/log.h"
#include "init/loop.h"

enum { NO_ANSWER = 1, NO_SUCH = 1 /* exit statuses */, PREFIX = sizeof("255 ") - 1 };

struct question {
	char line[CONTROL_LINE];
	int64_t deadline; /* loop_now() */
	size_t len;
	char answer[PREFIX + CONTROL_ANSWER + 1];
};

static void ask(struct question *q, enum control_request request, const char *name, bool chosen) {
	unsigned long namespace = chosen ? 0 : control_namespace();

	snprintf(q->line, sizeof(q->line), "%s %lu%s%.*s\n", control_word(request), namespace,
		 name ? " " : "", CONFIG_HEADER, name ? name : "");
	q->deadline = loop_now() + CONTROL_PATIENCE;
}

/* Milliseconds left, at least one: 0 would mean for ever to some. */
static int64_t left(const struct question *q) {
	int64_t ms = q->deadline - loop_now();

	return ms > 0 ? ms : 1;
}

static int open_connection(const struct question *q, const struct sockaddr_un *name) {
	struct timeval limit = { .tv_sec = left(q) / 1000, .tv_usec = left(q) % 1000 * 1000 };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), saved;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (const struct sockaddr *)name, sizeof(*name)) == 0 &&
	    send(fd, q->line, strlen(q->line), MSG_NOSIGNAL) > 0)
		return fd;
	saved = errno == EAGAIN ? ETIMEDOUT : errno;
	close(fd);
	errno = saved;
	return -1;
}

/* Reads to the end. -1 with errno, ETIMEDOUT if that does not come in time. */
static int read_answer(struct question *q, int fd) {
	struct pollfd readable = { .fd = fd, .events = POLLIN };
	ssize_t n = 1;

	q->len = 0;
	while (n > 0 && q->len < sizeof(q->answer) - 1) {
		if (loop_now() >= q->deadline || poll(&readable, 1, (int)left(q)) == 0)
			return errno = ETIMEDOUT, -1;
		n = recv(fd, q->answer + q->len, sizeof(q->answer) - 1 - q->len, MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -1;
		if (n > 0)
			q->len += (size_t)n;
		if (n < 0)
			n = 1;
	}
	q->answer[q->len] = '\0';
	return 0;
}

/* "17 text": 17 and the place of the text; -1 if it is no answer. */
static int read_status(const char *answer, const char **text) {
	size_t digits = strspn(answer, "0123456789");

	if (digits == 0 || digits > 3 || answer[digits] != ' ')
		return -1;
	*text = answer + digits + 1;
	return (int)strtol(answer, NULL, 10);
}

static void print(const char *text) {
	size_t len = strlen(text);

	while (len > 0) {
		ssize_t n = write(STDOUT_FILENO, text, len);

		if (n <= 0 && errno != EINTR)
			return;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
}

static int try(struct question *q, const struct sockaddr_un *name, struct error *e) {
	int fd = open_connection(q, name), result;
	const char *text;

	if (fd < 0)
		return fail(e, "%s: %m", name->sun_path);
	result = read_answer(q, fd);
	if (result < 0)
		(void)fail(e, "%s: no answer: %m", name->sun_path);
	close(fd);
	if (result < 0)
		return -1;
	if (strcmp(q->answer, CONTROL_ELSEWHERE) == 0)
		return fail(e, "%s: belongs to another container", name->sun_path);
	result = read_status(q->answer, &text);
	if (result < 0)
		return fail(e, "%s: closed without an answer", name->sun_path);
	if (result == CONTROL_NO_SUCH) {
		log_error("%.*s", (int)strcspn(text, "\n"), text);
		return NO_SUCH;
	}
	print(text);
	return result;
}

int control_ask(const struct config_control *c, enum control_request request, const char *name) {
	static MEMORY_BULK struct question question;
	struct control_places places;
	struct error e = { 0 };
	int status = -1;

	if (control_place(&places, c, &e) == 0 && places.count == 0)
		(void)fail(&e, "[control] socket is none");
	ask(&question, request, name, places.chosen);
	for (unsigned i = 0; i < places.count && status < 0; i++)
		status = try(&question, &places.names[i], &e);
	if (status >= 0)
		return status;
	log_error("control: no running pintle answers: %s", e.text);
	return NO_ANSWER;
}
