/* SPDX-License-Identifier: Apache-2.0 */
#include "init/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "init/json.h"

enum { NOTICE = CONFIG_LOG_DEBUG + 1 };

static const char *const words[] = {
	[CONFIG_LOG_ERROR] = "error", [CONFIG_LOG_WARN] = "warning", [CONFIG_LOG_INFO] = "info",
	[CONFIG_LOG_DEBUG] = "debug", [NOTICE] = "notice",
};

static enum config_level level = CONFIG_LOG_WARN;
static enum config_format format = CONFIG_TEXT;
static unsigned long dropped;

void log_init(const struct config_log *c) {
	level = c->level;
	format = c->format;
}

unsigned long log_dropped(void) {
	return dropped;
}

/* Not every file can be written with RWF_NOWAIT (a terminal can't), and some refuse although there
 * is room (XFS, where the file has to grow): there poll says whether there is, which for a line of
 * at most PIPE_BUF means that the write will not block. */
static ssize_t write_at_once(const char *line, size_t len) {
	struct iovec part = { .iov_base = (char *)line, .iov_len = len };
	struct pollfd room = { .fd = STDERR_FILENO, .events = POLLOUT };
	ssize_t n = pwritev2(STDERR_FILENO, &part, 1, -1, RWF_NOWAIT);

	if (n >= 0 ||
	    (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL && errno != EAGAIN))
		return n;
	if (poll(&room, 1, 0) != 1 || !(room.revents & POLLOUT))
		return -1;
	return write(STDERR_FILENO, line, len);
}

static size_t as_json(char *line, size_t size, int severity, char *text) {
	static const char end[] = "\"}\n";
	size_t len = (size_t)snprintf(
		line, size, "{\"level\":\"%s\",\"name\":\"pintle\",\"msg\":\"", words[severity]);

	json_escape(text, line + len, size - len - sizeof(end));
	len += strlen(line + len);
	memcpy(line + len, end, sizeof(end));
	return len + sizeof(end) - 1;
}

/* A control character in somebody's name must not make a second line of it, nor colour it. */
static void make_printable(char *text) {
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

/* The life's ordinary lines carry no word for their level: there is nothing to be alarmed about. */
static size_t as_text(char *line, size_t size, int severity, char *text) {
	const char *word = severity == NOTICE || severity == CONFIG_LOG_INFO ? "" : words[severity];
	size_t len;
	int n;

	make_printable(text);
	n = snprintf(line, size - 1, "pintle: %s%s%s", word, *word ? ": " : "", text);
	len = (size_t)n < size - 1 ? (size_t)n : size - 2;
	line[len] = '\n';
	return len + 1;
}

static void print(int severity, const char *message, va_list arguments) {
	char text[PIPE_BUF], line[PIPE_BUF];
	int saved = errno;
	size_t len;

	vsnprintf(text, sizeof(text), message, arguments);
	len = (format == CONFIG_JSON ? as_json : as_text)(line, sizeof(line), severity, text);
	if (write_at_once(line, len) != (ssize_t)len)
		dropped++;
	errno = saved;
}

void log_error(const char *message, ...) {
	va_list arguments;

	va_start(arguments, message);
	print(CONFIG_LOG_ERROR, message, arguments);
	va_end(arguments);
}

void log_warn(const char *message, ...) {
	va_list arguments;

	if (level < CONFIG_LOG_WARN)
		return;
	va_start(arguments, message);
	print(CONFIG_LOG_WARN, message, arguments);
	va_end(arguments);
}

void log_notice(const char *message, ...) {
	va_list arguments;

	if (level < CONFIG_LOG_WARN)
		return;
	va_start(arguments, message);
	print(NOTICE, message, arguments);
	va_end(arguments);
}

void log_info(const char *message, ...) {
	va_list arguments;

	if (level < CONFIG_LOG_INFO)
		return;
	va_start(arguments, message);
	print(CONFIG_LOG_INFO, message, arguments);
	va_end(arguments);
}

void log_debug(const char *message, ...) {
	va_list arguments;

	if (level < CONFIG_LOG_DEBUG)
		return;
	va_start(arguments, message);
	print(CONFIG_LOG_DEBUG, message, arguments);
	va_end(arguments);
}
