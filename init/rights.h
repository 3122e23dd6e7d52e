/* SPDX-License-Identifier: Apache-2.0 */
/* What a child may do: its user, groups, capabilities, limits, no_new_privs and filter. Found out
 * from [app] and [limits] before anything is started (rights.c), assumed between fork and exec by
 * the steps in child.c (assume.c). */
#ifndef INIT_RIGHTS_H
#define INIT_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "config/config.h"
#include "init/user.h"

struct rights {
	bool asked; /* for something; if not, a child is as we are and its plan needs none of this
		     */
	bool changes_user;
	bool keeps_owners; /* of descriptors 0-2 */
	bool changes_groups; /* also where there is no user to change to */
	bool exact_groups; /* they were listed: no others may stay */
	bool leaves_root; /* with the user, the kernel takes the capabilities */
	bool changes_ambient;
	bool changes_capabilities;
	bool no_new_privs, may_gain; /* neither: if the filter takes it */
	uint64_t keep, ambient; /* capabilities: bit n is number n */
	const struct sock_fprog *filter; /* of system calls; NULL: none */
	const struct config_limit *limits; /* by RLIMIT_*; NULL: as ours */
	struct user user;
};

/* The sets of capget(2). */
struct rights_sets {
	uint64_t effective, permitted, inheritable;
};

/* As [app] and [limits] say; with another user only that one and its groups, and the rest as ours.
 * Returns 0; -1: there is no such user or group; RIGHTS_LACKING: it takes more than we were given.
 */
enum { RIGHTS_LACKING = 1 };
int rights_prepare(struct rights *, const struct config *, const char *user, struct error *);

/* A limit of [limits] as the kernel has it. */
rlim_t rights_limit(int64_t);

/* The sets that a process of these sets is to have before exec, once its user is the new one. */
struct rights_sets rights_reduce(struct rights_sets, const struct rights *);
int rights_read_sets(struct rights_sets *);
uint64_t rights_bounding_set(void);

/* The steps, in the order in which they are taken. In the child, by plain system calls: musl's
 * setuid and its kin would look for threads to tell. -1 with errno. */
int rights_set_limits(const struct rights *);
int rights_give_descriptors(const struct rights *);
int rights_drop_capabilities(const struct rights *);
int rights_set_groups(const struct rights *);
int rights_set_gid(const struct rights *);
int rights_keep_capabilities(const struct rights *);
int rights_set_uid(const struct rights *);
int rights_set_capabilities(const struct rights *);
int rights_set_ambient(const struct rights *);
int rights_set_no_new_privs(const struct rights *);
int rights_set_filter(const struct rights *);

#endif
