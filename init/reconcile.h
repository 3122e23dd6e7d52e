/* SPDX-License-Identifier: Apache-2.0 */
/* Watches whether the network stays as it is wanted, and repairs it if [net] reconcile says so. */
#ifndef INIT_RECONCILE_H
#define INIT_RECONCILE_H

struct config;
struct net_mode;
struct net_state;

/* Once the loop is there; all have to stay, and the state is kept up to date. */
void reconcile_start(const struct config *, struct net_state *, const struct net_mode *);

/* What is not as wanted, for --status; "" if all is. */
const char *reconcile_drift(void);

#endif
