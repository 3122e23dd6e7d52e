/* SPDX-License-Identifier: Apache-2.0 */
/* Who is called what: /etc/hosts, /etc/resolv.conf and the host's own name. In a container these
 * are mounts, so that they are written in place; and others write them as well, so that ours is a
 * block between two marks, and what it supersedes is kept behind a mark. */
#ifndef NETCFG_ETC_H
#define NETCFG_ETC_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

enum {
	NET_ETC_SIZE = 65536, /* bytes of a file */
	NET_ETC_MEMBERS = 8, /* lines of a name that follows a service */
};

/* What the file is to hold, given what it holds. Return its length, more than NET_ETC_SIZE if it
 * does not fit. Pure. */
size_t net_etc_hosts(const struct config *, const char *old, size_t len,
		     char text[static NET_ETC_SIZE]);
size_t net_etc_resolver(const struct config *, const char *old, size_t len,
			char text[static NET_ETC_SIZE]);

/* Writes what [hosts], [dns] and [host] ask for and is not so; unless may_write names that. What is
 * left out all the same is in odd. Returns 0 or -1. */
int net_etc(const struct config *, bool may_write, struct error *odd, struct error *);

/* The same for [hosts] alone, once the application runs, when the members of a service are others.
 */
int net_etc_hosts_again(const struct config *, bool may_write, struct error *);

#endif
