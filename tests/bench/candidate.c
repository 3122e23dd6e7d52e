/* SPDX-License-Identifier: Apache-2.0 */
/* Who takes part, and the configurations of pintle. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/bench.h"

enum { FAILURES_MAX = 5 };

struct candidate candidates[CANDIDATES] = {
	[NONE] = { .name = "none (the app itself)", .form = ALONE },
	[REF0] = { .name = "ref0 (limit without libc)", .form = DIRECT },
	[REF] = { .name = "ref (limit with musl)", .form = DIRECT },
	[TINI] = { .name = "tini", .arguments = { "/usr/bin/tini" } },
	[TINI_STATIC] = { .name = "tini-static", .arguments = { "/usr/bin/tini-static" } },
	[CONTROL] = { .name = "tini-static again", .arguments = { "/usr/bin/tini-static" } },
	[DUMB_INIT] = { .name = "dumb-init", .arguments = { "/usr/bin/dumb-init" } },
	[CATATONIT] = { .name = "catatonit", .arguments = { "/usr/bin/catatonit" } },
	[CATATONIT_MUSL] = { .name = "catatonit-musl" },
	[PINTLE] = { .name = "pintle" },
	[PINTLE_CONFIG] = { .name = "pintle, 1 kB config" },
	[PINTLE_PORT] = { .name = "pintle, + port" },
	[PINTLE_NET] = { .name = "pintle, lo + address + route" },
	[PINTLE_VETH] = { .name = "pintle, eth0 + address + gateway" },
	[PINTLE_FULL] = { .name = "pintle, lo + ... + Consul" },
	[PINTLE_ONE] = { .name = "pintle, nothing but eth0" },
	[PINTLE_MANY] = { .name = "pintle, nothing but 200 objects" },
	[BARE_ONE] = { .name = "bare (limit), eth0", .form = DIRECT },
	[BARE_MANY] = { .name = "bare (limit), 200 objects", .form = DIRECT },
	[BATCH_ONE] = { .name = "ip -batch, eth0", .form = ALONE },
	[BATCH_MANY] = { .name = "ip -batch, 200 objects", .form = ALONE },
	[STEPS_ONE] = { .name = "ip for each step, eth0", .form = ALONE },
	[STEPS_MANY] = { .name = "ip for each step, 200 objects", .form = ALONE },
};

#define BASE                                                                                       \
	"; What the application is told when it has to end, and how long it may take.\n"           \
	"[app]\n"                                                                                  \
	"stop-on = TERM INT\n"                                                                     \
	"stop-timeout = 30s\n"                                                                     \
	"drain = 2s\n"                                                                             \
	"leftover-timeout = 5s\n"                                                                  \
	"signal-scope = process\n"                                                                 \
	"exit-map = stop:143=0\n"                                                                  \
	"umask = 022\n"                                                                            \
	"\n"                                                                                       \
	"; What it finds in its environment besides what the container was given.\n"               \
	"[env]\n"                                                                                  \
	"LANG = C.UTF-8\n"                                                                         \
	"TZ = Europe/Berlin\n"                                                                     \
	"RAILS_ENV = production\n"                                                                 \
	"RAILS_LOG_TO_STDOUT = true\n"                                                             \
	"MALLOC_ARENA_MAX = 2\n"                                                                   \
	"WEB_CONCURRENCY = 4\n"                                                                    \
	"MAX_THREADS = 5\n"                                                                        \
	"DATABASE_URL = postgres://shop@database.internal:5432/shop_production?pool=5\n"           \
	"REDIS_URL = redis://cache.internal:6379/0\n"                                              \
	"ASSET_HOST = https://static.example.org\n"                                                \
	"SESSION_STORE = redis\n"                                                                  \
	"FEATURE_FLAGS = checkout-v2,search-suggest,dark-mode,invoices\n"                          \
	"SMTP_HOST = mail.internal\n"                                                              \
	"SMTP_FROM = shop@example.org\n"                                                           \
	"SENTRY_RELEASE = shop@2024.11.3\n"                                                        \
	"ASSET_PREFIX = /assets/2024-11-03\n"                                                      \
	"RAILS_MAX_THREADS = 5\n"                                                                  \
	"SECRET_KEY_FILE = /run/secrets/shop-key\n"                                                \
	"LOCALES = en,de,fr,it,es,pt,nl,pl\n"                                                      \
	"\n"                                                                                       \
	"; What is said on stderr.\n"                                                              \
	"[log]\n"                                                                                  \
	"level = warn\n"                                                                           \
	"format = text\n"                                                                          \
	"\n"                                                                                       \
	"[control]\n"                                                                              \
	"socket = /run/pintle.sock\n"                                                              \
	"\n"
#define PORT                                                                                       \
	"; The port that it serves.\n"                                                             \
	"[port web]\n"                                                                             \
	"default = 18080\n"                                                                        \
	"range = 20000-32000\n"                                                                    \
	"protocol = tcp\n"                                                                         \
	"taken = fail\n"                                                                           \
	"export = HTTP_PORT\n"                                                                     \
	"\n"
#define NET                                                                                        \
	"[net]\n"                                                                                  \
	"mode = apply\n"                                                                           \
	"\n"
#define LOOPBACK                                                                                   \
	NET "[interface lo]\n"                                                                     \
	    "address = 10.99.0.1/32\n"                                                             \
	    "route = 10.98.0.0/24\n"                                                               \
	    "\n"
#define VETH                                                                                       \
	NET "[interface eth0]\n"                                                                   \
	    "address = 10.99.0.2/24\n"                                                             \
	    "gateway = 10.99.0.1\n"                                                                \
	    "\n"
#define SERVICE                                                                                    \
	"[discovery]\n"                                                                            \
	"registry = consul\n"                                                                      \
	"address = http://127.0.0.1:8500\n"                                                        \
	"\n"                                                                                       \
	"[service web]\n"                                                                          \
	"port = 18080\n"                                                                           \
	"address = static:10.99.0.1\n"                                                             \
	"tags = http blue\n"                                                                       \
	"ttl = 15s\n"                                                                              \
	"drain = 0\n"

static const struct file {
	enum candidate_id of;
	const char *name;
	const char *text;
} files[] = {
	{ PINTLE_CONFIG, "config.ini", BASE },
	{ PINTLE_PORT, "port.ini", BASE PORT },
	{ PINTLE_NET, "net.ini", BASE LOOPBACK },
	{ PINTLE_VETH, "veth.ini", BASE VETH },
	{ PINTLE_FULL, "full.ini", BASE LOOPBACK SERVICE },
};

static char *path_in(const char *folder, const char *name) {
	char *path;
	if (asprintf(&path, "%s/%s", folder, name) < 0)
		exit(1);
	return path;
}

static void write_file(const char *path, const char *text) {
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	close(fd);
}

static void set_up_pintle(const struct options *o) {
	candidates[PINTLE].arguments[0] = o->pintle;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct candidate *c = &candidates[files[i].of];
		char *path = path_in(o->folder, files[i].name);
		write_file(path, files[i].text);
		c->arguments[0] = o->pintle;
		c->arguments[1] = "-c";
		c->arguments[2] = path;
	}
}

void candidate_find(const struct options *o) {
	candidates[NONE].arguments[0] = path_in(o->folder, "app");
	candidates[REF0].arguments[0] = path_in(o->folder, "ref0");
	candidates[REF].arguments[0] = path_in(o->folder, "ref");
	candidates[CATATONIT_MUSL].arguments[0] = path_in(o->folder, "catatonit-musl");
	set_up_pintle(o);
	netcfg_find(o);
	for (int c = 0; c < CANDIDATES; c++) {
		const char *program = candidates[c].arguments[0];
		candidates[c].present = program && access(program, X_OK) == 0;
		if (program && !candidates[c].present && c != CONTROL)
			printf("%s is not there (%s): left out\n", candidates[c].name, program);
	}
}

bool candidate_usable(enum candidate_id c) {
	return candidates[c].present && candidates[c].failures < FAILURES_MAX;
}
