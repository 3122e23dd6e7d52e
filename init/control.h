/* SPDX-License-Identifier: Apache-2.0 */
/* The control socket: one line asked ("status\n"), one answer ("0 text..."), and it is closed.
 * The server is PID 1 and never blocks for a client; the client is pintle --status and its like. */
#ifndef INIT_CONTROL_H
#define INIT_CONTROL_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

enum control_request {
	CONTROL_HEALTH,
	CONTROL_READY,
	CONTROL_STATUS,
	CONTROL_STATUS_JSON,
	CONTROL_DRAIN,
	CONTROL_RESUME,
	CONTROL_REQUESTS,
};

enum { CONTROL_ANSWER = 32768, CONTROL_CLIENTS = 8 };

/* Writes the answer's text (lines, NUL at the end) and returns the exit status the client is to
 * have. name: of the one thing that is asked about; NULL: all. CONTROL_NO_SUCH: there is nothing of
 * that name; the client says so as an error, with status 1. */
enum { CONTROL_NO_SUCH = 64 };
typedef int control_answer(enum control_request, const char *name, char *text, size_t size);

/* Opens the socket where [control] says and serves it in the loop: /run/pintle.sock, else
 * /dev/shm/pintle-<inode of /proc/self/ns/mnt>.sock, mode 0600, peers of the same uid or 0. A dead
 * socket is replaced, a live one never. "none": nothing is opened. Fails only where a path was
 * chosen; that there is no room in the default places is a warning. */
int control_open(const struct config_control *, control_answer *, struct error *);
/* Removes the socket: the last thing before the end. */
void control_close(void);

/* The client: asks the running pintle, prints its answer to stdout, returns its exit status. No
 * answer within 1 s or no socket: 1, and the reason on stderr. */
int control_ask(const struct config_control *, enum control_request, const char *name);

#endif
