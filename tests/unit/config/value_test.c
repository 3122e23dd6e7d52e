/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#define APP(text) "[app]\n" text "\n"
#define PORT(text) "[port web]\n" text "\n"
#define JOB(text) "[job x]\ncommand = c\n" text "\n"
#define WATCH(text) "[discovery]\nregistry = file\n[watch x]\n" text "\n"
#define METRICS(text) "[metrics]\n" text "\n"
#define LIMITS(text) "[limits]\n" text "\n"
#define INTERFACE(text) "[interface eth0]\n" text "\n"

/* A file of one setting, and the line that --check has for it; NULL: it is refused. */
static const struct {
	const char *file;
	const char *line;
} cases[] = {
	{ APP("command = a 'b c' \"d\""), "command = a 'b c' d" },
	{ APP("command = '' x"), NULL },
	{ APP("command = 'x"), NULL },
	{ APP("command ="), NULL },
	{ APP("directory = a dir"), "directory = a dir" },
	{ APP("directory ="), NULL },
	{ APP("user = nobody"), "user = nobody" },
	{ APP("user = 1000:1000"), "user = 1000:1000" },
	{ APP("user = www-data:adm"), "user = www-data:adm" },
	{ APP("user = 0"), "user = 0" },
	{ APP("user = 4294967294"), "user = 4294967294" },
	{ APP("user = 4294967295"), NULL },
	{ APP("user = 1000:4294967295"), NULL },
	{ APP("user = 12x"), NULL },
	{ APP("user = 1:2:3"), NULL },
	{ APP("user = a b"), NULL },
	{ APP("user = :5"), NULL },
	{ APP("user = 5:"), NULL },
	{ APP("user = -1"), NULL },
	{ APP("groups = audio, 44"), "groups = 44" },
	{ APP("groups = none"), "groups = none" },
	{ APP("groups = 4294967295"), NULL },
	{ APP("groups = 44x"), NULL },
	{ APP("groups = -1"), NULL },
	{ APP("groups = 1:2"), NULL },
	{ APP("groups = ''"), NULL },
	{ APP("groups = 'a b'"), NULL },
	{ APP("groups = none, 44"), NULL },
	{ "[agent]\ngroups = audio, 44", "groups = 44" },
	{ "[agent]\ngroups = none, 44", NULL },
	{ APP("capabilities = none"), "capabilities = none" },
	{ APP("capabilities = ALL"), "capabilities = all" },
	{ APP("capabilities = kill\ncapabilities = CAP_CHOWN"), "capabilities = CHOWN KILL" },
	{ APP("capabilities = kil"), NULL },
	{ APP("capabilities ="), NULL },
	{ APP("ambient = chown kill\ncapabilities = kill, chown"), "ambient = CHOWN KILL" },
	{ APP("ambient = all\ncapabilities = kill"), "ambient = all" },
	{ APP("ambient = chown\ncapabilities = kill"), NULL },
	{ APP("ambient = chown\ncapabilities = none"), NULL },
	{ APP("no-new-privileges = yes"), "no-new-privileges = yes" },
	{ APP("no-new-privileges = true"), NULL },
	{ LIMITS("nofile = 1024:65536"), "nofile = 1024:65536" },
	{ LIMITS("core = 0"), "core = 0" },
	{ LIMITS("stack = 8192k"), "stack = 8m" },
	{ LIMITS("nproc = 8k"), NULL },
	{ LIMITS("nofile = 1\nnofile = 2"), NULL },
	{ LIMITS("nofiles = 1"), NULL },
	{ APP("umask = 22"), "umask = 0022" },
	{ APP("umask = 0"), "umask = 0000" },
	{ APP("umask = 0777"), "umask = 0777" },
	{ APP("umask = 01000"), NULL },
	{ APP("umask = 8"), NULL },
	{ APP("umask = -1"), NULL },
	{ APP("umask = none"), NULL },
	{ APP("stop-on = quit, RTMIN+3 1"), "stop-on = HUP QUIT RTMIN+3" },
	{ APP("stop-on = TERM\nstop-on = QUIT"), "stop-on = QUIT TERM" },
	{ APP("stop-on = KILL"), NULL },
	{ APP("stop-on = CHLD"), NULL },
	{ APP("stop-on = TREM"), NULL },
	{ APP("stop-on ="), NULL },
	{ APP("stop-on = ,"), NULL },
	{ APP("stop-signal = QUIT"), "stop-signal = QUIT" },
	{ APP("stop-signal = USR1 5s, TERM 3s"), "stop-signal = TERM 3s" },
	{ APP("stop-signal = KILL"), "stop-signal = KILL" },
	{ APP("stop-signal = STOP"), NULL },
	{ APP("stop-signal = USR1, TERM"), NULL },
	{ APP("stop-signal = USR1 TERM"), NULL },
	{ APP("stop-signal = USR1 5s TERM"), NULL },
	{ APP("stop-signal = USR1 5s,"), NULL },
	{ APP("stop-timeout = none"), "stop-timeout = none" },
	{ APP("stop-timeout = 1500ms"), "stop-timeout = 1500ms" },
	{ APP("stop-timeout = 120s"), "stop-timeout = 2m" },
	{ APP("stop-timeout = 24h"), "stop-timeout = 24h" },
	{ APP("stop-timeout = 0"), "stop-timeout = 0" },
	{ APP("stop-timeout = 0s"), "stop-timeout = 0" },
	{ APP("stop-timeout = 10"), NULL },
	{ APP("stop-timeout = 1.5s"), NULL },
	{ APP("stop-timeout = -1s"), NULL },
	{ APP("stop-timeout = 1m30s"), NULL },
	{ APP("stop-timeout = 5 s"), NULL },
	{ APP("stop-timeout = s"), NULL },
	{ APP("stop-timeout = 5S"), NULL },
	{ APP("stop-timeout = 9999999999999999999999s"), NULL },
	{ APP("stop-timeout = 8761h"), NULL },
	{ APP("drain = none"), NULL },
	{ APP("signal-scope = group"), "signal-scope = group" },
	{ APP("signal-scope = grou"), NULL },
	{ APP("signal-scope = group|all"), NULL },
	{ APP("signal-scope = Group"), NULL },
	{ APP("exit-map = 143=0, stop:130=7"), "exit-map = stop:130=7" },
	{ APP("exit-map = 256=0"), NULL },
	{ APP("exit-map = 1=256"), NULL },
	{ APP("exit-map = 143"), NULL },
	{ APP("exit-map = ended:143=0"), NULL },
	{ APP("exit-map = 143=0 143=1"), NULL },
	{ PORT("default = 8080"), "default = 8080" },
	{ PORT("default = auto"), "default = auto" },
	{ PORT("default = 0"), NULL },
	{ PORT("default = 65536"), NULL },
	{ PORT("default = 080"), "default = 80" },
	{ PORT("default = http"), NULL },
	{ PORT("range = 1-65535"), "range = 1-65535" },
	{ PORT("range = 7-7"), "range = 7-7" },
	{ PORT("range = 9-8"), NULL },
	{ PORT("range = 0-8"), NULL },
	{ PORT("range = 5"), NULL },
	{ PORT("range = 5 - 8"), NULL },
	{ PORT("bind = ::1"), "bind = ::1" },
	{ PORT("bind = 0.0.0.0"), "bind = 0.0.0.0" },
	{ PORT("bind = 224.0.0.1"), NULL },
	{ PORT("bind = 10.0.0.1/8"), NULL },
	{ PORT("bind = localhost"), NULL },
	{ PORT("share = yes"), "share = yes" },
	{ PORT("share = true"), NULL },
	{ PORT("from = A, B C"), "from = C" },
	{ PORT("from = A=B"), NULL },
	{ PORT("from = 'A B'"), NULL },
	{ INTERFACE("mtu = 68"), "mtu = 68" },
	{ INTERFACE("mtu = 67"), NULL },
	{ INTERFACE("mtu = 65537"), NULL },
	{ INTERFACE("mtu = 1500 ; the usual"), NULL },
	{ INTERFACE("mtu = 0x5dc"), NULL },
	{ INTERFACE("mtu = +1500"), NULL },
	{ "[control]\nsocket = none\n", "socket = none" },
	{ "[control]\nsocket = /run/x.sock\n", "socket = /run/x.sock" },
	{ "[control]\nsocket = x.sock\n", NULL },
	{ "[service web]\ntags = a, 'b c'\n", "tags = 'b c'" },
	{ "[service web]\ntags = a, ''\n", NULL },
	{ "[service web]\nttl = 4999ms\n", NULL },
	{ "[service web]\nttl = 5s\n", "ttl = 5s" },
	{ "[service web]\nmeta.x = a  b\n", "meta.x = a  b" },
	{ "[service web]\nmeta. = a\n", NULL },
	{ JOB(""), "when = pre-start" },
	{ JOB("when = post-stop"), "when = post-stop" },
	{ JOB("when = every 30s"), "when = every 30s" },
	{ METRICS("listen = none"), "listen = none" },
	{ METRICS("listen = 9090"), "listen = 9090" },
	{ METRICS("listen = :9090"), "listen = 9090" },
	{ METRICS("listen = 127.0.0.1:9090"), "listen = 127.0.0.1:9090" },
	{ METRICS("listen = [::1]:9090"), "listen = [::1]:9090" },
	{ METRICS("listen = [::]:1"), "listen = [::]:1" },
	{ METRICS("listen ="), NULL },
	{ METRICS("listen = 0"), NULL },
	{ METRICS("listen = 65536"), NULL },
	{ METRICS("listen = ::1:9090"), NULL },
	{ METRICS("listen = [127.0.0.1]:9090"), NULL },
	{ METRICS("listen = localhost:9090"), NULL },
	{ METRICS("listen = 127.0.0.1:"), NULL },
	{ METRICS("listen = 127.0.0.1/8:90"), NULL },
	{ WATCH("on-change = none"), "on-change = none" },
	{ WATCH("on-change = restart"), "on-change = restart" },
	{ WATCH("on-change = signal  SIGHUP"), "on-change = signal HUP" },
	{ WATCH("on-change = signal 10"), "on-change = signal USR1" },
	{ WATCH("on-change = exec  a 'b c' \"d\""), "on-change = exec a 'b c' d" },
	{ WATCH("on-change = exec 'a'"), "on-change = exec a" },
	{ WATCH("on-change ="), NULL },
	{ WATCH("on-change = signal"), NULL },
	{ WATCH("on-change = signal HUP USR1"), NULL },
	{ WATCH("on-change = exec"), NULL },
	{ WATCH("on-change = exec 'a"), NULL },
	{ WATCH("on-change = 'none"), NULL },
	{ WATCH("on-change = none HUP"), NULL },
	{ WATCH("on-change = restart now"), NULL },
	{ WATCH("on-change = reload"), NULL },
	{ WATCH("tag = a\ntag = b"), "tag = b" },
	{ JOB("when = every \t 250ms"), "when = every 250ms" },
	{ JOB("when = every 1ms"), "when = every 1ms" },
	{ JOB("when = every 0"), NULL },
	{ JOB("when = every 0s"), NULL },
	{ JOB("when = every"), NULL },
	{ JOB("when = every 30"), NULL },
	{ JOB("when = every30s"), NULL },
	{ JOB("when = every 30s 30s"), NULL },
	{ JOB("when = pre-start 30s"), NULL },
	{ JOB("when = 30s"), NULL },
	{ JOB("when = pre"), NULL },
	{ JOB("when = Alongside"), NULL },
	{ JOB("when ="), NULL },
	{ JOB("directory = /a b"), "directory = /a b" },
	{ JOB("directory = a"), NULL },
	{ JOB("timeout = none"), "timeout = none" },
	{ JOB("timeout = 1ms"), "timeout = 1ms" },
	{ JOB("timeout = 0"), NULL },
};

