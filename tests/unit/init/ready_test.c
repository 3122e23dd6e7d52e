/* SPDX-License-Identifier: Apache-2.0 */
/* With real sockets in a network namespace of the test's own; what checks find is the system tests'
 * business. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "init/environment.h"
#include "init/loop.h"
#include "init/notify.h"
#include "init/ready.h"

#include <cmocka.h>

enum { PATIENCE = 30 };

static struct config config;
static struct config_port port_configs[2];
static struct port_list ports;
static struct loop_timer end;
static unsigned became;
static int log_pipe[2];
static char *inherited[] = { "A=b", NULL, NULL };

static void tell(void) {
	became++;
	loop_stop();
}

static void over(struct loop_timer *t) {
	(void)t;
	loop_stop();
}

static int own_network(void **state) {
	(void)state;
	alarm(PATIENCE);
	end.fire = over;
	if (pipe2(log_pipe, O_NONBLOCK) < 0)
		return -1;
	return unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0;
}

static int set_up(void **state) {
	struct error e = { 0 };

	(void)state;
	became = 0;
	memset(&config, 0, sizeof(config));
	config.app.ready_timeout = CONFIG_NONE;
	ports.count = 0;
	inherited[1] = NULL;
	return environment_copy(inherited, true, &e);
}

static int tear_down(void **state) {
	(void)state;
	ready_cancel();
	return 0;
}

static void begin(enum config_ready how) {
	struct error e = { 0 };

	config.app.ready = how;
	assert_int_equal(ready_prepare(&config, &ports, &e), 0);
	ready_begin(tell);
}

static unsigned became_within(int64_t ms) {
	became = 0;
	loop_arm(&end, ms);
	loop_run();
	loop_disarm(&end);
	return became;
}

static void a_plain_init_does_not_wait(void **state) {
	(void)state;
	ready_begin(tell);
	assert_int_equal(became, 1);
	assert_true(ready_is_due());
	ready_cancel();
	assert_false(ready_is_due());
}

static void started_is_ready(void **state) {
	(void)state;
	begin(CONFIG_READY_STARTED);
	assert_int_equal(became, 1);
	assert_true(ready_is_due());
	assert_null(environment_value("NOTIFY_SOCKET"));
}

static void add_port(uint16_t number, enum config_protocol protocol) {
	port_configs[ports.count] = (struct config_port){ .protocol = protocol };
	ports.items[ports.count] =
		(struct port){ .config = &port_configs[ports.count], .number = number };
	ports.count++;
}

static int bind_to(uint16_t number, int type) {
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(number) };
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void each_port_has_to_be_served(void **state) {
	int tcp, udp;

	(void)state;
	add_port(8001, CONFIG_TCP);
	add_port(8002, CONFIG_UDP);
	begin(CONFIG_READY_PORT);
	assert_int_equal(became_within(100), 0);
	tcp = bind_to(8001, SOCK_STREAM);
	udp = bind_to(8002, SOCK_DGRAM);
	assert_int_equal(became_within(600), 0); /* bound is not yet listened on */
	assert_false(ready_is_due());
	assert_int_equal(listen(tcp, 1), 0);
	assert_int_equal(became_within(5000), 1);
	assert_true(ready_is_due());
	close(tcp);
	close(udp);
	assert_int_equal(became_within(300), 0); /* never looked at again */
	ready_cancel();
	ready_begin(tell);
	assert_int_equal(became_within(300), 0);
}

static void say(const char *text) {
	const char *name = environment_value("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path + 1, name + 1, strlen(name + 1));
	assert_int_equal(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&address, size),
			 strlen(text));
	close(fd);
}

static void ready_is_what_it_says(void **state) {
	(void)state;
	begin(CONFIG_READY_NOTIFY);
	say("STATUS=loading");
	assert_int_equal(became_within(50), 0);
	say("READY=1");
	assert_int_equal(became_within(5000), 1);
	say("READY=1");
	assert_int_equal(became_within(50), 0); /* once is enough */
}

/* The program may run for a while before we hear of it. */
static void it_may_say_so_early(void **state) {
	struct error e = { 0 };

	(void)state;
	config.app.ready = CONFIG_READY_NOTIFY;
	assert_int_equal(ready_prepare(&config, &ports, &e), 0);
	say("READY=1");
	ready_begin(tell);
	assert_int_equal(became_within(5000), 1);
	ready_cancel();
	say("READY=1");
	assert_int_equal(became_within(50), 0);
	ready_begin(tell);
	assert_true(became == 1 || became_within(5000) == 1);
}

/* What the one before said last does not count for the next one. */
static void what_one_said_does_not_count_for_the_next(void **state) {
	(void)state;
	begin(CONFIG_READY_NOTIFY);
	say("READY=1");
	ready_cancel();
	ready_begin(tell);
	assert_int_equal(became_within(100), 0);
	say("READY=1");
	assert_int_equal(became_within(5000), 1);
	ready_cancel();
	ready_begin(tell);
	assert_int_equal(became_within(100), 0);
}

static void who_started_us_is_told(void **state) {
	struct error e = { 0 };
	char variable[NOTIFY_NAME + 16], got[64] = "", name[] = "starter";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)state;
	memcpy(address.sun_path + 1, name, strlen(name));
	assert_int_equal(
		bind(fd, (struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))),
		0);
	snprintf(variable, sizeof(variable), "NOTIFY_SOCKET=@%s", name);
	inherited[1] = variable;
	assert_int_equal(environment_copy(inherited, true, &e), 0);
	begin(CONFIG_READY_STARTED);
	assert_string_equal(environment_value("NOTIFY_SOCKET"), "@starter");
	assert_int_equal(recv(fd, got, sizeof(got), 0), -1);
	ready_cancel();
	begin(CONFIG_READY_NOTIFY);
	assert_string_not_equal(environment_value("NOTIFY_SOCKET"), "@starter");
	say("READY=1\nMAINPID=7");
	assert_int_equal(became_within(5000), 1);
	assert_int_equal(recv(fd, got, sizeof(got), 0), 7);
	assert_string_equal(got, "READY=1");
	close(fd);
}

static void patience_has_an_end_but_it_is_still_awaited(void **state) {
	char text[1024] = "";
	int before = dup(STDERR_FILENO);

	(void)state;
	config.app.ready_timeout = 30;
	dup2(log_pipe[1], STDERR_FILENO);
	begin(CONFIG_READY_NOTIFY);
	assert_false(ready_is_due());
	assert_int_equal(became_within(200), 0);
	dup2(before, STDERR_FILENO);
	close(before);
	assert_true(read(log_pipe[0], text, sizeof(text) - 1) > 0);
	assert_non_null(strstr(text, "warning: app: not ready when ready-timeout is over"));
	assert_null(strchr(strchr(text, '\n') + 1, '\n'));
	assert_true(ready_is_due());
	say("READY=1");
	assert_int_equal(became_within(5000), 1);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_init_does_not_wait),
		cmocka_unit_test_setup_teardown(started_is_ready, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_port_has_to_be_served, set_up, tear_down),
		cmocka_unit_test_setup_teardown(ready_is_what_it_says, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_may_say_so_early, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_one_said_does_not_count_for_the_next, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(patience_has_an_end_but_it_is_still_awaited, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(who_started_us_is_told, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, own_network, NULL);
}
