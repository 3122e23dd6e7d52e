/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/agent/tls_files.h"

#include <cmocka.h>

static char folder[] = "/tmp/tls_files_test.XXXXXX";
static char file[128], nothing[128];
static int files[TLS_FILES];

static int write_file(const char *path, const char *text, size_t length) {
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ssize_t n = write(fd, text, length);

	close(fd);
	return n == (ssize_t)length ? 0 : -1;
}

static int set_up(void **state) {
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(file, sizeof(file), "%s/file.pem", folder);
	snprintf(nothing, sizeof(nothing), "%s/nothing", folder);
	return write_file(file, "text", 4);
}

static int tear_down(void **state) {
	(void)state;
	unlink(file);
	return rmdir(folder);
}

static void what_is_wanted_is_opened(void **state) {
	struct tls_names names = { .authorities = file, .certificate = file, .key = file };
	struct error e = { 0 };

	(void)state;
	assert_int_equal(tls_files_open(files, &names, &e), 0);
	for (int i = 0; i < TLS_FILES; i++) {
		assert_true(fcntl(files[i], F_GETFD) & FD_CLOEXEC);
		assert_int_equal(fcntl(files[i], F_GETFL) & O_ACCMODE, O_RDONLY);
	}
	tls_files_close(files);
	names = (struct tls_names){ .anyone = true };
	assert_int_equal(tls_files_open(files, &names, &e), 0);
	for (int i = 0; i < TLS_FILES; i++)
		assert_int_equal(files[i], -1);
}

/* The first of the descriptors that were opened before is not left behind. */
static void what_is_missing_is_named(void **state) {
	const struct {
		struct tls_names names;
		const char *says;
	} rows[] = {
		{ { .authorities = nothing }, "No such file" },
		{ { .authorities = "/dev/null" }, "/dev/null: it is no file" },
		{ { .authorities = file, .certificate = file }, "only a certificate" },
		{ { .authorities = file, .key = file }, "only a key" },
		{ { .authorities = file, .certificate = file, .key = nothing }, "/nothing: " },
		{ { .authorities = file, .certificate = folder, .key = file }, "it is no file" },
	};
	int before = dup(0);

	(void)state;
	close(before);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct error e = { 0 };
		int after;

		assert_int_equal(tls_files_open(files, &rows[i].names, &e), -1);
		if (!strstr(e.text, rows[i].says))
			fail_msg("'%s' is not in '%s'", rows[i].says, e.text);
		after = dup(0);
		close(after);
		assert_int_equal(after, before);
	}
}

static void a_directory_becomes_one_file(void **state) {
	struct tls_names names = { .authorities = folder };
	char other[128], deep[128], *text;
	struct error e = { 0 };
	size_t length;

	(void)state;
	snprintf(other, sizeof(other), "%s/other.pem", folder);
	snprintf(deep, sizeof(deep), "%s/deep", folder);
	assert_int_equal(write_file(other, "more", 4), 0);
	assert_int_equal(mkdir(deep, 0700), 0);
	assert_int_equal(tls_files_open(files, &names, &e), 0);
	assert_int_equal(tls_files_gather(&files[TLS_AUTHORITIES]), 0);
	text = tls_files_read(files[TLS_AUTHORITIES], &length);
	assert_non_null(text);
	assert_int_equal(length, 10);
	assert_true(strcmp(text, "text\nmore\n") == 0 || strcmp(text, "more\ntext\n") == 0);
	free(text);
	assert_int_equal(tls_files_gather(&files[TLS_AUTHORITIES]), 0);
	tls_files_close(files);
	assert_int_equal(truncate(other, TLS_FOLDER), 0);
	assert_int_equal(tls_files_open(files, &names, &e), 0);
	assert_int_equal(tls_files_gather(&files[TLS_AUTHORITIES]), -1);
	assert_int_equal(errno, EFBIG);
	tls_files_close(files);
	unlink(other);
	rmdir(deep);
}

static void a_file_is_read_whole_and_again(void **state) {
	static char big[TLS_FILE + 1];
	char *text;
	size_t length;
	int fd;

	(void)state;
	memset(big, 'x', sizeof(big));
	assert_int_equal(write_file(file, big, TLS_FILE), 0);
	fd = open(file, O_RDONLY);
	for (int i = 0; i < 2; i++) {
		text = tls_files_read(fd, &length);
		assert_non_null(text);
		assert_int_equal(length, TLS_FILE);
		assert_int_equal(text[TLS_FILE], '\0');
		free(text);
	}
	assert_int_equal(write_file(file, big, TLS_FILE + 1), 0);
	assert_null(tls_files_read(fd, &length));
	assert_int_equal(errno, EFBIG);
	close(fd);
	assert_null(tls_files_read(-1, &length));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_wanted_is_opened),
		cmocka_unit_test(what_is_missing_is_named),
		cmocka_unit_test(a_directory_becomes_one_file),
		cmocka_unit_test(a_file_is_read_whole_and_again),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
