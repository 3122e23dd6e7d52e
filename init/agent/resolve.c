/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/resolve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

/* What the helper writes, in one piece. */
struct answer {
	int error; /* EAI_*, 0: none */
	unsigned count;
	struct {
		int family;
		uint8_t bytes[16];
		uint32_t scope;
	} items[RESOLVE_MAX];
};

_Static_assert(sizeof(struct answer) <= PIPE_BUF, "one write of it is atomic");

void resolve_init(void) {
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	sigaction(SIGCHLD, &ignore, NULL);
}

static void add(struct answer *a, const struct addrinfo *info) {
	if (a->count == RESOLVE_MAX)
		return;
	if (info->ai_family == AF_INET) {
		struct sockaddr_in *in = (struct sockaddr_in *)info->ai_addr;

		memcpy(a->items[a->count].bytes, &in->sin_addr, sizeof(in->sin_addr));
	} else if (info->ai_family == AF_INET6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)info->ai_addr;

		memcpy(a->items[a->count].bytes, &in6->sin6_addr, sizeof(in6->sin6_addr));
		a->items[a->count].scope = in6->sin6_scope_id;
	} else {
		return;
	}
	a->items[a->count++].family = info->ai_family;
}

static struct answer look_up(const char *host) {
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	struct answer a = { 0 };

	a.error = getaddrinfo(host, NULL, &hints, &list);
	for (struct addrinfo *info = a.error ? NULL : list; info; info = info->ai_next)
		add(&a, info);
	return a;
}

/* The helper keeps one descriptor and carries its own end: nobody has to kill it, and no pid can be
 * mistaken. */
static _Noreturn void help(int fd, const char *host, pid_t parent) {
	const struct itimerval end = { .it_value.tv_sec = RESOLVE_SECONDS };
	struct sigaction fatal = { .sa_handler = SIG_DFL };
	struct answer a;
	sigset_t alarm;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent) /* it has ended before that could be asked for */
		_exit(0);
	if (fd > 3)
		(void)syscall(SYS_close_range, 3U, (unsigned)fd - 1, 0U);
	(void)syscall(SYS_close_range, (unsigned)fd + 1, ~0U, 0U);
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	(void)sigaction(SIGALRM, &fatal, NULL);
	(void)sigprocmask(SIG_UNBLOCK, &alarm, NULL);
	(void)setitimer(ITIMER_REAL, &end, NULL);
	a = look_up(host);
	(void)!write(fd, &a, sizeof(a));
	_exit(0);
}

static bool take(struct resolve *r, const struct answer *a, uint16_t port) {
	r->count = 0;
	for (unsigned i = 0; i < a->count && i < RESOLVE_MAX; i++) {
		struct endpoint_address *to = &r->addresses[r->count];

		memset(to, 0, sizeof(*to));
		if (a->items[i].family == AF_INET) {
			to->length = sizeof(to->in);
			to->in.sin_family = AF_INET;
			to->in.sin_port = htons(port);
			memcpy(&to->in.sin_addr, a->items[i].bytes, sizeof(to->in.sin_addr));
		} else if (a->items[i].family == AF_INET6) {
			to->length = sizeof(to->in6);
			to->in6.sin6_family = AF_INET6;
			to->in6.sin6_port = htons(port);
			to->in6.sin6_scope_id = a->items[i].scope;
			memcpy(&to->in6.sin6_addr, a->items[i].bytes, sizeof(to->in6.sin6_addr));
		} else {
			continue;
		}
		r->count++;
	}
	return r->count > 0;
}

void resolve_cancel(struct resolve *r) {
	if (!r->busy)
		return;
	r->busy = false;
	loop_forget(&r->watch);
	close(r->watch.fd);
	r->watch.fd = -1;
}

static void ready(struct loop_watch *w, uint32_t events) {
	struct resolve *r = LOOP_OWNER(w, struct resolve, watch);
	struct answer a;
	ssize_t n = read(w->fd, &a, sizeof(a));

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	resolve_cancel(r);
	if (n != sizeof(a))
		r->done(r, "looking up its name takes too long");
	else if (a.error)
		r->done(r, gai_strerror(a.error));
	else
		r->done(r, take(r, &a, r->port) ? NULL : "its name has no address");
}

int resolve_start(struct resolve *r, const char *host, uint16_t port) {
	int ends[2];
	pid_t pid, agent = getpid();

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	pid = _Fork();
	if (pid == 0)
		help(ends[1], host, agent);
	close(ends[1]);
	r->watch = (struct loop_watch){ .fd = ends[0], .ready = ready };
	if (pid < 0 || loop_watch(&r->watch, EPOLLIN) < 0) {
		close(ends[0]);
		return -1;
	}
	r->port = port;
	r->busy = true;
	return 0;
}
