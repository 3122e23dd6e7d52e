/* SPDX-License-Identifier: Apache-2.0 */
/* Real sockets in a network namespace of the test's own; siblings are processes. */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/handover.h"
#include "init/port.h"

/* Last: it makes a macro of fail. */
#include <cmocka.h>

enum { WEB = 8080, SIBLINGS = 100, PATIENCE = 60 };

static struct config config;
static struct config_port ports[3];
static struct port_list list;
static struct error error;

/* Without privileges the namespace belongs to a user namespace of its own. */
static int own_network(void **state) {
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	(void)state;
	alarm(PATIENCE);
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		return -1;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return ioctl(fd, SIOCSIFFLAGS, &lo) == 0 ? close(fd) : -1;
}

static struct config_port *add_port(const char *name) {
	unsigned n = 0;

	while (ports[n].head.name)
		n++;
	ports[n] = (struct config_port){
		.head.name = name,
		.preset = CONFIG_NONE,
		.range = { 20000, 32000 },
	};
	if (n > 0)
		ports[n - 1].head.next = &ports[n];
	config.ports = ports;
	return &ports[n];
}

static int fresh(void **state) {
	(void)state;
	memset(&config, 0, sizeof(config));
	memset(ports, 0, sizeof(ports));
	memset(&error, 0, sizeof(error));
	list.count = 0;
	return 0;
}

static int done(void **state) {
	(void)state;
	port_release(&list);
	return 0;
}

static int resolve(const char *const *environment) {
	error = (struct error){ 0 };
	return port_resolve(&list, &config, (char *const *)environment, &error);
}

enum { PLAIN = 0, REUSE_ADDRESS = 1, REUSE_PORT = 2, V6ONLY = 4, UDP = 8, LISTEN = 16 };

/* A socket as an application makes it; -1 with errno if it can't be bound. */
static int app_socket(int family, bool any, uint16_t port, int how) {
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(family, (how & UDP ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0), on = 1;
	int v6only = (how & V6ONLY) != 0, failed;

	four.sin_addr.s_addr = htonl(any ? INADDR_ANY : INADDR_LOOPBACK);
	six.sin6_addr = any ? in6addr_any : in6addr_loopback;
	assert_true(fd >= 0);
	if (how & REUSE_ADDRESS)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (how & REUSE_PORT)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
	if (family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof(v6only));
	failed = family == AF_INET6 ? bind(fd, (struct sockaddr *)&six, sizeof(six))
				    : bind(fd, (struct sockaddr *)&four, sizeof(four));
	if (!failed && (how & LISTEN))
		failed = listen(fd, 8);
	if (!failed)
		return fd;
	close(fd);
	return -1;
}

static void assert_can(int family, bool any, uint16_t port, int how) {
	int fd = app_socket(family, any, port, how);

	assert_true(fd >= 0);
	close(fd);
}

static void assert_can_not(int family, bool any, uint16_t port, int how) {
	assert_int_equal(app_socket(family, any, port, how), -1);
	assert_int_equal(errno, EADDRINUSE);
}

static void connect_to(int fd, uint16_t port) {
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
}

/* The server closes first, so TIME_WAIT is on its port. */
static void leave_time_wait(uint16_t port, int how) {
	int server = app_socket(AF_INET, true, port, how | LISTEN), accepted;
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char nothing;

	connect_to(client, port);
	accepted = accept(server, NULL, NULL);
	close(accepted);
	close(server);
	assert_int_equal(read(client, &nothing, 1), 0);
	close(client);
	assert_int_equal(app_socket(AF_INET, true, port, PLAIN), -1);
}

static void test_where_the_number_comes_from(void **state) {
	static const struct {
		const char *environment[4];
		unsigned number;
		const char *variable;
	} rows[] = {
		{ { "PORT_WEB_UI=8001", "NOMAD_PORT_web-ui=8002", "PORT=8003" },
		  8001,
		  "PORT_WEB_UI" },
		{ { "PORT=8003", "NOMAD_PORT_web-ui=8002" }, 8002, "NOMAD_PORT_web-ui" },
		{ { "PORT=8003", "NOMAD_PORT_web_ui=8002" }, 8002, "NOMAD_PORT_web_ui" },
		{ { "PORT0=8004", "PORT=8003" }, 8003, "PORT" },
		{ { "PORT0=8004", "PORT1=8005" }, 8004, "PORT0" },
		{ { "PORT_WEB_UI=tcp://10.0.0.11:80", "PORT=8003" }, 8003, "PORT" },
		{ { "PORT_WEB_UI=", "PORT=8003" }, 8003, "PORT" },
		{ { "PORTX=1", "PORT_WEB_UIX=2", "PORT=08003" }, 8003, "PORT" },
		{ { "PORT=65535" }, 65535, "PORT" },
		{ { "UNRELATED=8009" }, 8080, "" },
		{ { NULL }, 8080, "" },
	};

	(void)state;
	add_port("web-ui")->preset = WEB;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(resolve(rows[i].environment), 0);
		assert_int_equal(list.items[0].number, rows[i].number);
		assert_string_equal(list.items[0].variable, rows[i].variable);
		port_release(&list);
	}
}

