/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration, and where it is silent the environment, say of TLS. */
#ifndef INIT_AGENT_SECURE_H
#define INIT_AGENT_SECURE_H

#include "config/config.h"
#include "init/agent/tls.h"

/* What a registry's own clients call them; NULL: they have none. */
struct secure_variables {
	const char *authorities, *folder, *certificate, *key, *server, *verify;
};

int secure_find(struct tls_names *, const struct config_discovery *,
		const struct secure_variables *, struct error *);

/* A variable that says yes or no as Go's clients do; preset if it is not set or empty. */
int secure_flag(const char *variable, bool preset, bool *flag, struct error *);

#endif
