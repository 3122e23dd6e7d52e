/* SPDX-License-Identifier: Apache-2.0 */
/* What announcing in etcd (etcd.c) and following it (etcd_watch.c) have in common: where it is, who
 * asks, and the keys. */
#ifndef INIT_AGENT_ETCD_H
#define INIT_AGENT_ETCD_H

#include "init/agent/registry.h"

enum etcd_step {
	ETCD_LOGIN, /* a user without a token asks for one first */
	ETCD_LIST, /* all keys of a service */
	ETCD_FOLLOW, /* what changes in them; an answer without an end */
};

/* Writes the next request about a service, and says which one it is: for what is newer than the
 * index, a revision of etcd's, or at index 0 for what there is. -1 if its key is too long. */
int etcd_ask(const struct registry_question *, struct exchange_request *, struct error *);

/* REGISTRY_AGAIN: what comes next is known now, or has to be logged in for. */
enum registry_verdict etcd_judge(enum etcd_step, const struct exchange_reply *);

/* The value of a service's key. Whether it fits. */
bool etcd_write_value(enum config_layout, const struct registry_entry *, char *value, size_t size);

/* Any number names one of its addresses. */
const struct endpoint *etcd_endpoint(unsigned turn);

#endif