static void test_the_second_port_reads_port1(void **state) {
	static const char *const environment[] = { "PORT=8003", "PORT0=8004", "PORT1=8005", NULL };

	(void)state;
	add_port("web");
	add_port("admin");
	assert_int_equal(resolve(environment), 0);
	assert_int_equal(port_find(&list, "web")->number, 8003);
	assert_int_equal(port_find(&list, "admin")->number, 8005);
	assert_null(port_find(&list, "other"));
}

static void test_from_names_the_variables(void **state) {
	static const char *const environment[] = { "PORT_WEB=1", "PORT=2", "HTTP=tcp://x:1",
						   "ALT=8006", NULL };
	static struct config_word second = { .text = "ALT" };
	static struct config_word first = { .head.next = &second, .text = "HTTP" };

	(void)state;
	add_port("web")->from = &first;
	assert_int_equal(resolve(environment), 0);
	assert_int_equal(list.items[0].number, 8006);
	assert_string_equal(list.items[0].variable, "ALT");
}

static void test_wrong_values(void **state) {
	static const char *const values[] = { "80a", "-1",   "65536", "99999999999", " 80", "80 ",
					      "+80", "0x50", "Auto",  "8080-8090",   "8.0" };
	char variable[64], wanted[256];
	const char *environment[] = { variable, NULL };

	(void)state;
	add_port("web")->preset = WEB;
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		snprintf(variable, sizeof(variable), "PORT_WEB=%s", values[i]);
		snprintf(wanted, sizeof(wanted),
			 "port web: PORT_WEB: '%s' is not a number from 1 to 65535, nor auto",
			 values[i]);
		assert_int_equal(resolve(environment), -1);
		assert_string_equal(error.text, wanted);
	}
}

static void test_all_mistakes_are_told(void **state) {
	static const char *const environment[] = { "PORT_WEB=x", NULL };

	(void)state;
	add_port("web");
	add_port("admin");
	assert_int_equal(resolve(environment), -1);
	assert_non_null(strstr(error.text, "PORT_WEB: 'x'"));
	assert_non_null(strstr(error.text, "port admin: PORT_ADMIN is not set"));
}

static void test_one_number_twice(void **state) {
	(void)state;
	add_port("web")->preset = WEB;
	add_port("admin")->preset = WEB;
	assert_int_equal(resolve(NULL), -1);
	assert_string_equal(error.text, "port admin: 8080/tcp is that of port web already");
	ports[1].protocol = CONFIG_UDP;
	assert_int_equal(resolve(NULL), 0);
}

static void test_a_fixed_port_is_left_to_the_application(void **state) {
	(void)state;
	add_port("web")->preset = WEB;
	assert_int_equal(resolve(NULL), 0);
	assert_can(AF_INET6, true, WEB, LISTEN);
	assert_can(AF_INET, true, WEB, LISTEN);
}

