/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/etc.h"
#include "tests/unit/netcfg/given.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BEGIN "# pintle: begin\n"
#define END "# pintle: end\n"
#define INSTEAD "# pintle: instead of: "

static char text[NET_ETC_SIZE], again[NET_ETC_SIZE];

static const char *const hosts[] = { "hosts.redis=192.168.1.2", "hosts.web.example=fd00::2", NULL };
static const char *const servers[] = { "dns.nameserver=10.0.0.53 fd00::53",
				       "dns.search=example.org a.b", "dns.options=ndots:1 rotate",
				       NULL };
static const char *const search[] = { "dns.search=example.org", NULL };
static const char *const forced[] = { "dns.nameserver=10.0.0.53", "dns.force=yes", NULL };

#define HOSTS BEGIN "192.168.1.2\tredis\nfd00::2\tweb.example\n" END
#define SERVERS                                                                                    \
	BEGIN "nameserver 10.0.0.53\nnameserver fd00::53\nsearch example.org a.b\n"                \
	      "options ndots:1 rotate\n" END

static const struct {
	size_t (*compose)(const struct config *, const char *, size_t, char *);
	const char *const *settings;
	const char *before, *after;
} cases[] = {
	{ net_etc_hosts, hosts, "", HOSTS },
	{ net_etc_hosts, hosts, "127.0.0.1\tlocalhost\n# mine",
	  HOSTS "127.0.0.1\tlocalhost\n# mine\n" },
	{ net_etc_hosts, hosts, "\n\n::1 ip6\n", HOSTS "\n\n::1 ip6\n" },
	/* Docker's --add-host; who has other names as well stays. */
	{ net_etc_hosts, hosts, "1.2.3.4\tredis\n1.2.3.4 Redis web.example # x\n1.2.3.4 redis db\n",
	  HOSTS INSTEAD "1.2.3.4\tredis\n" INSTEAD
			"1.2.3.4 Redis web.example # x\n1.2.3.4 redis db\n" },
	{ net_etc_hosts, hosts, "1.2.3.4 # redis\n", HOSTS "1.2.3.4 # redis\n" },
	/* An earlier block, elsewhere, of other hosts. */
	{ net_etc_hosts, hosts, "::1 a\n" BEGIN "1.2.3.4\tdb\n" END INSTEAD "1.2.3.4 db\n::2 b\n",
	  HOSTS "::1 a\n1.2.3.4 db\n::2 b\n" },
	{ net_etc_hosts, hosts, BEGIN "1.2.3.4 db\n", HOSTS "1.2.3.4 db\n" },
	{ net_etc_resolver, servers, "", SERVERS },
	{ net_etc_resolver, servers,
	  "# x\nnameserver 1.1.1.1\n\tsearch old\ndomain old\noptions edns0\n",
	  "# x\n" INSTEAD "nameserver 1.1.1.1\n" INSTEAD "\tsearch old\n" INSTEAD
	  "domain old\noptions edns0\n" SERVERS },
	{ net_etc_resolver, search, INSTEAD "nameserver 1.1.1.1\n" SERVERS,
	  "nameserver 1.1.1.1\n" BEGIN "search example.org\n" END },
	/* Docker's own is only replaced by force. */
	{ net_etc_resolver, servers, "nameserver 127.0.0.11\noptions ndots:0\n",
	  "nameserver 127.0.0.11\noptions ndots:0\n" BEGIN
	  "search example.org a.b\noptions ndots:1 rotate\n" END },
	{ net_etc_resolver, forced, "nameserver 127.0.0.11\n",
	  INSTEAD "nameserver 127.0.0.11\n" BEGIN "nameserver 10.0.0.53\n" END },
	{ net_etc_resolver, servers, INSTEAD "nameserver 127.0.0.11\n" BEGIN END,
	  "nameserver 127.0.0.11\n" BEGIN "search example.org a.b\noptions ndots:1 rotate\n" END },
};

