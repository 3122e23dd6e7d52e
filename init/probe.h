/* SPDX-License-Identifier: Apache-2.0 */
/* What [check NAME] becomes once ports and addresses are known: where to look, whom it is about,
 * and when to look next. Who looks is the agent (init/agent/prober.c) over the network, and PID 1
 * (init/probe_exec.c) with a command. */
#ifndef INIT_PROBE_H
#define INIT_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "init/message.h"

struct net_state;
struct port_list;
struct service_list;

enum {
	PROBE_MAX = CONFIG_CHECKS,
	PROBE_ADDRESSES = 3,
	PROBE_HASTE = 50, /* ms to the second look while the application starts, doubling */
	PROBE_TARGET = 128, /* bytes of a target's text; a longer one is cut */
};

struct probe {
	const struct config_check *config;
	uint64_t services; /* bit n: it speaks for service n */
	uint16_t port; /* of http and tcp */
	unsigned addresses_count;
	struct config_ip addresses[PROBE_ADDRESSES]; /* tried in turn */
};

struct probe_list {
	unsigned count;
	struct probe items[PROBE_MAX];
};

/* Finds out for each [check] what it is about and where to look. The port is that of the [port]
 * that belongs to its service, not the one that others see behind a mapping. The address is the
 * one that the [port] binds; else the service's, if it is one of this container's own, so that an
 * application that others can't reach does not pass; else those of the loopback, and the first of
 * the container. */
void probe_resolve(struct probe_list *, const struct config *, const struct service_list *,
		   const struct port_list *, const struct net_state *);

/* Whether the agent looks; else it is a command. */
bool probe_is_remote(const struct probe *);

/* Whether that is a good result of one that the agent makes. */
bool probe_is_good(enum message_result, unsigned detail);

/* Writes "10.0.0.5:8080", "[::1]:8080": the first address. */
enum { PROBE_HOST = 56 };
void probe_host(const struct probe *, char text[static PROBE_HOST]);

/* Writes "http://10.0.0.5:8080/health", "tcp://[::1]:6379", "pg_isready". */
void probe_describe(const struct probe *, char text[static PROBE_TARGET]);

/* When to look. Before the first good result there are extra looks between the regular ones, so
 * that an application that starts quickly passes quickly; their bad results do not count. */
struct probe_pace {
	int64_t due; /* loop_now() of the next regular look */
	int64_t haste; /* ms; 0: no more */
	bool extra; /* the look that is due, or being made, is one of these */
};

/* The first look is due now. */
void probe_pace_begin(struct probe_pace *, int64_t now);
/* Whether the result of the look just made counts. */
bool probe_pace_counts(const struct probe_pace *, bool good);
/* After it: ms until the next one. */
int64_t probe_pace_next(struct probe_pace *, int64_t now, int64_t interval, bool good);

#endif