static void assert_held(uint16_t port) {
	assert_can_not(AF_INET, true, port, PLAIN);
	assert_can_not(AF_INET, false, port, PLAIN);
	assert_can_not(AF_INET6, true, port, PLAIN);
	assert_can_not(AF_INET6, true, port, V6ONLY);
	assert_can_not(AF_INET6, true, port, REUSE_PORT);
	assert_can(AF_INET, true, port, REUSE_ADDRESS | LISTEN);
	assert_can(AF_INET, false, port, REUSE_ADDRESS | LISTEN);
	assert_can(AF_INET6, true, port, REUSE_ADDRESS | LISTEN);
	assert_can(AF_INET6, true, port, REUSE_ADDRESS | V6ONLY | LISTEN);
	assert_can(AF_INET6, false, port, REUSE_ADDRESS | LISTEN);
}

static void test_a_reserved_port_is_held(void **state) {
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(WEB) };

	(void)state;
	add_port("web")->preset = WEB;
	ports[0].reserve = CONFIG_YES;
	assert_int_equal(resolve(NULL), 0);
	assert_held(WEB);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(client, (struct sockaddr *)&to, sizeof(to)), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(client);
	port_release(&list);
	assert_can(AF_INET6, true, WEB, LISTEN);
}

/* While it is held, the application may die and come back over its own TIME_WAIT. */
static void test_an_application_restarts_on_its_held_port(void **state) {
	(void)state;
	add_port("web")->preset = CONFIG_PORT_AUTO;
	assert_int_equal(resolve(NULL), 0);
	leave_time_wait(list.items[0].number, REUSE_ADDRESS);
	assert_held(list.items[0].number);
}

static void test_time_wait_does_not_count(void **state) {
	(void)state;
	add_port("web")->preset = 8101;
	leave_time_wait(8101, REUSE_ADDRESS);
	assert_int_equal(resolve(NULL), 0);
	assert_int_equal(list.items[0].claim.socket, -1);
	port_release(&list);
	ports[0].reserve = CONFIG_YES;
	assert_int_equal(resolve(NULL), 0);
	assert_held(8101);
}

/* Of a server that did not set SO_REUSEADDR: the kernel lets nobody bind, yet nobody listens. */
static void test_stubborn_time_wait_does_not_count(void **state) {
	int output = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	add_port("web")->preset = 8102;
	leave_time_wait(8102, PLAIN);
	dup2(nowhere, STDERR_FILENO); /* it is warned about */
	assert_int_equal(resolve(NULL), 0);
	dup2(output, STDERR_FILENO);
	assert_int_equal(list.items[0].number, 8102);
	port_release(&list);
	ports[0].taken = CONFIG_TAKEN_NEXT;
	assert_int_equal(resolve(NULL), 0);
	assert_int_equal(list.items[0].number, 8103);
	close(output);
	close(nowhere);
}

static void test_taken_by_a_listener(void **state) {
	static const struct {
		int family;
		bool any;
		const char *address;
	} rows[] = {
		{ AF_INET, true, "0.0.0.0" },
		{ AF_INET, false, "127.0.0.1" },
		{ AF_INET6, true, "::" },
		{ AF_INET6, false, "::1" },
	};
	char wanted[256];

	(void)state;
	prctl(PR_SET_NAME, "a (web)\n server");
	add_port("web")->preset = WEB;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int fd = app_socket(rows[i].family, rows[i].any, WEB, REUSE_ADDRESS | LISTEN);

		snprintf(wanted, sizeof(wanted),
			 "port web: 8080/tcp is taken on %s by pid %d (a (web)? server)",
			 rows[i].address, (int)getpid());
		assert_int_equal(resolve(NULL), PORT_TAKEN);
		assert_string_equal(error.text, wanted);
		close(fd);
	}
	assert_int_equal(resolve(NULL), 0);
}

