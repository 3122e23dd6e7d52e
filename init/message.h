/* SPDX-License-Identifier: Apache-2.0 */
/* What PID 1 and the agent tell each other: fixed-size records over a SOCK_SEQPACKET pair.
 * PID 1 takes what arrives for hostile: message_receive checks every field, whoever uses one sees
 * none that is out of range. A new kind is a row in message.c. */
#ifndef INIT_MESSAGE_H
#define INIT_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

enum message_kind {
	/* to the agent */
	MESSAGE_ANNOUNCE = 1, /* the application is ready: register all services, keep them alive */
	MESSAGE_WITHDRAW, /* take all services out, also those that an agent before announced;
			     answer with MESSAGE_WITHDRAWN */
	MESSAGE_DISMISS, /* end */
	MESSAGE_JUDGE, /* a service passes (state 1) or is critical (0) from now on */
	MESSAGE_CHECK, /* the application was started (state 1): check it anew, and answer with
			  MESSAGE_CHECKING; or stop that (0) */
	MESSAGE_REACH, /* ask the registry for anything; answer with MESSAGE_REACHED */
	MESSAGE_TAKEN, /* the last part of a watch's MESSAGE_LIST: the next one may come */
	MESSAGE_RENDER, /* all templates, now and whenever what they show changes */
	/* to PID 1 */
	MESSAGE_STATE, /* a service is in state now */
	MESSAGE_WITHDRAWN, /* no service is registered any more, or it was given up */
	MESSAGE_CHECKING, /* the results that follow are those of the last MESSAGE_CHECK */
	MESSAGE_RESULT, /* what a check has found: state is an enum message_result */
	MESSAGE_REACHED, /* the registry has answered */
	MESSAGE_WATCH, /* the registry answers about a watch (state 1), or has ceased to (0) */
	MESSAGE_LIST, /* a struct message_list: some of a watch's instances */
	MESSAGE_RENDERED, /* a template, into the file that comes along (state 1), or not (0) */
	MESSAGE_KINDS,
};

enum message_state {
	MESSAGE_OFF, /* not asked to announce */
	MESSAGE_TRYING, /* announcing, or announcing again */
	MESSAGE_LISTED, /* the registry has accepted it */
	MESSAGE_GONE, /* withdrawn */
	MESSAGE_STATES,
};

enum message_result {
	MESSAGE_CONNECTED, /* which was all that was wanted */
	MESSAGE_ANSWERED, /* detail: the status of HTTP */
	MESSAGE_UNANSWERED, /* detail: why, as errno */
	MESSAGE_RESULTS,
};

enum {
	MESSAGE_NOBODY = 0xffff,
	MESSAGE_DETAILS = 600, /* beyond any status, and any errno */
	MESSAGE_FILE = 4 << 20, /* bytes in a file */
};

struct message {
	uint16_t kind;
	uint16_t index; /* of the service, check or template in the configuration; else
			   MESSAGE_NOBODY */
	uint16_t state; /* as the kind says; else 0 */
	uint16_t detail; /* of MESSAGE_RESULT; else 0 */
};

enum {
	MESSAGE_INSTANCES = 256, /* of a watch, that PID 1 is told */
	MESSAGE_ITEMS = 8, /* of them in one message */
	MESSAGE_HOST = 256, /* bytes of an address, or of a name, with its NUL */
};

struct message_instance {
	char host[MESSAGE_HOST]; /* A-Z a-z 0-9 . _ : / -, terminated */
	uint16_t port;
	/* In an overlay: its MAC there, and the host that it is behind; else not set. */
	struct config_mac mac;
	struct config_ip vtep;
};

/* A list comes in parts, in order and with none of another one's in between. As many items are sent
 * as there are: all but those of the last part are full. */
struct message_list {
	struct message head; /* state 1: the last part; detail: the number of the first item */
	uint32_t total; /* instances that there are, also those that are not told */
	uint64_t digest; /* of all of them: another one is another list */
	struct message_instance items[MESSAGE_ITEMS];
};

/* What PID 1 was told of a watch. */
struct message_belief {
	bool known; /* the registry has answered */
	uint32_t total;
	uint64_t digest;
};

/* How many there are. */
struct message_counts {
	unsigned services, checks, watches, templates;
};

/* Never blocks. 0, or -1 with errno. */
int message_send(int fd, const struct message *);
int message_send_list(int fd, const struct message_list *, unsigned items);
/* 1: a sound one; 0: nothing there yet; -1: the other side is gone, or sent nonsense (EBADMSG). Of
 * a MESSAGE_LIST, items is set; else only the head counts. */
int message_receive(int fd, struct message_list *, unsigned *items, const struct message_counts *);

/* A file may come along: a memfd that nobody can change any more. The sender keeps its own; the
 * receiver gets one if there is any, else -1. */
int message_send_file(int fd, const struct message *, int file);
int message_receive_file(int fd, struct message_list *, unsigned *items,
			 const struct message_counts *, int *file);

#endif
