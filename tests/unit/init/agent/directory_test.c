/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/agent/directory.h"

#include <cmocka.h>

enum { AGENT = 65534 };

static const struct user agent = { .uid = AGENT, .gid = AGENT };
static const struct user other = { .uid = 1000, .gid = 1000 };
static char folder[] = "/tmp/directory_test.XXXXXX";
static char path[128];
static struct error error;

static int set_up(void **state) {
	(void)state;
	memset(&error, 0, sizeof(error));
	strcpy(strrchr(folder, '.') + 1, "XXXXXX");
	if (!mkdtemp(folder) || chmod(folder, 0755) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/a/services", folder);
	return 0;
}

static int tear_down(void **state) {
	char parent[128];

	(void)state;
	snprintf(parent, sizeof(parent), "%s/a", folder);
	rmdir(path);
	rmdir(parent);
	return rmdir(folder);
}

static unsigned mode_of(const char *name) {
	struct stat s;

	return stat(name, &s) < 0 ? 0 : s.st_mode & 07777;
}

static unsigned entries(void) {
	DIR *d = opendir(path);
	unsigned n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void it_is_made_and_opened(void **state) {
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(directory_prepare(path, &agent, &error), 0);
	assert_int_equal(mode_of(path), 01777);
	assert_int_equal(entries(), 0);
	assert_int_equal(directory_prepare(path, &other, &error), 0);
}

static void what_belongs_to_the_agent_stays(void **state) {
	(void)state;
	if (geteuid() != 0)
		skip();
	snprintf(path, sizeof(path), "%s/mine", folder);
	mkdir(path, 0700);
	assert_int_equal(chown(path, AGENT, AGENT), 0);
	assert_int_equal(directory_prepare(path, &agent, &error), 0);
	assert_int_equal(mode_of(path), 0700);
}

/* Somebody else's folder is not thrown open to all. */
static void a_full_one_is_not_opened(void **state) {
	char inside[160];

	(void)state;
	if (geteuid() != 0)
		skip();
	snprintf(path, sizeof(path), "%s/full", folder);
	snprintf(inside, sizeof(inside), "%s/x", path);
	mkdir(path, 0755);
	mkdir(inside, 0755);
	assert_int_equal(directory_prepare(path, &agent, &error), -1);
	assert_non_null(strstr(error.text, "user 65534 can't write there: Permission denied"));
	assert_int_equal(mode_of(path), 0755);
	rmdir(inside);
}

static void a_file_is_no_directory(void **state) {
	(void)state;
	assert_int_equal(directory_prepare("/dev/null", &agent, &error), -1);
	memset(&error, 0, sizeof(error));
	assert_int_equal(directory_prepare("/dev/null/x", &agent, &error), -1);
	assert_non_null(strstr(error.text, "Not a directory"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_made_and_opened, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_belongs_to_the_agent_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_full_one_is_not_opened, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_file_is_no_directory, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
