/* SPDX-License-Identifier: Apache-2.0 */
/* What PID 1 and the agent tell each other: fixed-size records over a SOCK_SEQPACKET pair.
 * PID 1 takes what arrives for hostile: message_receive checks every field, whoever uses one sees
 * none that is out of range. */
#ifndef INIT_MESSAGE_H
#define INIT_MESSAGE_H

#include <stdint.h>

enum message_kind {
	/* to the agent */
	MESSAGE_ANNOUNCE = 1, /* the application is ready: register all services, keep them alive */
	MESSAGE_WITHDRAW, /* take all services out, also those that an agent before announced;
			     answer with MESSAGE_WITHDRAWN */
	MESSAGE_DISMISS, /* end */
	/* to PID 1 */
	MESSAGE_STATE, /* service index is in state now */
	MESSAGE_WITHDRAWN, /* no service is registered any more, or it was given up */
	MESSAGE_KINDS,
};

enum message_state {
	MESSAGE_OFF, /* not asked to announce */
	MESSAGE_TRYING, /* announcing, or announcing again */
	MESSAGE_LISTED, /* the registry has accepted it */
	MESSAGE_GONE, /* withdrawn */
	MESSAGE_STATES,
};

enum { MESSAGE_NO_SERVICE = 0xffff };

struct message {
	uint16_t kind;
	uint16_t service; /* of MESSAGE_STATE: its place in the configuration; else
			     MESSAGE_NO_SERVICE */
	uint16_t state; /* of MESSAGE_STATE; else 0 */
	uint16_t reserved; /* 0 */
};

/* Never blocks. 0, or -1 with errno. */
int message_send(int fd, const struct message *);
/* 1: a sound one; 0: nothing there yet; -1: the other side is gone, or sent nonsense (EBADMSG).
 * services: how many there are. */
int message_receive(int fd, struct message *, unsigned services);

#endif
