/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of instances from a registry that is asked over HTTP, and answers when there is news: each
 * [watch] has a connection of its own, which is always waiting for an answer. */
#ifndef INIT_AGENT_QUERY_H
#define INIT_AGENT_QUERY_H

#include "init/agent/registry.h"

enum {
	QUERY_BODY = 32 << 20, /* bytes of an answer, which are looked at as they come */
	QUERY_SPACING = 20, /* ms from one question to the next */
	QUERY_CHURN = 6, /* how often that doubles while answers bring nothing new */
};

/* Begins to ask about all [watch] sections. */
void query_init(const struct config *, const struct registry *, const struct registry_access *);

/* The index to ask with next: that of the answer's header (NULL: there was none), where it is sound
 * and has not gone backwards. The rules are Consul's: developer.hashicorp.com/consul/api-docs/
 * features/blocking, implementation details. */
uint64_t query_next_index(uint64_t asked, const char *header);

#endif
