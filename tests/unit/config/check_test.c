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
	{ "[discovery]\nrequired = yes\n", ":2: [discovery] required", "not built in yet" },
	{ "[discovery]\nregistry = consul\naddress = https://x:8501\n",
	  ":3: ", "not built in yet" },
	{ "[discovery]\nregistry = consul\naddress = ftp://x\n", ":3: ", "is not http://" },
	{ "[discovery]\nregistry = consul\naddress = http://\n", ":3: ", "is not http://" },
	{ "[discovery]\nregistry = consul\naddress = :8500\n", ":3: ", "is not http://" },
	{ "[discovery]\nregistry = consul\naddress = x:8500/v1\n", ":3: ", "is not http://" },
	{ "[discovery]\nregistry = consul\naddress = unix:x\n", ":3: ", "is not unix:/PATH" },
	{ "[discovery]\naddress = x\nregistry = file\n", ":2: ", "not an absolute path" },
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
	"[port a]\ndefault = 80\n[port b]\ndefault = 80\nprotocol = udp\n",
	"[port a]\ndefault = 80\n[port b]\ndefault = 80\ntaken = next\n",
	"[port a]\ndefault = 80\n[port b]\ndefault = 80\nshare = yes\n",
	"[port a]\ndefault = 80\nbind = 127.0.0.1\n[port b]\ndefault = 80\nbind = 127.0.0.2\n",
	"[port a]\ndefault = auto\n[port b]\ndefault = auto\n",
	"[port web]\n[service web]\nport = web\n",
	"[service web]\nport = 8080\n[service other]\nport = env:X\n",
	"[service web]\naddress = eth0 eth0:inet6 eth0[1] inet inet6 10.0.0.0/8 static:a.b env:X\n",
	"[port p]\n[service w.b]\nname = w-${PORT}\n",
	"[discovery]\nregistry = consul\naddress = http://consul:8500\n",
	"[discovery]\nregistry = consul\naddress = [::1]:8500\n",
	"[discovery]\nregistry = consul\naddress = unix:/run/consul.sock\n",
	"[discovery]\nregistry = file\naddress = /shared\n",
	"[app]\nexit-map = 1=0, stop:1=2\n",
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

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contradictions_are_found),
		cmocka_unit_test(agreements_are_not),
		cmocka_unit_test(variables_are_told_as_such),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
