/* SPDX-License-Identifier: Apache-2.0 */
/* The instances of a service, as a registry lists them: collected from what a scanner finds,
 * checked, sorted, compared. What could do harm in a configuration file or a command is not taken.
 */
#ifndef INIT_AGENT_INSTANCE_H
#define INIT_AGENT_INSTANCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "init/agent/scanner.h"

enum {
	INSTANCE_MAX = 16384, /* in a list; what is beyond is left out, with a warning */
	INSTANCE_NAME = 256, /* bytes of an id or an address with its NUL */
	INSTANCE_TAGS = 64,
	INSTANCE_METAS = 64,
	INSTANCE_MORE = 4096, /* bytes of all tags, and of all meta */
};

struct instance_item;

/* A list. Zeroed: empty. Its memory is its owner's. */
struct instances {
	unsigned count;
	uint64_t digest; /* the same for the same instances, in whatever order; 0: none */
	unsigned room;
	struct instance_item *items;
	char *text;
	size_t used, size;
};

/* One of a list; valid as long as that is. */
struct instance {
	const char *id, *address;
	uint16_t port; /* 0: it has none */
	unsigned tags_count, metas_count;
	const char *tags[INSTANCE_TAGS];
	struct {
		const char *key, *value;
	} metas[INSTANCE_METAS];
};

void instances_free(struct instances *);
void instances_view(const struct instances *, unsigned i, struct instance *);

/* What a value says of an instance. */
enum instance_field {
	INSTANCE_ID,
	INSTANCE_ADDRESS,
	INSTANCE_HOST, /* the address, if it has none of its own */
	INSTANCE_STATE, /* "passing", else it is left out */
	INSTANCE_PORT,
	INSTANCE_TTL, /* ms */
	INSTANCE_TAG,
	INSTANCE_META,
	INSTANCE_OVER, /* all of it is known */
};

/* Where a registry has what; META's ends in a dot and is the beginning of the path. The last one is
 * INSTANCE_OVER, with the path that ends an instance. */
struct instance_path {
	char path[22];
	uint8_t length;
	uint8_t field;
};
#define INSTANCE_PATH(path, field)                                                                 \
	{ path, sizeof(path) - 1, INSTANCE_##field }

/* Collects instances into a list. */
struct collector {
	/* The owner's. */
	const struct instance_path *paths;
	const char *who; /* "watch rng", for warnings */
	bool sorted; /* by id, address and port; else they stay in the registry's order */
	const struct config_word *wanted; /* tags that it has to have, where the registry does not
					     look at them */
	bool ages; /* it is dead when its age exceeds its ttl */
	int64_t age; /* ms */

	/* What came of it. */
	struct instances list;
	bool lost; /* there was no memory for all of them */
	int64_t ttl; /* of the one of this text; ms */

	/* Its own. */
	struct scanner scanner;
	bool whole; /* a list, where one is wanted, or an object */
	const char *wrong; /* with the instance that is being read */
	const char *why; /* one was left out */
	unsigned refusals;
	uint64_t refused, told; /* which ones were left out, now and the last time */
	bool passing;
	int64_t port;
	unsigned tags_count, metas_count;
	size_t tags_length, metas_length;
	char names[INSTANCE_HOST + 1][INSTANCE_NAME];
	char tags[INSTANCE_MORE], metas[INSTANCE_MORE];
};

/* Begins a list; what was in it before is left to whoever took it. */
void collector_begin(struct collector *);
/* Begins a text, of which there may be several for one list. */
void collector_begin_text(struct collector *);
/* The id of the instance that is begun, where the text does not say it. It is shorter than
 * INSTANCE_NAME. */
void collector_name(struct collector *, const char *id);
int collector_feed(struct collector *, const char *bytes, size_t length);
/* The end of a text: whether it was one. */
bool collector_end_text(struct collector *);
/* The text is that of an instance, and wrong. */
void collector_refuse(struct collector *, const char *why);
/* The list is complete. */
void collector_end(struct collector *);

#endif
