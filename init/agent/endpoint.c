/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/endpoint.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int parse_port(const char *text, uint16_t *port) {
	char *end;
	long n = strtol(text, &end, 10);

	if (!isdigit((unsigned char)*text) || *end || n < 1 || n > 65535)
		return -1;
	*port = (uint16_t)n;
	return 0;
}

static bool host_like(const char *host) {
	for (const char *c = host; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-._", *c))
			return false;
	return *host && *host != '-';
}

/* An IP address in a URL needs no resolver. */
static bool literal(struct endpoint *p, bool brackets) {
	if (!brackets && inet_pton(AF_INET, p->host, &p->address.in.sin_addr) == 1) {
		p->address.in.sin_family = AF_INET;
		p->address.in.sin_port = htons(p->port);
		p->address.length = sizeof(p->address.in);
		return true;
	}
	if (brackets && inet_pton(AF_INET6, p->host, &p->address.in6.sin6_addr) == 1) {
		p->address.in6.sin6_family = AF_INET6;
		p->address.in6.sin6_port = htons(p->port);
		p->address.length = sizeof(p->address.in6);
		return true;
	}
	return false;
}

static int parse_host(struct endpoint *p, const char *address, const char *text, struct error *e) {
	bool brackets = *text == '[';
	const char *start = text + brackets;
	size_t length = strcspn(start, brackets ? "]" : ":/");
	const char *rest = start + length + (brackets && start[length] == ']');
	char port[8];

	if (length >= sizeof(p->host) || (brackets && start[length] != ']'))
		return fail(e, "'%s' names no host", address);
	memcpy(p->host, start, length);
	p->host[length] = 0;
	if (*rest == ':') {
		length = strcspn(++rest, "/");
		if (length >= sizeof(port))
			return fail(e, "'%s' has no port from 1 to 65535", address);
		snprintf(port, sizeof(port), "%.*s", (int)length, rest);
		if (parse_port(port, &p->port) < 0)
			return fail(e, "'%s' has no port from 1 to 65535", address);
		rest += length;
	}
	if (*rest && strcmp(rest, "/") != 0)
		return fail(e, "'%s' has more than host and port", address);
	snprintf(p->text, sizeof(p->text), brackets ? "[%s]:%u" : "%s:%u", p->host, p->port);
	p->kind = literal(p, brackets) ? ENDPOINT_ADDRESS : ENDPOINT_NAME;
	if (p->kind == ENDPOINT_NAME && (brackets || !host_like(p->host)))
		return fail(e, "'%s' names no host", address);
	return 0;
}

static int parse_unix(struct endpoint *p, const char *address, const char *path, struct error *e) {
	struct sockaddr_un *un = &p->address.un;

	if (strncmp(path, "//", 2) == 0)
		path += 2;
	if (*path != '/' || strlen(path) >= sizeof(un->sun_path))
		return fail(e, "'%s' has no absolute path of 1 to %zu bytes", address,
			    sizeof(un->sun_path) - 1);
	p->kind = ENDPOINT_ADDRESS;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, strlen(path) + 1);
	p->address.length = sizeof(*un);
	/* As Go's and curl's clients say it: the path means nothing to a server. */
	snprintf(p->text, sizeof(p->text), "localhost");
	return 0;
}

static int parse_https(struct endpoint *p, const char *address, const char *rest, struct error *e) {
	p->secure = true;
	return parse_host(p, address, rest, e);
}

static const struct {
	const char *prefix;
	int (*parse)(struct endpoint *, const char *address, const char *rest, struct error *);
} schemes[] = {
	{ "http://", parse_host },
	{ "https://", parse_https },
	{ "unix:", parse_unix },
};

static int parse(struct endpoint *p, const char *address, struct error *e) {
	for (size_t i = 0; i < sizeof(schemes) / sizeof(*schemes); i++) {
		size_t length = strlen(schemes[i].prefix);

		if (strncmp(address, schemes[i].prefix, length) == 0)
			return schemes[i].parse(p, address, address + length, e);
	}
	if (strstr(address, "://"))
		return fail(e, "'%s' is none of http://, https:// and unix:", address);
	return parse_host(p, address, address, e);
}

int endpoint_parse(struct endpoint *endpoint, const char *address, uint16_t preset,
		   struct error *e) {
	struct endpoint p = { .port = preset };

	if (parse(&p, address, e) < 0)
		return -1;
	*endpoint = p;
	return 0;
}

int endpoint_directory(struct endpoint *endpoint, const char *path, struct error *e) {
	struct endpoint p = { .kind = ENDPOINT_DIRECTORY };

	if (*path != '/' || strlen(path) >= sizeof(p.path))
		return fail(e, "'%s' is not the absolute path of a directory", path);
	snprintf(p.path, sizeof(p.path), "%s", path);
	snprintf(p.text, sizeof(p.text), "%s", path);
	*endpoint = p;
	return 0;
}
