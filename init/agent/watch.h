/* SPDX-License-Identifier: Apache-2.0 */
/* What is believed of the services that the application depends on: lists are kept when the
 * registry fails, changes are gathered, an empty list has to last before it is believed. Where
 * lists come from is a source's (query.h, etcd_watch.h, folder.h), and all registries are treated
 * alike here. */
#ifndef INIT_AGENT_WATCH_H
#define INIT_AGENT_WATCH_H

#include <stdbool.h>

#include "init/agent/instance.h"
#include "init/agent/registry.h"
#include "init/message.h"

struct watch_setup {
	const struct config *config;
	const struct registry *registry;
	const struct registry_access *access;
	const struct message_belief *beliefs; /* what PID 1 was told before, of each watch */
	/* A MESSAGE_LIST with its items, or the head of another. -1: there is no room for now. */
	int (*tell)(const struct message_list *, unsigned items);
	/* A list that is believed is another one now. May be NULL. */
	void (*changed)(unsigned watch);
};

/* Begins to follow all [watch] sections. The setup is copied; what it points to lives for ever. */
void watch_init(const struct watch_setup *);

/* The list that is believed, by the number of its [watch]; NULL: the registry has not answered yet.
 * Valid until it changes. */
const struct instances *watch_list(unsigned watch);

/* PID 1 has taken the last list, and can be told the next one. */
void watch_taken(void);

/* For sources. */

/* What the registry says now; the list is the watch's from here on, and sorted. */
void watch_take(unsigned watch, struct instances *);
/* It says nothing, and why. */
void watch_fail(unsigned watch, const char *why);

#endif
