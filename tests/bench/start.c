/* SPDX-License-Identifier: Apache-2.0 */
/* From the init's exec to the application's first instruction. */
#include <unistd.h>

#include "tests/bench/bench.h"

enum { ROUNDS = 1500, ROUNDS_QUICK = 300, NETWORK_ROUNDS = 500, NETWORK_ROUNDS_QUICK = 150 };

static const char control_socket[] = "/run/pintle.sock";

static double microseconds(const struct run *r, int64_t until) {
	return (double)(until - r->executed) / 1000;
}

/* The application finds its stdin at an end and goes at once; how the init follows is not measured
 * here, so that it is not waited for. */
static void start_once(enum candidate_id c) {
	struct run r;
	if (spawn(c, 0, &r)) {
		sample_add(START, c, microseconds(&r, r.started));
		spawn_end(&r);
	}
	(void)unlink(control_socket);
}

void start_measure(const struct options *o) {
	static const enum candidate_id list[] = {
		NONE,      REF0,           REF,    TINI,          TINI_STATIC, CONTROL,   DUMB_INIT,
		CATATONIT, CATATONIT_MUSL, PINTLE, PINTLE_CONFIG, PINTLE_PORT, CANDIDATES
	};
	enum candidate_id order[CANDIDATES];

	spawn_pin(true);
	for (int round = o->quick ? ROUNDS_QUICK : ROUNDS; round > 0; round--) {
		unsigned n = sample_shuffle(list, order);
		for (unsigned i = 0; i < n; i++)
			start_once(order[i]);
	}
}

static void start_in_network(enum candidate_id c) {
	struct run r;
	if (!registry_open() || !spawn(c, SPAWN_MOUNTS | SPAWN_IDLE, &r))
		return;
	sample_add(START_NET, c, microseconds(&r, r.started));
	if (c == PINTLE_FULL) {
		int64_t moment = registry_registered();
		if (moment >= 0)
			sample_add(REGISTERED, c, microseconds(&r, moment));
		else
			candidates[c].failures++;
	}
	spawn_end(&r);
}

void start_measure_network(const struct options *o) {
	static const enum candidate_id list[] = { TINI_STATIC, CONTROL,     PINTLE,    PINTLE_NET,
						  PINTLE_VETH, PINTLE_FULL, CANDIDATES };
	enum candidate_id order[CANDIDATES];

	spawn_pin(true);
	for (int round = o->quick ? NETWORK_ROUNDS_QUICK : NETWORK_ROUNDS; round > 0; round--) {
		unsigned n = sample_shuffle(list, order);
		for (unsigned i = 0; i < n; i++) {
			if (world_new_network(order[i] == PINTLE_VETH))
				start_in_network(order[i]);
			registry_close();
			(void)unlink(control_socket);
			world_old_network();
		}
	}
}