static void are_read_and_written(void **state) {
	char line[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (!cases[i].line) {
			if (loading_try((struct loading){ .file = cases[i].file }) == 0)
				fail_msg("accepted: %s", cases[i].file);
			continue;
		}
		loading_must((struct loading){ .file = cases[i].file });
		(void)snprintf(line, sizeof(line), "\n%s\t# ", cases[i].line);
		if (!strstr(loading_print(), line))
			fail_msg("no %s in: %s", line, loading_print());
	}
}

static void fill_their_fields(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = "[app]\ncommand = a b\nstop-on = QUIT\nstop-timeout = 3s\numask = 027\n"
			"tty = no\nno-new-privileges = no\nexit-map = stop:143=0\nstop-signal = "
			"USR1 5s, TERM\n"
			"[port p]\nrange = 5-6\nprotocol = udp\ntaken = next\nreserve = no\n",
	});

	(void)state;
	assert_string_equal(c->app.command[1], "b");
	assert_null(c->app.command[2]);
	assert_int_equal(c->app.stop_on, 1 << 2);
	assert_int_equal(c->app.stop_timeout, 3000);
	assert_int_equal(c->app.umask, 027);
	assert_int_equal(c->app.tty, CONFIG_NO);
	assert_int_equal(c->app.no_new_privileges, CONFIG_NO);
	assert_true(c->app.exit_map->stopped);
	assert_int_equal(c->app.stop_signal->wait, 5000);
	assert_int_equal(((struct config_stop *)c->app.stop_signal->head.next)->wait, CONFIG_NONE);
	assert_int_equal(c->ports->range.last, 6);
	assert_int_equal(c->ports->protocol, CONFIG_UDP);
	assert_int_equal(c->ports->taken, CONFIG_TAKEN_NEXT);
	assert_int_equal(c->ports->reserve, CONFIG_NO);
	assert_int_equal(c->ports->preset, CONFIG_NONE);
}

