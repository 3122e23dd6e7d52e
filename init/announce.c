/* SPDX-License-Identifier: Apache-2.0 */
#include "init/announce.h"

#include <unistd.h>

#include "init/log.h"
#include "init/loop.h"
#include "netcfg/announce.h"

/* Whoever is over before the first one needs none, and does not wait for the socket's end. */
enum { FIRST = 50, BETWEEN = 500 };

static const struct config *config;
static const struct net_state *network;
static int fd = -1;
static unsigned rounds;

static void next(struct loop_timer *timer) {
	if (fd < 0)
		fd = net_announce_open();
	if (fd < 0) {
		log_debug("network: addresses are not announced: %m");
		return;
	}
	if (net_announce(fd, config, network, rounds++))
		loop_arm(timer, BETWEEN);
	else {
		(void)close(fd);
		fd = -1;
	}
}

void announce_start(const struct config *c, const struct net_state *n) {
	static struct loop_timer timer = { .fire = next };

	config = c;
	network = n;
	rounds = 0;
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next)
		if (i->announce > 0)
			loop_arm(&timer, FIRST);
}
