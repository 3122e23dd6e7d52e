/* SPDX-License-Identifier: Apache-2.0 */
/* --monitor: prints what happens to the network until it is killed. */
#ifndef INIT_MONITOR_H
#define INIT_MONITOR_H

struct error;
struct net_state;

/* Returns only if it can't go on: -1. The state is for its use. */
int monitor_run(struct net_state *, struct error *);

#endif