static void test_bind_narrows_what_is_looked_at(void **state) {
	int fd = app_socket(AF_INET6, false, WEB, LISTEN);

	(void)state;
	add_port("web")->preset = WEB;
	ports[0].bind = (struct config_ip){ .family = AF_INET, .prefix = 32 };
	assert_int_equal(resolve(NULL), 0);
	port_release(&list);
	ports[0].bind = (struct config_ip){ .family = AF_INET6, .prefix = 128 };
	assert_int_equal(resolve(NULL), PORT_TAKEN);
	close(fd);
	ports[0].bind = (struct config_ip){ AF_INET, 32, { 192, 0, 2, 1 } };
	assert_int_equal(resolve(NULL), PORT_TAKEN);
	assert_non_null(strstr(error.text, "port web: 8080/tcp on 192.0.2.1: "));
}

static void test_udp_is_taken_by_whoever_is_bound(void **state) {
	int fd = app_socket(AF_INET, false, 53, UDP);

	(void)state;
	add_port("dns")->preset = 53;
	assert_int_equal(resolve(NULL), 0);
	port_release(&list);
	ports[0].protocol = CONFIG_UDP;
	assert_int_equal(resolve(NULL), PORT_TAKEN);
	assert_non_null(strstr(error.text, "port dns: 53/udp is taken on 127.0.0.1 by pid "));
	close(fd);
	assert_int_equal(resolve(NULL), 0);
	assert_can(AF_INET, true, 53, UDP);
}

static void test_shared_with_neighbours(void **state) {
	int fd = app_socket(AF_INET, true, WEB, REUSE_PORT | LISTEN);

	(void)state;
	add_port("web")->preset = WEB;
	assert_int_equal(resolve(NULL), PORT_TAKEN);
	ports[0].share = true;
	assert_int_equal(resolve(NULL), 0);
	assert_can(AF_INET, true, WEB, REUSE_PORT | LISTEN);
	close(fd);
	fd = app_socket(AF_INET, true, WEB, LISTEN);
	assert_int_equal(resolve(NULL), PORT_TAKEN);
	close(fd);
}

static void test_the_next_free_one(void **state) {
	int first = app_socket(AF_INET, true, 9000, LISTEN);
	int second = app_socket(AF_INET, false, 9001, LISTEN);
	int last = app_socket(AF_INET, true, 65535, LISTEN);

	(void)state;
	add_port("web")->preset = 9000;
	add_port("fixed")->preset = 9002;
	ports[0].taken = CONFIG_TAKEN_NEXT;
	assert_int_equal(resolve(NULL), 0);
	assert_int_equal(list.items[0].number, 9003);
	assert_held(9003);
	port_release(&list);
	ports[0].preset = 65535;
	assert_int_equal(resolve(NULL), PORT_TAKEN);
	assert_non_null(strstr(error.text, "65535/tcp is taken on 0.0.0.0"));
	close(first);
	close(second);
	close(last);
}

static void test_a_range_that_is_full(void **state) {
	int first = app_socket(AF_INET, true, 9100, LISTEN);
	int second = app_socket(AF_INET, true, 9101, LISTEN);

	(void)state;
	add_port("web")->preset = CONFIG_PORT_AUTO;
	ports[0].range = (struct config_range){ 9100, 9101 };
	assert_int_equal(resolve(NULL), PORT_TAKEN);
	assert_string_equal(error.text, "port web: no tcp port from 9100 to 9101 is free");
	close(second);
	assert_int_equal(resolve(NULL), 0);
	assert_int_equal(list.items[0].number, 9101);
	close(first);
}

static void test_auto_asked_for_in_the_environment(void **state) {
	static const char *const words[] = { "PORT=auto", NULL };
	static const char *const zeros[] = { "PORT=0", NULL };

	(void)state;
	add_port("web")->preset = WEB;
	assert_int_equal(resolve(words), 0);
	assert_in_range(list.items[0].number, 20000, 32000);
	assert_held(list.items[0].number);
	port_release(&list);
	assert_int_equal(resolve(zeros), 0);
	assert_in_range(list.items[0].number, 20000, 32000);
}

