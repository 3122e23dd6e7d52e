/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *file, *line, *wrong;
} mistakes[] = {
	{ "[app]\nstop-signal = USR1, TERM 3s\n", ":2: [app] stop-signal: ", "needs a duration" },
	{ "[app]\nexit-map = 1=0\nexit-map = 1=2\n", ":3: [app] exit-map: ", "1 is changed twice" },
	{ "[env]\nA B = 1\n", ":2: [env] A B: ", "not the name of a variable" },
	{ "[port a]\nprotocol = udp\nreserve = yes\n", ":3: ", "only a tcp port" },
	{ "[port a]\nhandover = socket\nreserve = no\n", ":3: [port a] reserve: ", "in any case" },
	{ "[port a:b]\nhandover = socket\n", ":2: [port a:b] handover: ", "':'" },
	{ "[port a]\ndefault = 80\n[port b]\ndefault = 80\n", ":4: ", "of [port a] already" },
	{ "[port a]\ndefault = 80\nbind = 127.0.0.1\n[port b]\ndefault = 80\n", ":5: ", "already" },
	{ "[port a-b]\n[port a.b]\n", ":2: [port a.b]: ", "the same variables as [port a-b]" },
	{ "[service a-b]\n[service a.b]\nname = x\n", ":2: ", "same variables" },
	{ "[service web]\nport = wbe\n[port web]\n", ":2: [service web] port: ", "'web'?" },
	{ "[service web]\nport = 0\n", ":2: ", "no [port 0]" },
	{ "[service web]\nport = 65536\n", ":2: ", "65535" },
	{ "[service web]\nport = env:\n", ":2: ", "names no variable" },
	{ "[service w.b]\n", ":1: ", "can't be looked up" },
	{ "[service w b]\n", ":1: ", "can't be looked up" },
	{ "[service web]\nname = -x\n", ":2: ", "can't be looked up" },
	{ "[service web]\nname = x_\n", ":2: ", "can't be looked up" },
	{ "[service web]\nname = "
	  "0123456789012345678901234567890123456789012345678901234567890123"
	  "\n",
	  ":2: ", "can't be looked up" },
	{ "[service web]\naddress = 10.0.0.1\n", ":2: ", "static:10.0.0.1" },
	{ "[service web]\naddress = inet eth0:ipv6\n", ":2: ", "'eth0:ipv6' is no address" },
	{ "[service web]\naddress = eth0[x]\n", ":2: ", "'eth0[x]' is no address" },
	{ "[service web]\naddress = eth0[1\n", ":2: ", "'eth0[1' is no address" },
	{ "[service web]\naddress = eth0[]\n", ":2: ", "is no address" },
	{ "[service web]\naddress = :inet\n", ":2: ", "is no address" },
	{ "[service web]\naddress = 10.0.0.0/33\n", ":2: ", "prefix" },
	{ "[service web]\naddress = static:\n", ":2: ", "has no address" },
	{ "[service web]\naddress = env:A=B\n", ":2: ", "names no variable" },
	{ "[service web]\nmeta.a.b = x\n", ":2: [service web] meta: ", "other characters" },
	{ "[service a]\nid = x\n[service b]\nid = x\n", ":4: ", "the id of [service a]" },
	{ "[template x]\nsource = /x\n", ":1: [template x]: ", "needs a path" },
	{ "[template /x]\n", ":1: [template /x]: ", "needs a source" },
	{ "[template x]\nsource = x\npath = /x\n", ":2: ", "not an absolute path" },
	{ "[template /x/]\nsource = /y\n", ":1: [template /x/]: ", "names no file" },
	{ "[template x]\nsource = /y\npath = /x/\n", ":3: [template x] path: ", "names no file" },
	{ "[template /x]\nsource = /y\n[template y]\nsource = /y\npath = /x\n",
	  ":5: [template y] path: ", "the path of [template /x]" },
	{ "[discovery]\nrequired = yes\nregistry = file\n", ":2: [discovery] required",
	  "needs a registry, and a [service] or a [watch]" },
	{ "[discovery]\nrequired = yes\n[service web]\nport = 1\n", ":2: [discovery] required",
	  "needs a registry" },
	{ "[watch rng]\n", ":1: [watch rng]: ", "needs a registry" },
	{ "[discovery]\nregistry = etcd\n[watch rng]\nnear = _agent\n", ":4: ", "only consul" },
	{ "[discovery]\nregistry = file\n[watch rng]\nnear = _agent\n",
	  ":4: [watch rng] near: ", "only consul" },
	{ "[discovery]\nregistry = file\n[watch a.b]\n[watch A_B]\n",
	  ":4: [watch A_B]: ", "same variables as [watch a.b]" },
	{ "[discovery]\nregistry = consul\naddress = https://x:8501/\n", ":3: ", "is not http://" },
	{ "[discovery]\nregistry = consul\naddress = https://\n", ":3: ", "is not http://" },
	{ "[discovery]\nca = cert.pem\n", ":2: [discovery] ca: ", "is not an absolute path" },
	{ "[discovery]\nregistry = consul\naddress = ftp://x\n", ":3: ", "is not http://" },
	{ "[discovery]\nregistry = consul\naddress = http://\n", ":3: ", "is not http://" },
	{ "[discovery]\nregistry = consul\naddress = :8500\n", ":3: ", "is not http://" },
	{ "[discovery]\nregistry = consul\naddress = x:8500/v1\n", ":3: ", "is not http://" },
	{ "[discovery]\nregistry = consul\naddress = unix:x\n", ":3: ", "is not unix:/PATH" },
	{ "[discovery]\nregistry = etcd\naddress = a:2379,,b\n", ":3: ", "is not http://" },
	{ "[discovery]\nregistry = etcd\naddress = a:2379, b\n", ":3: ", "is not http://" },
	{ "[discovery]\naddress = x\nregistry = file\n", ":2: ", "not an absolute path" },
	{ "[hosts]\na..b = 10.0.0.1\n", ":2: [hosts] a..b: ", "not the name of a host" },
	{ "[hosts]\na- = 10.0.0.1\n", ":2: [hosts] a-: ", "not the name of a host" },
	{ "[hosts]\na =\n", ":2: [hosts] a: ", "not an IP address" },
	{ "[hosts]\na = service:redis\n", ":2: [watch redis]: ", "needs a registry" },
	{ "[hosts]\na = service:\n", ":2: [hosts] a: ", "a name has 1 to 255 bytes" },
	{ "[discovery]\nregistry = file\n[watch a]\nservice = b\n[hosts]\na = service:a\n",
	  ":6: [hosts] a: ", "[watch a] is about another service" },
	{ "[interface x]\npeers = service:a\n[discovery]\nregistry = file\n",
	  ":2: [interface x] peers: ", "does not go with its kind" },
	{ "[interface x]\nkind = vxlan\nvni = 1\npeers = a\n",
	  ":4: [interface x] peers: ", "is not service:NAME" },
	{ "[dns]\nsearch = .\noptions = rotate, NDOTS\n", ":3: [dns] options: ", "'NDOTS'" },
	{ "[host]\nname = a.\n", ":2: [host] name: ", "'a.' is not a name" },
	{ "[job x]\nwhen = pre-stop\n", ":1: [job x] command: ", "is missing" },
	{ "[job x]\ncommand = 'c\n", ":2: [job x] command: ", "a ' is missing" },
	{ "[job x]\ncommand = ${NO_SUCH}\n", ":2: [job x] command: ", "NO_SUCH is not set" },
	{ "[job x]\ncommand =\n", ":2: [job x] command: ", "is empty" },
	{ "[job x]\ncommand = c\non-failure = restart\n", ":3: [job x] on-failure: ", "alongside" },
	{ "[job x]\ncommand = c\nwhen = every 1s\non-failure = restart\n", ":4: ", "alongside" },
	{ "[job x]\ncommand = c\nwhen = pre-stop\non-failure = fail\n", ":4: ", "too late" },
	{ "[job x]\ncommand = c\nwhen = post-stop\non-failure = fail\n", ":4: ", "too late" },
	{ "[app]\nready = port\n", ":2: [app] ready: ", "'port' needs a [port]" },
	{ "[app]\nready = check\n", ":2: [app] ready: ", "'check' needs a [check]" },
	{ "[check a]\n", ":1: [check a]: ", "needs one of http" },
	{ "[check a]\ntcp = no\n", ":1: [check a]: ", "needs one of http" },
	{ "[check a]\ntcp = yes\n", ":2: [check a] tcp: ", "neither a [port] nor a [service]" },
	{ "[check a]\nhttp = /\n", ":2: [check a] http: ", "neither a [port] nor a [service]" },
	{ "[check a]\nhttp = /\ntcp = yes\n[port p]\n", ":3: [check a] tcp: ", "http already" },
	{ "[check a]\nexec = x\nhttp = /\n[port p]\n", ":2: [check a] exec: ", "http already" },
	{ "[check a]\nexec = x\ntcp = yes\n[port p]\n", ":2: [check a] exec: ", "tcp already" },
	{ "[check a]\nhttp = health\n[port p]\n", ":2: [check a] http: ", "is no path" },
	{ "[check a]\nhttp = /a b\n[port p]\n", ":2: ", "%20" },
	{ "[check a]\nhttp = /\xc3\xa9\n[port p]\n", ":2: ", "is no path" },
	{ "[check a]\nexec = x\nservice = wbe\n[service web]\n", ":3: ", "mean 'web'?" },
	{ "[control]\nsocket = "
	  "/0123456789012345678901234567890123456789012345678901234567890123456789"
	  "01234567890123456789012345678901234567\n",
	  ":2: ", "107 bytes" },
};