/* The row of each limit is that of its number. */
static void limits_are_the_kernels(void **state) {
	static const struct {
		const char *name;
		int resource;
	} rows[] = {
		{ "as", RLIMIT_AS },
		{ "core", RLIMIT_CORE },
		{ "cpu", RLIMIT_CPU },
		{ "data", RLIMIT_DATA },
		{ "fsize", RLIMIT_FSIZE },
		{ "locks", RLIMIT_LOCKS },
		{ "memlock", RLIMIT_MEMLOCK },
		{ "msgqueue", RLIMIT_MSGQUEUE },
		{ "nice", RLIMIT_NICE },
		{ "nofile", RLIMIT_NOFILE },
		{ "nproc", RLIMIT_NPROC },
		{ "rss", RLIMIT_RSS },
		{ "rtprio", RLIMIT_RTPRIO },
		{ "rttime", RLIMIT_RTTIME },
		{ "sigpending", RLIMIT_SIGPENDING },
		{ "stack", RLIMIT_STACK },
	};

	(void)state;
	assert_int_equal(sizeof(rows) / sizeof(rows[0]), CONFIG_LIMITS);
	for (int i = 0; i < CONFIG_LIMITS; i++) {
		char option[64];
		const struct config *c;

		(void)snprintf(option, sizeof(option), "limits.%s=3:4", rows[i].name);
		c = loading_must((struct loading){ .options = LOADING_LIST(option) });
		for (int resource = 0; resource < CONFIG_LIMITS; resource++)
			assert_int_equal(c->limits.of[resource].given,
					 resource == rows[i].resource);
		assert_int_equal(c->limits.of[rows[i].resource].soft, 3);
		assert_int_equal(c->limits.of[rows[i].resource].hard, 4);
	}
}