struct sibling {
	pid_t pid;
	int result;
	struct error error;
	unsigned number;
};

static const struct config_ip *one_of; /* four addresses, for siblings in turn; NULL: any */

/* A process that resolves the ports when told, reports, and lives until it is killed. */
static pid_t sibling(const int gun[2], int report) {
	pid_t pid = fork();
	char shot;

	if (pid)
		return pid;
	close(gun[1]); /* the end of file is the shot: our copy would hold it back */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (one_of)
		ports[0].bind = one_of[getpid() % 4];
	if (read(gun[0], &shot, 1) == 0) {
		struct sibling self = { .pid = getpid(), .result = resolve(NULL) };

		self.error = error;
		self.number = list.items[0].number;
		(void)!write(report, &self, sizeof(self));
	}
	pause();
	_exit(1);
}

/* Starts them all at the same moment. */
static void race(struct sibling *siblings, unsigned count) {
	pid_t pids[SIBLINGS];
	int gun[2], report[2];

	assert_int_equal(pipe2(gun, O_CLOEXEC), 0);
	assert_int_equal(pipe2(report, O_CLOEXEC), 0);
	for (unsigned i = 0; i < count; i++) {
		pids[i] = sibling(gun, report[1]);
		assert_true(pids[i] > 0);
	}
	close(gun[1]);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(read(report[0], &siblings[i], sizeof(*siblings)),
				 sizeof(*siblings));
	for (unsigned i = 0; i < count; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	close(gun[0]);
	close(report[0]);
	close(report[1]);
}

/* The range has as many numbers as there are siblings: each is given out once. */
static void assert_all_different(enum config_protocol protocol, enum config_choice reserve) {
	static struct sibling siblings[SIBLINGS];
	bool seen[SIBLINGS] = { false };

	add_port("web")->preset = CONFIG_PORT_AUTO;
	ports[0].protocol = protocol;
	ports[0].reserve = reserve;
	ports[0].range = (struct config_range){ 21000, 21000 + SIBLINGS - 1 };
	race(siblings, SIBLINGS);
	for (unsigned i = 0; i < SIBLINGS; i++) {
		assert_int_equal(siblings[i].result, 0);
		assert_in_range(siblings[i].number, 21000, 21000 + SIBLINGS - 1);
		assert_false(seen[siblings[i].number - 21000]);
		seen[siblings[i].number - 21000] = true;
	}
}

static void test_a_hundred_siblings_tcp(void **state) {
	(void)state;
	assert_all_different(CONFIG_TCP, CONFIG_AUTO);
}

static void test_a_hundred_siblings_tcp_not_held(void **state) {
	(void)state;
	assert_all_different(CONFIG_TCP, CONFIG_NO);
}

static void test_a_hundred_siblings_udp(void **state) {
	(void)state;
	assert_all_different(CONFIG_UDP, CONFIG_AUTO);
}

/* They bind different addresses, but nobody may get the number of another. */
static void test_siblings_on_different_addresses(void **state) {
	static const struct config_ip addresses[] = {
		{ 0 },
		{ AF_INET, 32, { 127, 0, 0, 1 } },
		{ AF_INET, 32, { 0 } },
		{ AF_INET6, 128, { [15] = 1 } },
	};
	struct sibling siblings[SIBLINGS];
	bool seen[SIBLINGS] = { false };

	(void)state;
	add_port("web")->preset = CONFIG_PORT_AUTO;
	ports[0].protocol = CONFIG_UDP;
	ports[0].range = (struct config_range){ 21000, 21000 + SIBLINGS - 1 };
	one_of = addresses;
	race(siblings, SIBLINGS);
	one_of = NULL;
	for (unsigned i = 0; i < SIBLINGS; i++) {
		assert_int_equal(siblings[i].result, 0);
		assert_false(seen[siblings[i].number - 21000]);
		seen[siblings[i].number - 21000] = true;
	}
}

/* Nobody listens yet, but only one of them can have it. */
static void test_siblings_with_one_fixed_port(void **state) {
	struct sibling siblings[8];
	unsigned winners = 0;
	char wanted[128];
	pid_t winner = 0;

	(void)state;
	prctl(PR_SET_NAME, "sibling");
	add_port("web")->preset = WEB;
	race(siblings, 8);
	for (unsigned i = 0; i < 8; i++)
		if (siblings[i].result == 0)
			winner = siblings[i].pid, winners++;
	assert_int_equal(winners, 1);
	snprintf(wanted, sizeof(wanted), "port web: 8080/tcp is taken on :: by pid %d (sibling)",
		 (int)winner);
	for (unsigned i = 0; i < 8; i++)
		if (siblings[i].result != 0)
			assert_string_equal(siblings[i].error.text, wanted);
}

/* The numbers as such are free, but each has a sibling whose application is slow to bind. */
static void test_a_sibling_on_all_addresses_is_seen_from_one(void **state) {
	struct port_list other = { 0 };

	(void)state;
	add_port("dns")->preset = 5353;
	ports[0].protocol = CONFIG_UDP;
	assert_int_equal(port_resolve(&other, &config, NULL, &error), 0);
	ports[0].bind = (struct config_ip){ AF_INET, 32, { 127, 0, 0, 1 } };
	assert_int_equal(resolve(NULL), PORT_TAKEN);
	assert_non_null(strstr(error.text, "port dns: 5353/udp is taken on 127.0.0.1 by pid "));
	port_release(&other);
	assert_int_equal(port_resolve(&other, &config, NULL, &error), 0);
	assert_int_equal(resolve(NULL), PORT_TAKEN);
	assert_non_null(strstr(error.text, "127.0.0.1 by pid "));
	ports[0].bind.bytes[3] = 2;
	assert_int_equal(resolve(NULL), 0);
	port_release(&other);
}

static int accepts(int fd) {
	int value = 0;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &value, &len), 0);
	return value;
}