static void contradictions_are_found(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		loading_refuse((struct loading){ .file = mistakes[i].file }, mistakes[i].line,
			       mistakes[i].wrong);
		assert_int_equal(loading_report()->mistakes, 1);
	}
}

static const char *const fine[] = {
	"[template /x]\nsource = /y\n[template y]\nsource = /y\npath = /y\nmode = 600\n"
	"owner = 1:2\ncheck = c ${PORT_WEB}\non-change = signal HUP\n[port web]\ndefault = 80\n",
	"[port a]\ndefault = 80\n[port b]\ndefault = 80\nprotocol = udp\n",
	"[port a]\ndefault = 80\n[port b]\ndefault = 80\ntaken = next\n",
	"[port a]\ndefault = 80\n[port b]\ndefault = 80\nshare = yes\n",
	"[port a]\ndefault = 80\nbind = 127.0.0.1\n[port b]\ndefault = 80\nbind = 127.0.0.2\n",
	"[port a]\ndefault = auto\n[port b]\ndefault = auto\n",
	"[port a:b]\n[port c]\nhandover = socket\nprotocol = udp\nreserve = yes\n",
	"[port web]\n[service web]\nport = web\n",
	"[service web]\nport = 8080\n[service other]\nport = env:X\n",
	"[service web]\naddress = eth0 eth0:inet6 eth0[1] inet inet6 10.0.0.0/8 static:a.b env:X\n",
	"[port p]\n[service w.b]\nname = w-${PORT}\n",
	"[discovery]\nregistry = consul\naddress = http://consul:8500\n",
	"[discovery]\nregistry = consul\naddress = [::1]:8500\n",
	"[discovery]\nregistry = consul\naddress = unix:/run/consul.sock\n",
	"[discovery]\nregistry = file\naddress = /shared\n",
	"[discovery]\nregistry = consul\nrequired = yes\n[watch rng]\nnear = _agent\ntag = a, b\n",
	"[app]\ncommand = c ${RNG_ADDRESSES}\n"
	"[env]\nURL = http://${RNG_HOST}:${RNG_PORT:-80}/\n"
	"[discovery]\nregistry = consul\n[watch rng]\non-change = exec c ${RNG_HOST}\n",
	"[discovery]\nregistry = etcd\naddress = http://a:2379,[::1]:2379,c\n",
	"[job x]\ncommand = c\nwhen = alongside\non-failure = fail\n",
	"[job x]\ncommand = c\nwhen = post-start\non-failure = fail\n",
	"[job x]\ncommand = c\nwhen = pre-start\non-failure = ignore\n",
	"[job x]\ncommand = c\nwhen = every 1s\non-failure = fail\n",
	"[app]\nexit-map = 1=0, stop:1=2\n",
	"[app]\nready = port\n[port p]\n",
	"[app]\nready = check\nready-timeout = none\n[check a]\nexec = true\n",
	"[check a]\nhttp = /a?b=%20&c\n[check b]\ntcp = yes\n[service web]\n",
	"[check a]\ntcp = no\nexec = sh -c 'x ${PORT_A}'\nservice = web\n[service web]\n"
	"[port a]\n",
	"[app]\nstop-signal = USR1 5s, TERM\n",
};

