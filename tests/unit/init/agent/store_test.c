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

#include "init/agent/store.h"

#include <cmocka.h>

static char folder[] = "/tmp/store_test.XXXXXX";
static char path[128];
static struct endpoint endpoint;
static struct store store;
static struct exchange_request request;
static int status;
static unsigned answers;

static void done(struct exchange *x, const struct exchange_reply *reply, const char *why) {
	(void)x, (void)why;
	assert_non_null(reply);
	status = reply->status;
	answers++;
	loop_stop();
}

static int set_up(void **state) {
	struct error e = { 0 };

	(void)state;
	if (!mkdtemp(folder) || loop_init() < 0 || endpoint_directory(&endpoint, folder, &e) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/web@1.json", folder);
	store_init(&store, &endpoint);
	store.exchange.done = done;
	return 0;
}

static int tear_down(void **state) {
	(void)state;
	return rmdir(folder);
}

static int perform(const char *method, const char *body) {
	request.method = method;
	snprintf(request.target, sizeof(request.target), "web@1.json");
	request.length = strlen(body);
	memcpy(request.body, body, request.length);
	answers = 0;
	store.exchange.start(&store.exchange, &request, 1000);
	assert_int_equal(answers, 0); /* never from within start */
	loop_run();
	assert_int_equal(answers, 1);
	return status;
}

static void assert_content(const char *text) {
	char got[64];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, got, sizeof(got));

	close(fd);
	assert_int_equal(n, strlen(text));
	assert_memory_equal(got, text, n);
}

static void an_entry_lives(void **state) {
	struct stat before, after;
	struct timespec old[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };

	(void)state;
	umask(022);
	assert_int_equal(perform("POST", ""), 404);
	assert_int_equal(perform("DELETE", ""), 404);
	assert_int_equal(perform("PUT", "first"), 200);
	assert_content("first");
	assert_int_equal(perform("PUT", "second"), 200);
	assert_content("second");
	utimensat(AT_FDCWD, path, old, 0);
	stat(path, &before);
	assert_int_equal(perform("POST", ""), 200);
	stat(path, &after);
	assert_true(after.st_mtime > before.st_mtime + 1000);
	assert_int_equal(after.st_mode & 0777, 0644);
	assert_int_equal(perform("DELETE", ""), 200);
	assert_int_equal(access(path, F_OK), -1);
}

/* What an agent left that was killed, or a link that somebody laid in the way. */
static void a_temporary_file_in_the_way_is_no_obstacle(void **state) {
	char temporary[160], victim[160];
	struct stat after;

	(void)state;
	snprintf(temporary, sizeof(temporary), "%s/.web@1.json.new", folder);
	snprintf(victim, sizeof(victim), "%s/victim", folder);
	close(open(victim, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(truncate(victim, 7), 0);
	assert_int_equal(symlink(victim, temporary), 0);
	assert_int_equal(perform("PUT", "mine"), 200);
	assert_content("mine");
	assert_int_equal(access(temporary, F_OK), -1);
	assert_int_equal(stat(victim, &after), 0);
	assert_int_equal(after.st_size, 7);
	unlink(path);
	unlink(victim);
}

static void failures_have_a_status(void **state) {
	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(perform("PUT", "x"), 500);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(perform("PATCH", "x"), 500);
	snprintf(endpoint.path, sizeof(endpoint.path), "%s/nowhere", folder);
	assert_int_equal(perform("PUT", "x"), 404);
	snprintf(endpoint.path, sizeof(endpoint.path), "%s", folder);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_entry_lives),
		cmocka_unit_test(a_temporary_file_in_the_way_is_no_obstacle),
		cmocka_unit_test(failures_have_a_status),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
