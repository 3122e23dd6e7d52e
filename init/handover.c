/* SPDX-License-Identifier: Apache-2.0 */
#include "init/handover.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/number.h"
#include "init/claim.h"
#include "init/environment.h"
#include "init/log.h"

enum {
	FIRST = 3, /* SD_LISTEN_FDS_START, sd_listen_fds(3) */
	MOST = 65535,
	NAMES = 16384,
};

static unsigned inherited, own;
static const struct config *config;
static char pid_variable[] = "LISTEN_PID=4294967295"; /* with room for any */

static bool is_us(const char *text) {
	struct error e = { 0 };
	int64_t pid;

	return text && number_read(text, 1, INT32_MAX, &pid, &e) == 0 && pid == getpid();
}

/* All have to be there: what we open would else be taken for one of them. */
static unsigned count_inherited(const char *text) {
	struct error e = { 0 };
	int64_t wanted = MOST, n = 0;

	(void)number_read(text, 0, MOST, &wanted, &e);
	while (n < wanted && fcntl(FIRST + (int)n, F_SETFD, FD_CLOEXEC) == 0)
		n++;
	if (n == wanted)
		return (unsigned)n;
	log_warn("LISTEN_FDS is '%s', but only %d such descriptors are there: none is passed on",
		 text, (int)n);
	return 0;
}

unsigned handover_inherit(void) {
	const char *count = getenv("LISTEN_FDS");

	if (count && is_us(getenv("LISTEN_PID")))
		inherited = count_inherited(count);
	return FIRST + inherited;
}

static const struct config_port *next_port(const struct config_port *p) {
	while (p && p->handover != CONFIG_SOCKET)
		p = p->head.next;
	return p;
}

#define EACH_PORT(p)                                                                               \
	const struct config_port *p = next_port(config->ports);                                    \
	p;                                                                                         \
	p = next_port(p->head.next)

int handover_reserve(const struct config *c, struct error *e) {
	int fd = FIRST + (int)inherited;

	config = c;
	for (EACH_PORT(p))
		if (dup3(STDIN_FILENO, fd++, O_CLOEXEC) < 0)
			return fail(e, "port %s: handover: %m", p->head.name);
	return 0;
}

void handover_take(int *socket) {
	(void)dup3(*socket, FIRST + (int)(inherited + own++), O_CLOEXEC);
	close(*socket);
	*socket = -1;
}

bool handover_any(void) {
	return inherited + own > 0;
}

static void write_pid(void) {
	snprintf(pid_variable, sizeof(pid_variable), "LISTEN_PID=%d", (int)getpid());
}

struct names {
	size_t len;
	char text[NAMES];
};

static int add_name(struct names *names, const char *name, struct error *e) {
	size_t room = sizeof(names->text) - names->len;
	int len = snprintf(names->text + names->len, room, "%s%s", names->len ? ":" : "", name);

	if ((size_t)len >= room)
		return fail(e, "LISTEN_FDNAMES: more than %d bytes", NAMES);
	names->len += (size_t)len;
	return 0;
}

static unsigned count_names(const char *text) {
	unsigned n = 1;

	while ((text = strchr(text, ':')))
		text++, n++;
	return n;
}

/* Names that do not fit would make sd_listen_fds_with_names(3) fail; without any it says "unknown".
 */
static int add_inherited(struct names *names, struct error *e) {
	const char *given = environment_value("LISTEN_FDNAMES");

	if (given && *given && count_names(given) == inherited)
		return add_name(names, given, e);
	for (unsigned i = 0; i < inherited; i++)
		if (add_name(names, "unknown", e) < 0)
			return -1;
	return 0;
}

static int export_own(struct error *e) {
	struct names names;
	char count[sizeof("4294967295")];

	names.len = 0;
	snprintf(count, sizeof(count), "%u", inherited + own);
	if (environment_set("LISTEN_FDS", count, e) < 0 || add_inherited(&names, e) < 0)
		return -1;
	for (EACH_PORT(p))
		if (add_name(&names, p->head.name, e) < 0)
			return -1;
	return environment_set("LISTEN_FDNAMES", names.text, e);
}

/* LISTEN_PIDFDID names the process as LISTEN_PID does, by an inode: us, not the application.
 * sd_listen_fds does without it. */
int handover_export(struct error *e) {
	if (!handover_any())
		return 0;
	if (own && export_own(e) < 0)
		return -1;
	(void)environment_set("LISTEN_PIDFDID", NULL, e);
	write_pid();
	return environment_put(pid_variable, e);
}

/* One before it may have made its socket non-blocking, or shut it down, which stops the listening;
 * of the inherited we know nothing. */
static void refresh(int fd) {
	(void)fcntl(fd, F_SETFL, 0);
	(void)listen(fd, CLAIM_BACKLOG);
}

int handover_pass_on(void) {
	int first_own = FIRST + (int)inherited;

	for (int fd = FIRST; fd < first_own + (int)own; fd++) {
		if (fcntl(fd, F_SETFD, 0) < 0)
			return -1;
		if (fd >= first_own)
			refresh(fd);
	}
	write_pid();
	return 0;
}

void handover_close(void) {
	for (int fd = FIRST; handover_any() && fd < FIRST + (int)(inherited + own); fd++)
		close(fd);
	inherited = own = 0;
}
