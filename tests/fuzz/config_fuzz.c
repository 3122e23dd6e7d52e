/* SPDX-License-Identifier: Apache-2.0 */
/* A file, an environment and options, made of one input: three parts with \xff between them, and
 * \xfe between the entries of the last two. What loads without a mistake is printed, and has to
 * load again from what was printed. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"

enum { ENTRIES = 16, BYTES = 16384 };

static struct config config;
static struct config_report report;
static char path[64], again[64];
static int file, printed;

static void write_whole(int fd, const char *text, size_t len) {
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, len, 0) != (ssize_t)len)
		abort();
}

/* The end of the part; the part itself gets a NUL there. */
static char *cut(char *text, char *end, char at) {
	char *found = memchr(text, at, (size_t)(end - text));

	if (found)
		*found = '\0';
	return found ? found + 1 : end;
}

static void split(char *text, char *end, char *entries[static ENTRIES + 1]) {
	size_t count = 0;

	while (text < end && count < ENTRIES) {
		entries[count++] = text;
		text = cut(text, end, '\xfe');
	}
	entries[count] = NULL;
}

static const char *lookup(void *context, const char *name) {
	(void)context;
	return strcmp(name, "PORT") == 0 ? "8080" : NULL;
}

static void expand_all(void) {
	char text[256];
	struct error e = { 0 };

	for (const struct config_pair *p = config.env; p; p = p->head.next)
		if (p->value)
			(void)config_expand(p->value, lookup, NULL, text, sizeof(text), &e);
}

/* The origins stand behind the settings, from the last tab of a line on. */
static void cut_origins(void) {
	static char text[1 << 20];
	ssize_t n = pread(printed, text, sizeof(text), 0);
	char *to = text;

	for (char *line = text, *end; line < text + n; line = end + 1) {
		char *tab;

		end = memchr(line, '\n', (size_t)(text + n - line));
		if (!end)
			abort();
		tab = memrchr(line, '\t', (size_t)(end - line));
		memmove(to, line, (size_t)((tab ? tab : end) - line));
		to += (tab ? tab : end) - line;
		*to++ = '\n';
	}
	write_whole(printed, text, (size_t)(to - text));
}

/* Secrets are not printed, so what was read of them can't be the same. */
static void load_again(void) {
	struct config_input input = { .path = again };

	if (ftruncate(printed, 0) < 0 || lseek(printed, 0, SEEK_SET) < 0)
		abort();
	config_print(&config, printed);
	cut_origins();
	if (config_load(&config, &input, &report) < 0) {
		fprintf(stderr, "printed, but not accepted:\n%s", report.text);
		abort();
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
	(void)argc;
	(void)argv;
	file = memfd_create("file", 0);
	printed = memfd_create("printed", 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	(void)snprintf(again, sizeof(again), "/proc/self/fd/%d", printed);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static char bytes[BYTES + 1];
	char *environment[ENTRIES + 1], *options[ENTRIES + 1];
	char *end = bytes + (size < BYTES ? size : BYTES), *second, *third;
	struct config_input input = { .path = path, .environment = environment };

	memcpy(bytes, data, (size_t)(end - bytes));
	*end = '\0';
	second = cut(bytes, end, '\xff');
	third = cut(second, end, '\xff');
	write_whole(file, bytes, (size_t)((second < end ? second - 1 : end) - bytes));
	split(second, third, environment);
	split(third, end, options);
	input.options = (const char *const *)options;
	if (config_load(&config, &input, &report) < 0) {
		if (report.mistakes == 0 || report.len == 0 || report.len >= sizeof(report.text))
			abort();
		return 0;
	}
	for (size_t i = 0; environment[i]; i++)
		(void)config_is_ours(environment[i]);
	expand_all();
	load_again();
	return 0;
}
