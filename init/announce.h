/* SPDX-License-Identifier: Apache-2.0 */
/* Announces the addresses that were configured, while the application runs already. */
#ifndef INIT_ANNOUNCE_H
#define INIT_ANNOUNCE_H

struct config;
struct net_state;

/* Once the loop is there; both have to stay. Begins anew if it is called again. */
void announce_start(const struct config *, const struct net_state *);

#endif
