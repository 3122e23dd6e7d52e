/* SPDX-License-Identifier: Apache-2.0 */
#include "init/claim.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "init/holder.h"

static const int types[] = {
	[CONFIG_TCP] = SOCK_STREAM,
	[CONFIG_UDP] = SOCK_DGRAM,
};

static void shut(int *fd) {
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

void claim_release(struct claim *claim) {
	shut(&claim->lock);
	shut(&claim->socket);
}

static bool is_unspecified(const struct config_ip *ip) {
	static const uint8_t zero[sizeof(ip->bytes)];

	return memcmp(ip->bytes, zero, sizeof(zero)) == 0;
}

/* Siblings may want one number on different addresses. Who could have any number just takes another
 * one where there is a sibling, whatever its address. */
static bool is_narrow(const struct claim_wish *wish) {
	return !wish->any && !is_unspecified(wish->bind);
}

/* Abstract, so nothing has to be cleaned up: "\0pintle/tcp/8080", "\0pintle/udp/10.0.0.5:53". */
static socklen_t lock_name(const struct claim_wish *wish, bool narrow, struct sockaddr_un *name) {
	char *text = name->sun_path + 1;
	size_t size = sizeof(name->sun_path) - 1;
	char address[INET6_ADDRSTRLEN] = "";
	int len;

	memset(name, 0, sizeof(*name));
	name->sun_family = AF_UNIX;
	if (narrow)
		inet_ntop(wish->bind->family, wish->bind->bytes, address, sizeof(address));
	len = snprintf(text, size, "pintle/%s/%s%s%u", holder_protocol(wish->protocol), address,
		       *address ? ":" : "", wish->number);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

static int lock(const struct claim_wish *wish) {
	struct sockaddr_un name;
	socklen_t len = lock_name(wish, is_narrow(wish), &name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&name, len) == 0)
		return fd;
	shut(&fd);
	return -1;
}

static bool is_locked(const struct claim_wish *wish, bool narrow, struct sockaddr_un *name) {
	socklen_t len = lock_name(wish, narrow, name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool locked = fd >= 0 && connect(fd, (struct sockaddr *)name, len) == 0;

	shut(&fd);
	return locked;
}

/* One that has it on our address, or on all. */
static bool has_sibling(const struct claim_wish *wish, struct sockaddr_un *name) {
	return is_locked(wish, false, name) || (is_narrow(wish) && is_locked(wish, true, name));
}

bool claim_sibling(const struct claim_wish *wish, struct holder *holder) {
	struct sockaddr_un name;

	return has_sibling(wish, &name) && (holder_identify_unix(name.sun_path + 1, holder), true);
}

/* Without an address all of both families are meant. Where the kernel knows no IPv6, IPv4. */
static socklen_t address_of(const struct claim_wish *wish, bool ipv6,
			    struct sockaddr_storage *address) {
	struct sockaddr_in *four = (struct sockaddr_in *)address;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;

	memset(address, 0, sizeof(*address));
	if (!ipv6) {
		four->sin_family = AF_INET;
		four->sin_port = htons(wish->number);
		memcpy(&four->sin_addr, wish->bind->bytes, sizeof(four->sin_addr));
		return sizeof(*four);
	}
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(wish->number);
	memcpy(&six->sin6_addr, wish->bind->bytes, sizeof(six->sin6_addr));
	return sizeof(*six);
}

static void set(int fd, int level, int option, int value) {
	(void)setsockopt(fd, level, option, &value, sizeof(value));
}

/* A bound socket, or -1 with errno. */
static int bound(const struct claim_wish *wish, bool reuse) {
	int type = types[wish->protocol] | SOCK_CLOEXEC;
	bool ipv6 = wish->bind->family != AF_INET;
	struct sockaddr_storage address;
	socklen_t len;
	int fd = socket(ipv6 ? AF_INET6 : AF_INET, type, 0);

	if (fd < 0 && errno == EAFNOSUPPORT && !wish->bind->family) {
		ipv6 = false;
		fd = socket(AF_INET, type, 0);
	}
	if (fd < 0)
		return -1;
	len = address_of(wish, ipv6, &address);
	if (ipv6)
		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
	/* A bound UDP socket that nobody reads would get a share of the neighbours' datagrams. */
	if (wish->share && (wish->serve || wish->protocol == CONFIG_TCP))
		set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	if (reuse)
		set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (bind(fd, (struct sockaddr *)&address, len) == 0)
		return fd;
	shut(&fd);
	return -1;
}

/* Set only now, SO_REUSEADDR lets the application bind the same port, which nobody else can who
 * does not set it, and no connection comes here as nobody listens. Where we are to listen, it lets
 * the next one get over the connections that remain. */
static enum claim_verdict keep(struct claim *claim, const struct claim_wish *wish, int fd) {
	bool tcp = wish->protocol == CONFIG_TCP;

	claim->socket = fd;
	if (tcp && (wish->hold || wish->serve))
		set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	else if (!wish->serve)
		shut(&claim->socket);
	if (!tcp || !wish->serve || listen(fd, CLAIM_BACKLOG) == 0)
		return CLAIM_FREE;
	return errno == EADDRINUSE ? CLAIM_TAKEN : CLAIM_FAILED;
}

/* The kernel refused: because somebody has the port, or because connections of an earlier process
 * are still known. An application that sets SO_REUSEADDR gets over these, as we do here. */
static enum claim_verdict refused(struct claim *claim, const struct claim_wish *wish) {
	struct sockaddr_un name;
	struct holder holder;
	int fd;

	if (wish->any)
		return CLAIM_TAKEN;
	if (wish->protocol == CONFIG_UDP)
		return wish->share && !wish->serve ? CLAIM_FREE : CLAIM_TAKEN;
	if (holder_find(wish->protocol, wish->number, wish->bind, &holder))
		return CLAIM_TAKEN;
	if (!wish->lock && !wish->share && has_sibling(wish, &name))
		return CLAIM_TAKEN;
	fd = bound(wish, true);
	if (fd < 0)
		return errno == EADDRINUSE ? CLAIM_BUSY : CLAIM_FAILED;
	return keep(claim, wish, fd);
}

/* The application may be allowed to bind what we are not: it has file capabilities. */
static enum claim_verdict forbidden(const struct claim_wish *wish) {
	struct holder holder;

	if (wish->hold || wish->serve || wish->any)
		return errno = EACCES, CLAIM_FAILED;
	return holder_find(wish->protocol, wish->number, wish->bind, &holder) ? CLAIM_TAKEN
									      : CLAIM_FREE;
}

static enum claim_verdict try(struct claim *claim, const struct claim_wish *wish) {
	struct sockaddr_un name;
	int fd;

	if (wish->lock && is_narrow(wish) && is_locked(wish, false, &name))
		return CLAIM_TAKEN;
	if (wish->lock && (claim->lock = lock(wish)) < 0)
		return errno == EADDRINUSE ? CLAIM_TAKEN : CLAIM_FAILED;
	fd = bound(wish, false);
	if (fd >= 0)
		return keep(claim, wish, fd);
	if (errno == EADDRINUSE)
		return refused(claim, wish);
	return errno == EACCES ? forbidden(wish) : CLAIM_FAILED;
}

enum claim_verdict claim_take(struct claim *claim, const struct claim_wish *wish) {
	enum claim_verdict verdict;

	*claim = (struct claim){ .lock = -1, .socket = -1 };
	verdict = try(claim, wish);
	if (verdict == CLAIM_TAKEN || verdict == CLAIM_FAILED)
		claim_release(claim);
	return verdict;
}
