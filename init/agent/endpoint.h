/* SPDX-License-Identifier: Apache-2.0 */
/* Where a registry is: the address of the configuration taken apart. Pure: no name is looked up
 * here (resolve.h does). */
#ifndef INIT_AGENT_ENDPOINT_H
#define INIT_AGENT_ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "config/error.h"

enum { ENDPOINT_TEXT = 300, ENDPOINT_HOST = 256, ENDPOINT_PATH = 1024 };

enum endpoint_kind {
	ENDPOINT_ADDRESS, /* address is complete: IPv4, IPv6 or a unix socket */
	ENDPOINT_NAME, /* host has to be resolved */
	ENDPOINT_DIRECTORY, /* path is a directory of files */
};

struct endpoint_address {
	socklen_t length;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
};

struct endpoint {
	enum endpoint_kind kind;
	struct endpoint_address address;
	char host[ENDPOINT_HOST]; /* also if it is an address; of a unix socket, "" */
	uint16_t port;
	bool secure; /* by TLS */
	char path[ENDPOINT_PATH];
	char text[ENDPOINT_TEXT]; /* for the Host header and for people: "10.0.0.1:8500" */
};

/* Takes http://host:port, https://host:port, host:port, host, [IPv6]:port, unix:/path,
 * unix:///path; preset: the port where none is given. */
int endpoint_parse(struct endpoint *, const char *address, uint16_t preset, struct error *);

/* For a registry that is a directory. */
int endpoint_directory(struct endpoint *, const char *path, struct error *);

#endif