/* The names of a choice are in the order of its enum. */
static void choices_are_the_enums_values(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = "[app]\nsignal-scope = all\ntty = yes\n[net]\nmode = verify\non-error = "
			"warn\n"
			"[discovery]\nregistry = file\n[log]\nlevel = info\nformat = json\n"
			"[service s]\ninitial = passing\n[port p]\nreserve = yes\n",
	});

	(void)state;
	assert_int_equal(c->app.signal_scope, CONFIG_ALL);
	assert_int_equal(c->app.tty, CONFIG_YES);
	assert_int_equal(c->net.mode, CONFIG_MODE_VERIFY);
	assert_int_equal(c->net.on_error, CONFIG_WARN);
	assert_int_equal(c->discovery.registry, CONFIG_REGISTRY_FILE);
	assert_int_equal(c->log.level, CONFIG_LOG_INFO);
	assert_int_equal(c->log.format, CONFIG_JSON);
	assert_int_equal(c->services->initial, CONFIG_PASSING);
	assert_int_equal(c->ports->reserve, CONFIG_YES);
	c = loading_must((struct loading){
		.file = "[app]\nsignal-scope = group\n[net]\nmode = apply\n[log]\nlevel = debug\n"
			"[discovery]\nregistry = consul\n",
	});
	assert_int_equal(c->app.signal_scope, CONFIG_GROUP);
	assert_int_equal(c->net.mode, CONFIG_MODE_APPLY);
	assert_int_equal(c->log.level, CONFIG_LOG_DEBUG);
	assert_int_equal(c->discovery.registry, CONFIG_REGISTRY_CONSUL);
	c = loading_must((struct loading){ .file = "[net]\nmode = leave\n[log]\nlevel = error\n" });
	assert_int_equal(c->net.mode, CONFIG_MODE_LEAVE);
	assert_int_equal(c->log.level, CONFIG_LOG_ERROR);
}

static void moments_are_the_enums_values(void **state) {
	static const char *const names[] = {
		[CONFIG_PRE_START] = "pre-start", [CONFIG_POST_START] = "post-start",
		[CONFIG_PRE_STOP] = "pre-stop",   [CONFIG_POST_STOP] = "post-stop",
		[CONFIG_ALONGSIDE] = "alongside", [CONFIG_EVERY] = "every 2m",
	};
	char file[64];

	(void)state;
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct config_job *j;

		(void)snprintf(file, sizeof(file), JOB("when = %s"), names[i]);
		j = loading_must((struct loading){ .file = file })->jobs;
		assert_int_equal(j->when.at, i);
		assert_int_equal(j->when.interval, i == CONFIG_EVERY ? 120000 : 0);
	}
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_read_and_written),
		cmocka_unit_test(fill_their_fields),
		cmocka_unit_test(limits_are_the_kernels),
		cmocka_unit_test(choices_are_the_enums_values),
		cmocka_unit_test(moments_are_the_enums_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