static uint16_t number_of(int fd) {
	struct sockaddr_in6 address;
	socklen_t len = sizeof(address);

	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	return ntohs(address.sin6_port);
}

/* Descriptors from 3 on must be free for what is handed over. */
static int fresh_descriptors(void **state) {
	for (int fd = 3; fd < 16; fd++)
		close(fd);
	return fresh(state);
}

static int done_with_sockets(void **state) {
	handover_close();
	return done(state);
}

static int resolve_and_hand_over(void) {
	struct error e = { 0 };

	assert_int_equal(handover_reserve(&config, &e), 0);
	return resolve(NULL);
}

static void test_handed_over_in_the_order_of_the_file(void **state) {
	(void)state;
	add_port("web")->preset = CONFIG_PORT_AUTO;
	add_port("admin")->preset = 9400;
	add_port("dns")->preset = 53;
	for (int i = 0; i < 3; i++)
		ports[i].handover = CONFIG_SOCKET;
	ports[2].protocol = CONFIG_UDP;
	assert_int_equal(resolve_and_hand_over(), 0);
	assert_int_equal(number_of(3), list.items[0].number);
	assert_in_range(number_of(3), 20000, 32000);
	assert_int_equal(number_of(4), 9400);
	assert_int_equal(number_of(5), 53);
	assert_true(accepts(3) && accepts(4) && !accepts(5));
	assert_can_not(AF_INET, true, 9400, REUSE_ADDRESS | LISTEN);
	assert_can_not(AF_INET, true, 53, UDP | REUSE_ADDRESS);
	connect_to(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 9400);
}

