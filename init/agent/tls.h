/* SPDX-License-Identifier: Apache-2.0 */
/* TLS for the agent, as a client of 1.2 (RFC 5246) and 1.3 (RFC 8446), with mbedTLS: tls.c. A build
 * without it (make TLS=no) has tls_none.c in its place. One set of names serves all connections. */
#ifndef INIT_AGENT_TLS_H
#define INIT_AGENT_TLS_H

#include <stdbool.h>

#include "config/error.h"
#include "init/agent/channel.h"

/* Who is trusted, and who we are. The texts live as long as the process. */
struct tls_names {
	const char *authorities; /* a file of certificates (PEM), or a directory of such; NULL: the
				    image's */
	const char *certificate, *key; /* ours; NULL: none */
	const char *server; /* whom the server has to be; NULL: the host it was reached by */
	bool anyone; /* whoever answers is the one: nothing is verified */
};

/* Whether this build has it. */
bool tls_is_built(void);

/* Proves that tls_open will find its files; opens and closes them, and reads none. */
int tls_prove(const struct tls_names *, struct error *);

/* Opens the files, while the process may still read what only root can. What is in them is looked
 * at when the first connection is made. */
int tls_open(const struct tls_names *, struct error *);

/* Makes a channel, whose socket is connected to host, one of TLS; 0 or -1 as channel.h says. */
int tls_begin(struct channel *, const char *host);

#endif
