/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets that the application inherits from descriptor 3 on, as sd_listen_fds(3) looks for them:
 * first those that were handed to pintle, then those of [port] handover = socket. In PID 1 they lie
 * where the application finds them, CLOEXEC, so that only a child that asks gets them, and stay
 * open while it may be started again: meanwhile connections queue. */
#ifndef INIT_HANDOVER_H
#define INIT_HANDOVER_H

#include <stdbool.h>

#include "config/config.h"

/* Looks whether sockets were handed to this process: LISTEN_PID names it. Before anything is
 * opened. Returns the first descriptor that nobody meant us to have. */
unsigned handover_inherit(void);

/* Keeps the descriptors free that the sockets of the file's ports will have. Before anything is
 * opened that stays open. */
int handover_reserve(const struct config *, struct error *);

/* The next one, in the order of the file: the socket moves to its place and is ours. */
void handover_take(int *socket);

/* Whether the application is to inherit any. */
bool handover_any(void);

/* Sets LISTEN_FDS, LISTEN_FDNAMES and, for handover_pass_on, LISTEN_PID; nothing without sockets.
 */
int handover_export(struct error *);

/* In the child, also after vfork: lets the sockets through exec, in the state in which the first
 * application found them, and writes the child's pid. Plain system calls only. */
int handover_pass_on(void);

/* There will be no other start: from now on the sockets are only the application's. What it does
 * not accept any more is refused at once, and does not wait for somebody who will not come. */
void handover_close(void);

#endif