static void test_what_is_taken_is_not_handed_over(void **state) {
	int low = app_socket(AF_INET, true, WEB, REUSE_ADDRESS | LISTEN);
	int fd = fcntl(low, F_DUPFD_CLOEXEC, 100);

	(void)state;
	close(low);
	add_port("web")->preset = WEB;
	ports[0].handover = CONFIG_SOCKET;
	assert_int_equal(resolve_and_hand_over(), PORT_TAKEN);
	assert_non_null(strstr(error.text, "port web: 8080/tcp is taken on 0.0.0.0 by pid "));
	assert_false(handover_any());
	ports[0].protocol = CONFIG_UDP;
	assert_int_equal(resolve_and_hand_over(), 0);
	assert_false(accepts(3));
	close(fd);
}

static void test_handed_over_on_one_address(void **state) {
	(void)state;
	add_port("web")->preset = WEB;
	ports[0].handover = CONFIG_SOCKET;
	ports[0].bind = (struct config_ip){ AF_INET, 32, { 127, 0, 0, 1 } };
	assert_int_equal(resolve_and_hand_over(), 0);
	assert_can_not(AF_INET, false, WEB, LISTEN);
	assert_can(AF_INET6, false, WEB, LISTEN);
}

static void test_handed_over_over_time_wait(void **state) {
	(void)state;
	add_port("web")->preset = 8104;
	ports[0].handover = CONFIG_SOCKET;
	leave_time_wait(8104, REUSE_ADDRESS);
	assert_int_equal(resolve_and_hand_over(), 0);
	assert_true(accepts(3));
	port_release(&list);
	handover_close();
	leave_time_wait(8105, PLAIN);
	ports[0].preset = 8105;
	assert_int_equal(resolve_and_hand_over(), PORT_TAKEN);
	assert_string_equal(error.text, "port web: 8105/tcp can't be bound yet: connections of an "
					"earlier process remain");
}

static void test_handed_over_and_shared(void **state) {
	(void)state;
	add_port("web")->preset = WEB;
	add_port("dns")->preset = 53;
	ports[1].protocol = CONFIG_UDP;
	for (int i = 0; i < 2; i++) {
		ports[i].handover = CONFIG_SOCKET;
		ports[i].share = true;
	}
	assert_int_equal(resolve_and_hand_over(), 0);
	assert_can(AF_INET, true, WEB, REUSE_PORT | LISTEN);
	assert_can(AF_INET, true, 53, REUSE_PORT | UDP);
	assert_can_not(AF_INET, true, 53, UDP);
}

/* In a PID namespace of its own, with its own /proc, a process does not see who listens here. */
static int resolve_in_other_pid_namespace(void) {
	int status;

	if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
		return 99;
	if (fork() == 0) {
		mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
		if (mount("proc", "/proc", "proc", 0, NULL) < 0)
			_exit(98);
		if (resolve(NULL) != PORT_TAKEN)
			_exit(97);
		_exit(strcmp(error.text, "port web: 8080/tcp is taken on 0.0.0.0 by a process not "
					 "visible here (uid 0)") != 0);
	}
	return wait(&status) > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 96;
}