static void agreements_are_not(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		loading_must((struct loading){ .file = fine[i] });
}

static void variables_are_told_as_such(void **state) {
	(void)state;
	loading_refuse(
		(struct loading){
			.file = "[service web]\n",
			.environment = LOADING_LIST("PINTLE_SERVICE_WEB_PORT=nowhere"),
		},
		"PINTLE_SERVICE_WEB_PORT: ", "no [port nowhere]");
}

static void jobs_have_what_suits_their_moment(void **state) {
	static const struct {
		const char *keys;
		int64_t timeout;
		enum config_on_failure on_failure;
	} rows[] = {
		{ "when = pre-start", CONFIG_NONE, CONFIG_ON_FAILURE_FAIL },
		{ "when = post-start", CONFIG_NONE, CONFIG_ON_FAILURE_IGNORE },
		{ "when = pre-stop", 3000, CONFIG_ON_FAILURE_IGNORE },
		{ "when = post-stop", 3000, CONFIG_ON_FAILURE_IGNORE },
		{ "when = alongside", CONFIG_NONE, CONFIG_ON_FAILURE_RESTART },
		{ "when = every 5s", CONFIG_NONE, CONFIG_ON_FAILURE_IGNORE },
		{ "when = pre-stop\ntimeout = none", CONFIG_NONE, CONFIG_ON_FAILURE_IGNORE },
		{ "timeout = 7s\non-failure = ignore", 7000, CONFIG_ON_FAILURE_IGNORE },
		{ "when = alongside\non-failure = fail", CONFIG_NONE, CONFIG_ON_FAILURE_FAIL },
	};
	char file[128];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_job *j;

		(void)snprintf(file, sizeof(file), "[job x]\ncommand = c\n%s\n", rows[i].keys);
		j = loading_must((struct loading){ .file = file })->jobs;
		assert_int_equal(j->timeout, rows[i].timeout);
		assert_int_equal(j->on_failure, rows[i].on_failure);
	}
}

static void too_many_jobs_are_refused(void **state) {
	static char file[CONFIG_JOBS * 32 + 64];
	size_t len = 0;

	(void)state;
	for (int i = 0; i < CONFIG_JOBS; i++)
		len += (size_t)snprintf(file + len, sizeof(file) - len, "[job j%d]\ncommand = c\n",
					i);
	loading_must((struct loading){ .file = file });
	(void)snprintf(file + len, sizeof(file) - len, "[job more]\ncommand = c\n");
	loading_refuse((struct loading){ .file = file }, ":129: ", "more than 64 [job] sections");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contradictions_are_found),
		cmocka_unit_test(agreements_are_not),
		cmocka_unit_test(variables_are_told_as_such),
		cmocka_unit_test(jobs_have_what_suits_their_moment),
		cmocka_unit_test(too_many_jobs_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
