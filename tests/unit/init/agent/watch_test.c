/* SPDX-License-Identifier: Apache-2.0 */
/* What is believed, and when: with a real directory under the real loop. */
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
#include <sys/wait.h>
#include <unistd.h>

#include "init/agent/watch.h"
#include "init/log.h"
#include "init/loop.h"
#include "tests/unit/config/loading.h"

#include <cmocka.h>

enum { PATIENCE = 30000 /* ms */, MANY = 300 };

#define HEAD "[discovery]\nregistry = file\n[watch rng]\n"

static char folder[] = "/tmp/pintle-watch-test-XXXXXX";
static struct registry_access access_found;
static struct message_belief beliefs[2];

/* What PID 1 was told. */
static struct message_list lists[MANY];
static unsigned parts, last_items, full_for, changes;
static bool current[2], takes; /* it says at once that it has taken a list */
static int64_t changed_at;

static int tell(const struct message_list *m, unsigned items) {
	if (full_for) {
		full_for--;
		return -1;
	}
	if (m->head.kind == MESSAGE_WATCH) {
		current[m->head.index] = m->head.state;
		return 0;
	}
	last_items = items;
	lists[parts++ % MANY] = *m;
	return 0;
}

static void changed(unsigned watch) {
	(void)watch;
	changes++;
	changed_at = loop_now();
}

/* ---- the loop ---- */

static bool (*wanted)(void);
static int64_t deadline;
static bool late;

static void look(struct loop_timer *t) {
	if (takes && parts && lists[(parts - 1) % MANY].head.state)
		watch_taken();
	late = loop_now() > deadline;
	if (late || wanted())
		loop_stop();
	else
		loop_arm(t, 1);
}

static void await(bool (*condition)(void)) {
	static struct loop_timer timer;

	timer = (struct loop_timer){ .fire = look };
	wanted = condition;
	deadline = loop_now() + PATIENCE;
	loop_arm(&timer, 0);
	loop_run();
	assert_false(late);
}

static int64_t until;

static bool is_later(void) {
	return loop_now() >= until;
}

static void pass(int ms) {
	until = loop_now() + ms;
	await(is_later);
}

static unsigned number;

static bool has_that_many(void) {
	const struct instances *l = watch_list(0);

	return l && l->count == number;
}

static void await_count(unsigned n) {
	number = n;
	await(has_that_many);
}

static bool is_current(void) {
	return current[0];
}

static bool is_stale(void) {
	return !current[0];
}

static bool was_told(void) {
	return parts >= number;
}

static void await_parts(unsigned n) {
	number = n;
	await(was_told);
}

/* ---- the directory ---- */

