/* SPDX-License-Identifier: Apache-2.0 */
/* Watches whether the network stays as it is wanted, and repairs it if [net] reconcile says so; and
 * whether the services stay where they are announced. */
#ifndef INIT_RECONCILE_H
#define INIT_RECONCILE_H

struct config;
struct net_mode;
struct net_state;
struct service_list;

/* Once the loop is there; all have to stay, and the state and the services are kept up to date. */
void reconcile_start(const struct config *, struct net_state *, const struct net_mode *,
		     struct service_list *);

/* The members of a service are others. */
void reconcile_follow(void);

/* What is not as wanted, for --status; "" if all is. */
const char *reconcile_drift(void);

#endif
