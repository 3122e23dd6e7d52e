/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of tls.c where pintle is built without it: https is refused before anything is done.
 */
#include <errno.h>

#include "init/agent/tls.h"

bool tls_is_built(void) {
	return false;
}

int tls_prove(const struct tls_names *names, struct error *e) {
	(void)names;
	return fail(e, "this build has no TLS");
}

int tls_open(const struct tls_names *names, struct error *e) {
	return tls_prove(names, e);
}

int tls_begin(struct channel *c, const char *host) {
	(void)c, (void)host;
	errno = EPROTONOSUPPORT;
	return -1;
}