static void write_file(const char *name, const char *text) {
	char path[256], temporary[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s.json", folder, name);
	snprintf(temporary, sizeof(temporary), "%s/.new", folder);
	fd = open(temporary, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	assert_int_equal(rename(temporary, path), 0);
}

static void add(unsigned n, int ttl) {
	char name[32], text[256];

	snprintf(name, sizeof(name), "rng@%03u", n);
	snprintf(text, sizeof(text),
		 "{\"id\":\"%03u\",\"address\":\"10.0.0.%u\",\"port\":%u,\"state\":\"passing\","
		 "\"ttl\":%d}",
		 n, n % 250, 1000 + n, ttl);
	write_file(name, text);
}

static void take_out(unsigned n) {
	char path[256];

	snprintf(path, sizeof(path), "%s/rng@%03u.json", folder, n);
	assert_int_equal(unlink(path), 0);
}

static void clear(void) {
	char path[256];

	for (unsigned n = 0; n < MANY; n++) {
		snprintf(path, sizeof(path), "%s/rng@%03u.json", folder, n);
		(void)unlink(path);
	}
}

static void begin(const char *file) {
	struct watch_setup setup = {
		.config = loading_must((struct loading){ .file = file }),
		.registry = &registry_file,
		.access = &access_found,
		.beliefs = beliefs,
		.tell = tell,
		.changed = changed,
	};
	struct error e = { 0 };

	parts = changes = full_for = 0;
	current[0] = false;
	takes = true;
	assert_int_equal(endpoint_directory(&access_found.endpoint, folder, &e), 0);
	watch_init(&setup);
}

/* ---- tests ---- */

static void nothing_is_known_before_an_answer(void) {
	begin(HEAD);
	assert_null(watch_list(0));
	await(is_current);
	await_count(0);
	assert_int_equal(changes, 1);
	await_parts(1);
	assert_int_equal(parts, 1);
	assert_int_equal(lists[0].total, 0);
	assert_int_equal(lists[0].head.state, 1);
	assert_int_equal(last_items, 0);
}

static void changes_are_told(void) {
	struct instance one;

	add(1, 60000);
	begin(HEAD "debounce = 0\n");
	await_count(1);
	add(2, 60000);
	await_count(2);
	take_out(1);
	await_count(1);
	instances_view(watch_list(0), 0, &one);
	assert_string_equal(one.id, "002");
	await_parts(3);
	assert_int_equal(changes, 3);
	assert_string_equal(lists[2].items[0].host, "10.0.0.2");
	assert_int_equal(lists[2].items[0].port, 1002);
	assert_true(lists[0].digest != lists[2].digest);
	add(2, 60000); /* the same again */
	add(3, 0); /* dead from the beginning */
	pass(100);
	assert_int_equal(changes, 3);
}

static void long_lists_come_in_parts(void) {
	for (unsigned n = 0; n < MANY; n++)
		add(n, 60000);
	begin(HEAD "[watch other]\nservice = rng\n");
	takes = false;
	await_parts(MESSAGE_INSTANCES / MESSAGE_ITEMS);
	pass(50);
	assert_int_equal(parts, MESSAGE_INSTANCES / MESSAGE_ITEMS); /* the other list waits */
	for (unsigned i = 0; i < parts; i++) {
		assert_int_equal(lists[i].head.index, 0);
		assert_int_equal(lists[i].head.detail, i * MESSAGE_ITEMS);
		assert_int_equal(lists[i].head.state, i == parts - 1);
		assert_int_equal(lists[i].total, MANY);
		assert_int_equal(lists[i].items[MESSAGE_ITEMS - 1].port,
				 1000 + (i + 1) * MESSAGE_ITEMS - 1);
	}
	full_for = 1; /* and once there is no room */
	watch_taken();
	await_parts(2 * MESSAGE_INSTANCES / MESSAGE_ITEMS);
	assert_int_equal(lists[parts - 1].head.index, 1);
	assert_true(lists[parts - 1].digest == lists[0].digest);
	watch_taken();
}

/* An agent that was started again. */
static void what_is_known_already_is_not_told(void) {
	add(1, 60000);
	begin(HEAD "debounce = 0\n");
	await_parts(1);
	beliefs[0] = (struct message_belief){ true, lists[0].total, lists[0].digest };
	begin(HEAD "debounce = 0\n");
	await_count(1);
	assert_int_equal(changes, 1); /* its own part is to know */
	pass(50);
	assert_int_equal(parts, 0);
	add(2, 60000);
	await_parts(1);
	assert_int_equal(lists[0].total, 2);
}

static void an_empty_list_has_to_last(void) {
	int64_t since;

	add(1, 60000);
	begin(HEAD "debounce = 0\nempty-after = 200ms\n");
	await_count(1);
	for (int i = 0; i < 3; i++) {
		take_out(1);
		pass(100);
		add(1, 60000);
		pass(60);
	}
	assert_int_equal(changes, 1);
	take_out(1);
	since = loop_now();
	await_count(0);
	assert_true(changed_at - since >= 190);
	/* What was known before this agent was started counts as well. */
	beliefs[0] = (struct message_belief){ true, 1, 7 };
	begin(HEAD "debounce = 0\nempty-after = 200ms\n");
	await(is_current);
	assert_null(watch_list(0));
	since = loop_now();
	await_count(0);
	assert_true(changed_at - since >= 150);
}

static void changes_come_together(void) {
	int64_t first;

	add(0, 60000);
	begin(HEAD "debounce = 300ms\n");
	await_count(1);
	pass(350);
	add(1, 60000); /* after some quiet: at once */
	first = loop_now();
	await_count(2);
	assert_true(changed_at - first < 250);
	first = changed_at;
	for (unsigned n = 2; n < 8; n++) {
		add(n, 60000);
		pass(30);
	}
	await_count(8);
	assert_int_equal(changes, 3);
	assert_true(changed_at - first >= 290);
}

static void a_splay_is_drawn(void) {
	add(0, 60000);
	begin(HEAD "debounce = 0\nsplay = 1h\n");
	await_count(1); /* what the start may wait for comes at once */
	add(1, 60000);
	pass(150);
	assert_int_equal(changes, 1);
}

static void what_has_no_heartbeat_is_dead_until_it_has(void) {
	char path[256];

	add(1, 60000);
	add(2, 300);
	begin(HEAD "debounce = 0\n");
	await_count(2);
	await_count(1);
	snprintf(path, sizeof(path), "%s/rng@002.json", folder);
	assert_int_equal(utimensat(AT_FDCWD, path, NULL, 0), 0);
	await_count(2);
	await_count(1);
}

static void a_directory_that_fails_changes_nothing(void) {
	char gone[64];

	snprintf(gone, sizeof(gone), "%s-gone", folder);
	add(1, 60000);
	begin(HEAD "debounce = 0\nempty-after = 0\n");
	await_count(1);
	assert_int_equal(rename(folder, gone), 0);
	await(is_stale);
	assert_int_equal(watch_list(0)->count, 1);
	assert_int_equal(rename(gone, folder), 0);
	await(is_current);
	assert_int_equal(changes, 1);
	add(2, 60000);
	await_count(2);
}

static const struct test {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "nothing_is_known_before_an_answer", nothing_is_known_before_an_answer },
	{ "changes_are_told", changes_are_told },
	{ "long_lists_come_in_parts", long_lists_come_in_parts },
	{ "what_is_known_already_is_not_told", what_is_known_already_is_not_told },
	{ "an_empty_list_has_to_last", an_empty_list_has_to_last },
	{ "changes_come_together", changes_come_together },
	{ "a_splay_is_drawn", a_splay_is_drawn },
	{ "what_has_no_heartbeat_is_dead_until_it_has",
	  what_has_no_heartbeat_is_dead_until_it_has },
	{ "a_directory_that_fails_changes_nothing", a_directory_that_fails_changes_nothing },
};

/* As an agent, each has a process of its own, in which nothing was watched before. */
static void run_in_a_process(void **state) {
	const struct test *test = *state;
	int status;
	pid_t pid;

	clear();
	memset(beliefs, 0, sizeof(beliefs));
	pid = fork();
	if (pid == 0) {
		assert_int_equal(loop_init(), 0);
		test->run();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void) {
	enum { TESTS = sizeof(tests) / sizeof(*tests) };
	const struct config_log only_errors = { .level = CONFIG_LOG_ERROR };
	struct CMUnitTest rows[TESTS];
	int result;

	for (size_t i = 0; i < TESTS; i++)
		rows[i] = (struct CMUnitTest){ .name = tests[i].name,
					       .test_func = run_in_a_process,
					       .initial_state = (void *)(uintptr_t)&tests[i] };
	log_init(&only_errors);
	if (!mkdtemp(folder))
		return 1;
	result = cmocka_run_group_tests(rows, NULL, NULL);
	clear();
	(void)rmdir(folder);
	return result;
}
