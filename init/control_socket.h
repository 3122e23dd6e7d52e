/* SPDX-License-Identifier: Apache-2.0 */
/* Puts a listening unix socket at a path that other pintles may want too. */
#ifndef INIT_CONTROL_SOCKET_H
#define INIT_CONTROL_SOCKET_H

#include <sys/socket.h>
#include <sys/un.h>

/* A socket of mode 0600, CLOEXEC, non-blocking. A dead socket of that name is replaced. -1 with
 * errno: EADDRINUSE if somebody answers there, EEXIST if it is no socket. */
int control_socket(const struct sockaddr_un *, int backlog);

#endif
