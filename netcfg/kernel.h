/* SPDX-License-Identifier: Apache-2.0 */
/* The socket to the kernel: sends requests, receives answers, matches them by their sequence
 * numbers. The only file of netcfg/ with system calls on a socket. */
#ifndef NETCFG_KERNEL_H
#define NETCFG_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/error.h"

struct nlmsghdr;
struct net_refusal;

/* What is sent at once; dumps adapt to how much the reader takes, up to 32 KiB. Half of that costs
 * no time that could be measured, and no more memory. */
enum { NET_BUFFER = 32768, NET_DATAGRAM = NET_BUFFER / 2 };

/* Big, and only touched as far as it is used: static (the stack's guard against clashes would touch
 * all of its pages), never cleared as a whole. */
struct net_kernel {
	int fd; /* -1: not open */
	uint32_t seq; /* the last one used */
	_Alignas(8) char buffer[NET_BUFFER]; /* of what was received; of what is to be sent, until
						then */
};

int net_kernel_open(struct net_kernel *, struct error *);
void net_kernel_close(struct net_kernel *);

/* A socket that becomes readable with each change of links, addresses, routes and rules, and of
 * neighbours if that is wanted; -1 if there is none. */
int net_kernel_listen(bool neighbours, struct error *);
/* Takes all events off: what they say does not matter, as they may be lost, and routes vanish
 * without any. Who listens looks again. */
void net_kernel_discard(int fd);
/* Waits for an event until deadline (ms of CLOCK_MONOTONIC), and discards all. Returns 1 for an
 * event, 0 when it is too late, NET_KERNEL_WOKEN when wake (-1: none) became readable. */
enum { NET_KERNEL_WOKEN = 2 };
int net_kernel_wait(int fd, int64_t deadline, int wake);
int64_t net_kernel_now(void);

/* Waits for the next events, and takes them into the buffer. Returns their size, 0 if some were
 * lost. */
ssize_t net_kernel_events(struct net_kernel *, struct error *);

int net_kernel_send(const struct net_kernel *, const void *messages, size_t size, struct error *);

/* Sends a dump request, and calls back for each object. Returns 0, -1, or NET_KERNEL_TORN when the
 * kernel says that its tables changed meanwhile. */
enum { NET_KERNEL_TORN = 1 };
typedef void net_kernel_object(void *context, const struct nlmsghdr *);
int net_kernel_dump(struct net_kernel *, struct nlmsghdr *request, net_kernel_object *each,
		    void *context, struct error *);

/* Receives until message last is answered, and calls back for each of first..last that the kernel
 * refused, and for each object that was asked for. */
typedef void net_kernel_refused(void *context, uint32_t seq, const struct net_refusal *);
struct net_kernel_reader {
	net_kernel_refused *refused;
	net_kernel_object *each;
	void *context;
};
int net_kernel_answers(struct net_kernel *, uint32_t first, uint32_t last,
		       const struct net_kernel_reader *, struct error *);

#endif
