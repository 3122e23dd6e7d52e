/* SPDX-License-Identifier: Apache-2.0 */
/* etcd's keys of a service as a list of instances, by the layout of their values. They come as
 * base64 in JSON, in pieces, and whatever their size nothing is allocated but the list. */
#ifndef INIT_AGENT_ETCD_LIST_H
#define INIT_AGENT_ETCD_LIST_H

#include "init/agent/instance.h"

struct etcd_list {
	/* The owner's; of the collector what is said to be. */
	enum config_layout layout;
	struct collector collector; /* with the list */

	/* What came of it. */
	uint64_t revision; /* that the list is of */

	/* Its own. */
	struct scanner scanner;
	bool going; /* a text that comes in pieces */
	bool good; /* the value, so far */
	unsigned refusals; /* before it */
	size_t length; /* of the id or the address */
	char id[INSTANCE_NAME]; /* the last part of the key */
	char address[INSTANCE_NAME + 8];
};

/* Begins an answer; a list that is still there is freed. */
void etcd_list_begin(struct etcd_list *);
int etcd_list_feed(struct etcd_list *, const char *bytes, size_t length);
/* Whether that was an answer, and all of it. */
bool etcd_list_end(struct etcd_list *);

#endif
