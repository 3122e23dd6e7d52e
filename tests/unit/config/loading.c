/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

static struct config config;
static struct config_report report;

/* A file in memory, at the beginning; 0 or more bytes of text. */
static int memory_file(const char *text, size_t size) {
	int fd = memfd_create("config", 0);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, size, 0), (ssize_t)size);
	return fd;
}

int loading_try(struct loading l) {
	struct config_input input = {
		.environment = (char *const *)(uintptr_t)l.environment,
		.options = l.options,
	};
	char path[64];
	int fd = -1, result;

	if (l.file) {
		fd = memory_file(l.file, l.size ? l.size : strlen(l.file));
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		input.path = path;
	}
	report = (struct config_report){ 0 };
	result = config_load(&config, &input, &report);
	if (fd >= 0)
		(void)close(fd);
	return result;
}

const struct config *loading_must(struct loading l) {
	if (loading_try(l) < 0)
		fail_msg("unexpected: %s", report.text);
	assert_int_equal(report.mistakes, 0);
	return &config;
}

void loading_refuse(struct loading l, const char *first, const char *second) {
	char line[4096];

	if (loading_try(l) == 0)
		fail_msg("accepted: %s", l.file ? l.file : "");
	for (const char *text = report.text; *text;
	     text += strcspn(text, "\n"), text += *text != 0) {
		(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
		if (strstr(line, first) && strstr(line, second))
			return;
	}
	fail_msg("no line with '%s' and '%s' in: %s", first, second, report.text);
}

const struct config *loading_config(void) {
	return &config;
}

const struct config_report *loading_report(void) {
	return &report;
}

static const char *read_back(int fd) {
	static char text[65536];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	assert_true(n >= 0);
	text[n] = '\0';
	(void)close(fd);
	return text;
}

const char *loading_print(void) {
	int fd = memory_file("", 0);

	config_print(&config, fd);
	return read_back(fd);
}

const char *loading_reference(enum config_reference which) {
	int fd = memory_file("", 0);

	config_reference(which, fd);
	return read_back(fd);
}
