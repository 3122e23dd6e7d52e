/* SPDX-License-Identifier: Apache-2.0 */
/* A client against openssl's server, under the sanitizers. What else may go wrong is in
 * tests/system/test_tls.py. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/agent/http.h"
#include "init/agent/tls.h"

#include <cmocka.h>

enum { PATIENCE = 60, TIMEOUT = 10000, PATHS = 64 };

static const char make_certificates[] =
	"set -e; cd \"$0\"; new='openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'; "
	"{ "
	"$new -x509 -subj /CN=a -days 2 -keyout a.key -out a.pem;"
	"$new -x509 -subj /CN=other -days 2 -keyout other.key -out other.pem;"
	"echo 'subjectAltName=DNS:localhost,IP:127.0.0.1' >ext;"
	"for one in s ours; do $new -subj /CN=$one -keyout $one.key -out $one.csr;"
	"openssl x509 -req -in $one.csr -CA a.pem -CAkey a.key -CAcreateserial -days 2 -extfile ext"
	" -out $one.pem; done; mkdir many; cp a.pem other.pem many; } >/dev/null 2>&1";

static char folder[] = "/tmp/tls_test.XXXXXX";
static char authority[PATHS], other[PATHS], many[PATHS], certificate[PATHS], key[PATHS];
static struct endpoint endpoint;
static struct http http;
static struct exchange_request request = { .method = "GET", .target = "/" };
static pid_t server;
static int status;
static char failure[256];

static void done(struct exchange *x, const struct exchange_reply *r, const char *why) {
	(void)x;
	status = r ? r->status : -1;
	snprintf(failure, sizeof(failure), "%s", why ? why : "");
	loop_stop();
}

static int set_up_all(void **state) {
	char command[PATHS];

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(authority, sizeof(authority), "%s/a.pem", folder);
	snprintf(other, sizeof(other), "%s/other.pem", folder);
	snprintf(many, sizeof(many), "%s/many", folder);
	snprintf(certificate, sizeof(certificate), "%s/ours.pem", folder);
	snprintf(key, sizeof(key), "%s/ours.key", folder);
	setenv("MAKE", make_certificates, 1);
	snprintf(command, sizeof(command), "sh -c \"$MAKE\" %s", folder);
	return system(command);
}

static int tear_down_all(void **state) {
	char command[PATHS];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

static int set_up(void **state) {
	(void)state;
	alarm(PATIENCE);
	return loop_init();
}

static uint16_t free_port(void) {
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&in, size), 0);
	getsockname(fd, (struct sockaddr *)&in, &size);
	close(fd);
	return ntohs(in.sin_port);
}

static _Noreturn void serve(uint16_t port, const char *options) {
	char command[512];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(command, sizeof(command),
		 "cd %s; exec openssl s_server -accept 127.0.0.1:%u -cert s.pem -key s.key -CAfile "
		 "a.pem -www %s >/dev/null 2>&1",
		 folder, port, options);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* Asks until somebody listens. */
static void ask(const char *options, const struct tls_names *names) {
	uint16_t port = free_port();
	struct error e = { 0 };
	char address[64];

	server = fork();
	if (server == 0)
		serve(port, options);
	snprintf(address, sizeof(address), "https://127.0.0.1:%u", port);
	assert_int_equal(endpoint_parse(&endpoint, address, 1, &e), 0);
	if (tls_open(names, &e) < 0)
		fail_msg("%s", e.text);
	http_init(&http, &endpoint, "");
	http.exchange.done = done;
	do {
		usleep(5000);
		http.exchange.start(&http.exchange, &request, TIMEOUT);
		loop_run();
	} while (strcmp(failure, strerror(ECONNREFUSED)) == 0);
}

static int tear_down(void **state) {
	(void)state;
	http.exchange.cancel(&http.exchange);
	if (http.watch.fd >= 0)
		close(http.watch.fd);
	kill(server, SIGKILL);
	return waitpid(server, NULL, 0) != server;
}

static const struct {
	const char *options;
	struct tls_names names;
	const char *why; /* NULL: it answers */
} rows[] = {
	{ "-tls1_2", { .authorities = authority }, NULL },
	{ "-tls1_3", { .authorities = authority }, NULL },
	{ "", { .authorities = many }, NULL },
	{ "", { .authorities = other, .anyone = true }, NULL },
	{ "", { .authorities = authority, .server = "localhost" }, NULL },
	{ "-Verify 1 -verify_return_error",
	  { .authorities = authority, .certificate = certificate, .key = key },
	  NULL },
	{ "-tls1_2 -Verify 1 -verify_return_error",
	  { .authorities = authority, .certificate = certificate, .key = key },
	  NULL },
	{ "", { .authorities = other }, "its certificate: it is not signed by anybody trusted" },
	{ "",
	  { .authorities = authority, .server = "127.0.0.2" },
	  "its certificate is not for 127.0.0.2" },
	{ "",
	  { .authorities = authority, .server = "elsewhere" },
	  "its certificate is not for elsewhere" },
	{ "-Verify 1 -verify_return_error",
	  { .authorities = authority },
	  "it wants a certificate of ours" },
	{ "",
	  { .authorities = authority, .certificate = other, .key = key },
	  "it is not the certificate's key" },
	{ "",
	  { .authorities = authority, .certificate = key, .key = key },
	  "it is no certificate in PEM form" },
	{ "",
	  { .authorities = authority, .certificate = certificate, .key = certificate },
	  "it is no private key in PEM form without a password" },
};

static void servers_are_asked_or_refused(void **state) {
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ask(rows[i].options, &rows[i].names);
		if (rows[i].why ? !strstr(failure, rows[i].why) : status != 200)
			fail_msg("row %zu: %d %s", i, status, failure);
		tear_down(state);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(servers_are_asked_or_refused, set_up),
	};

	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
