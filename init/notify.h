/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol of sd_notify(3): datagrams of lines to the unix socket that NOTIFY_SOCKET names.
 * Both sides of it: what the application tells us, and what we tell who started us. */
#ifndef INIT_NOTIFY_H
#define INIT_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>

#include "config/error.h"

enum { NOTIFY_NAME = 128, NOTIFY_MESSAGE = 4096 /* bytes; longer ones are not read */ };

/* Opens the socket for the application and writes its name, as it belongs into NOTIFY_SOCKET. The
 * name is an abstract one that the kernel chooses: it needs no directory that can be written, is
 * the user's as much as root's, and is free for certain, also in a network namespace that several
 * containers share; who may speak is decided by the sender's process and not by its name. */
int notify_open(char name[static NOTIFY_NAME], struct error *);

/* Calls ready, from the loop, for each READY=1 that a process of our own PID namespace sends; again
 * is harmless. Whatever else is sent is read and forgotten, since a full socket would hold the
 * sender up. -1 with errno. */
int notify_listen(void (*ready)(void));

/* Throws away what waits there, of an application that has ended. */
void notify_forget(void);

/* Whether a datagram says READY=1. */
bool notify_says_ready(const char *text, size_t length);

/* Says READY=1 to a socket of that name ("/path" or "@abstract"). -1 with errno. */
int notify_send_ready(const char *name);

#endif
