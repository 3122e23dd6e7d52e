/* SPDX-License-Identifier: Apache-2.0 */
/* A registry's dialect: functions which only write a request or judge a reply, so that they are
 * tested without a network. When, how often and what after a failure is discovery.c's.
 * To add a registry: one file with its table, its line in registry.c, its name in the schema. */
#ifndef INIT_AGENT_REGISTRY_H
#define INIT_AGENT_REGISTRY_H

#include <stdbool.h>

#include "init/agent/endpoint.h"
#include "init/agent/exchange.h"
#include "init/agent/instance.h"
#include "init/agent/tls.h"
#include "init/json.h"
#include "init/service.h"

enum {
	REGISTRY_TOKEN = 1024,
	REGISTRY_HEADERS = REGISTRY_TOKEN + 64,
	REGISTRY_REQUESTS = 6, /* that one task may take */
	REGISTRY_WAIT = 60000, /* ms; proxies drop connections that are idle for longer */
};

enum registry_task {
	REGISTRY_ANNOUNCE,
	REGISTRY_RENEW, /* at least every third of the ttl */
	REGISTRY_REPORT, /* renew, and say that its state has changed */
	REGISTRY_WITHDRAW,
	REGISTRY_REACH, /* nothing but an answer */
	REGISTRY_TASKS,
};

enum registry_verdict {
	REGISTRY_ACCEPTED,
	REGISTRY_LOST, /* it does not know the service: announce it again */
	REGISTRY_REFUSED, /* it will go on saying so until somebody changes something */
	REGISTRY_FAILED, /* the next try may succeed */
	REGISTRY_MORE, /* so far, so good: the task's next step */
	REGISTRY_AGAIN, /* the same step once more, at once */
};

/* Where it is, and the header lines that go with each request (secrets among them). */
struct registry_access {
	struct endpoint endpoint;
	struct tls_names tls; /* where the endpoint is secure */
	char headers[REGISTRY_HEADERS];
};

/* What a request is about. */
struct registry_entry {
	const struct service *service;
	bool passing; /* its state, else it is critical */
	bool first; /* nobody can have changed anything about it in the registry yet, because it is
		       the first announcement of this container's life */
	unsigned step; /* of the task: 0, and one more for each REGISTRY_MORE */
};

/* What is to be known of a service. */
struct registry_question {
	const struct config_watch *watch;
	uint64_t index; /* of the last answer: only what is new is wanted; 0: what there is, at once
			 */
};

struct registry {
	const char *name;
	/* Finds out where from the configuration and the environment, while the process may still
	 * read what only root can. */
	int (*open)(struct registry_access *, const struct config_discovery *, struct error *);
	/* Writes the request for a task. */
	int (*write)(enum registry_task, const struct registry_entry *, struct exchange_request *,
		     struct error *);
	/* Judges the answer to the request that was written last. */
	enum registry_verdict (*judge)(enum registry_task, const struct exchange_reply *);
	/* It failed: the next requests go to the next of several places, if it has them. Or NULL.
	 */
	void (*elsewhere)(void);

	/* Writes the request for a list of instances, which is answered when there is news, or
	 * after REGISTRY_WAIT (query.h). NULL: lists come in another way (watch.c). */
	int (*ask)(const struct registry_question *, struct exchange_request *, struct error *);
	const char *index; /* the header that has the answer's index */
	const struct instance_path *paths; /* where a list, or a file, has what */
};

extern const struct registry registry_consul, registry_etcd, registry_file;

/* NULL for "none". */
const struct registry *registry_find(enum config_registry);

/* For the dialects. */

/* A setting, or else the variable, if either is there and says anything; or NULL. */
const char *registry_setting(const char *value, const char *variable);

/* Makes "NAME: VALUE" the header line that goes with each request. A value with a line break in it
 * would be a header of its own. */
int registry_set_header(struct registry_access *, const char *name, const char *value,
			struct error *);

/* Appends text to target, with everything but A-Z a-z 0-9 - . _ ~ and what is in safe as %XX
 * (RFC 3986, 2.1). -1 if it does not fit; target is terminated then as well. */
int registry_encode(char *target, size_t size, const char *text, const char *safe);

/* The service's tags as a list and its meta as an object, under these names, where it has any. */
void registry_describe(struct json *, const struct service *, const char *tags, const char *meta);

/* The whole entry as an object, for registries that keep what they are given. */
void registry_write_entry(struct json *, const struct registry_entry *);

/* The service that a [watch] is about. */
const char *registry_service(const struct config_watch *);

/* Makes what was written into the request's body its body; fails if it did not fit. */
int registry_finish(const struct json *, struct exchange_request *, struct error *);

/* What the registry said, fit for a line of the log. */
void registry_explain(const struct exchange_reply *, char *text, size_t size);

/* What an answer's status means by its class, if the registry has nothing special about it: 4xx but
 * 408 and 429 (RFC 9110, 15.5.9; RFC 6585, 4) and redirections are for good, 5xx are not. */
enum registry_verdict registry_judge(int status);

#endif