static void composed(void **unused) {
	(void)unused;
	for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
		const struct config *c = given_config(cases[n].settings);
		size_t len = cases[n].compose(c, cases[n].before, strlen(cases[n].before), text);
		assert_int_equal(len, strlen(cases[n].after));
		assert_memory_equal(text, cases[n].after, len);
		/* The second time nothing changes. */
		assert_int_equal(cases[n].compose(c, text, len, again), len);
		assert_memory_equal(again, text, len);
	}
}

/* Whatever somebody has made of it, the second time nothing changes. */
static void spoilt(void **unused) {
	static const char marks[][32] = { BEGIN,       END,  INSTEAD,
					  "redis\n",   "\n", "nameserver 1\n",
					  "1 redis #", "\t", "nameserver 127.0.0.11\n",
					  "" };
	static char before[512], third[NET_ETC_SIZE];
	uint32_t random = 1;
	(void)unused;
	const struct config *c = given_config(
		LOADED("hosts.redis=10.0.0.1", "dns.nameserver=10.0.0.2", "dns.search=a"));
	for (unsigned n = 0; n < 20000; n++) {
		size_t len = 0;
		for (unsigned i = 0; i < 12; i++) {
			random = random * 1664525 + 1013904223;
			const char *mark = marks[(random >> 16) % 10];
			memcpy(before + len, mark, strlen(mark));
			len += strlen(mark);
		}
		size_t first = cases[n & 8].compose(c, before, len, text);
		size_t second = cases[n & 8].compose(c, text, first, again);
		assert_int_equal(second, first);
		assert_memory_equal(again, text, first);
		assert_int_equal(cases[n & 8].compose(c, again, second, third), first);
	}
}

static void too_big(void **unused) {
	(void)unused;
	memset(again, 'x', sizeof again);
	assert_true(net_etc_hosts(given_config(hosts), again, sizeof again, text) > NET_ETC_SIZE);
}

static void give(const struct config *c, const char *const ips[], unsigned count) {
	struct config_members *m = c->watches->members;
	m->known = true;
	m->count = count;
	for (unsigned i = 0; i < count; i++)
		m->items[i].ip = given_ip(ips[i]);
}

static void expect_hosts(const struct config *c, const char *before, const char *after) {
	size_t len = net_etc_hosts(c, before, strlen(before), text);
	assert_int_equal(len, strlen(after));
	assert_memory_equal(text, after, len);
}

/* None is known: no line. Then all of the first one's family. */
static void following(void **unused) {
	static const char *const ips[] = { "10.0.0.7", "fd00::7", "10.0.0.8" };
	(void)unused;
	const struct config *c =
		given_config(LOADED("discovery.registry=file", "hosts.redis=service:redis"));
	assert_int_equal(c->watches->wait, 0);
	expect_hosts(c, "::1 a\n", "::1 a\n");
	expect_hosts(c, BEGIN "10.0.0.9\tredis\n" END "::1 a\n", "::1 a\n");
	give(c, ips, 3);
	expect_hosts(c, "::1 a\n", BEGIN "10.0.0.7\tredis\n10.0.0.8\tredis\n" END "::1 a\n");
	give(c, ips, 0);
	expect_hosts(c, BEGIN "10.0.0.7\tredis\n" END "::1 a\n", "::1 a\n");
}

/* As many lines as somebody may want to try. */
static void following_many(void **unused) {
	const char *ips[NET_ETC_MEMBERS + 1];
	unsigned lines = 0;
	(void)unused;
	for (unsigned i = 0; i <= NET_ETC_MEMBERS; i++)
		ips[i] = "10.0.0.7";
	const struct config *c = given_config(LOADED(
		"discovery.registry=file", "watch cache.service=redis", "hosts.a=service:redis"));
	assert_string_equal(c->watches->head.name, "cache");
	assert_null(c->watches->head.next);
	give(c, ips, NET_ETC_MEMBERS + 1);
	size_t len = net_etc_hosts(c, "", 0, text);
	for (size_t i = 0; i < len; i++)
		lines += text[i] == '\n';
	assert_int_equal(lines, NET_ETC_MEMBERS + 2);
}

int main(void) {
	const struct CMUnitTest tests[] = { cmocka_unit_test(composed), cmocka_unit_test(spoilt),
					    cmocka_unit_test(too_big), cmocka_unit_test(following),
					    cmocka_unit_test(following_many) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