static void test_taken_by_an_invisible_process(void **state) {
	int status, fd = app_socket(AF_INET, true, WEB, REUSE_ADDRESS | LISTEN);

	(void)state;
	if (geteuid() != 0)
		skip();
	add_port("web")->preset = WEB;
	if (fork() == 0) {
		close(fd);
		_exit(resolve_in_other_pid_namespace());
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(WEXITSTATUS(status), 0);
	close(fd);
}

static void test_failure_leaves_nothing_bound(void **state) {
	int fd = app_socket(AF_INET, true, WEB, LISTEN);

	(void)state;
	add_port("free")->preset = 9200;
	ports[0].reserve = CONFIG_YES;
	add_port("web")->preset = WEB;
	assert_int_equal(resolve(NULL), PORT_TAKEN);
	assert_can(AF_INET6, true, 9200, PLAIN);
	close(fd);
}

static char exported[1024];

static void collect(void *context, const char *name, const char *value) {
	size_t len = strlen(exported);

	(void)context;
	snprintf(exported + len, sizeof(exported) - len, "%s=%s ", name, value);
}

static void assert_exports(const char *const *environment, const char *wanted) {
	*exported = '\0';
	assert_int_equal(resolve(environment), 0);
	port_export(&list, collect, NULL);
	port_release(&list);
	assert_string_equal(exported, wanted);
}

static void test_what_is_exported(void **state) {
	static struct config_word second = { .text = "SERVER_PORT" };
	static struct config_word first = { .head.next = &second, .text = "HTTP_PORT" };

	(void)state;
	add_port("web-ui")->preset = WEB;
	add_port("admin")->preset = 9300;
	ports[1].export = &first;
	assert_exports(NULL, "PORT_WEB_UI=8080 PORT=8080 PORT_ADMIN=9300 HTTP_PORT=9300 "
			     "SERVER_PORT=9300 ");
	assert_exports((const char *const[]){ "PORT=81", NULL },
		       "PORT_WEB_UI=81 PORT=81 PORT_ADMIN=9300 HTTP_PORT=9300 SERVER_PORT=9300 ");
	assert_exports((const char *const[]){ "PORT=81", "PORT_WEB_UI=82", NULL },
		       "PORT_WEB_UI=82 PORT_ADMIN=9300 HTTP_PORT=9300 SERVER_PORT=9300 ");
	assert_exports((const char *const[]){ "PORT=tcp://10.0.0.1:80", NULL },
		       "PORT_WEB_UI=8080 PORT=8080 PORT_ADMIN=9300 HTTP_PORT=9300 "
		       "SERVER_PORT=9300 ");
}

static void test_names_of_variables(void **state) {
	char text[16];

	(void)state;
	port_variable("PORT_", "web-2.x", text, sizeof(text));
	assert_string_equal(text, "PORT_WEB_2_X");
	port_variable("PORT_", "a-name-that-is-too-long", text, sizeof(text));
	assert_string_equal(text, "PORT_A_NAME_THA");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fresh, done)
#define TEST_SOCKETS(function)                                                                     \
	cmocka_unit_test_setup_teardown(function, fresh_descriptors, done_with_sockets)

int main(void) {
	static const struct CMUnitTest tests[] = {
		TEST(test_where_the_number_comes_from),
		TEST(test_the_second_port_reads_port1),
		TEST(test_from_names_the_variables),
		TEST(test_wrong_values),
		TEST(test_all_mistakes_are_told),
		TEST(test_one_number_twice),
		TEST(test_a_fixed_port_is_left_to_the_application),
		TEST(test_a_reserved_port_is_held),
		TEST(test_an_application_restarts_on_its_held_port),
		TEST(test_time_wait_does_not_count),
		TEST(test_stubborn_time_wait_does_not_count),
		TEST(test_taken_by_a_listener),
		TEST(test_bind_narrows_what_is_looked_at),
		TEST(test_udp_is_taken_by_whoever_is_bound),
		TEST(test_shared_with_neighbours),
		TEST(test_the_next_free_one),
		TEST(test_a_range_that_is_full),
		TEST(test_auto_asked_for_in_the_environment),
		TEST(test_a_hundred_siblings_tcp),
		TEST(test_a_hundred_siblings_tcp_not_held),
		TEST(test_a_hundred_siblings_udp),
		TEST(test_siblings_with_one_fixed_port),
		TEST(test_siblings_on_different_addresses),
		TEST(test_a_sibling_on_all_addresses_is_seen_from_one),
		TEST_SOCKETS(test_handed_over_in_the_order_of_the_file),
		TEST_SOCKETS(test_what_is_taken_is_not_handed_over),
		TEST_SOCKETS(test_handed_over_on_one_address),
		TEST_SOCKETS(test_handed_over_over_time_wait),
		TEST_SOCKETS(test_handed_over_and_shared),
		TEST(test_taken_by_an_invisible_process),
		TEST(test_failure_leaves_nothing_bound),
		TEST(test_what_is_exported),
		TEST(test_names_of_variables),
	};

	return cmocka_run_group_tests(tests, own_network, NULL);
}
