/* SPDX-License-Identifier: Apache-2.0 */
/* Who the application runs as: "[app] user" and the files /etc/passwd and /etc/group, read as
 * runc reads them for USER. There is no NSS in a static binary, and no need of one in a container.
 */
#ifndef INIT_USER_H
#define INIT_USER_H

#include <sys/types.h>

#include "config/config.h"

enum { USER_GROUPS = 256, USER_HOME = 256 };

struct user {
	uid_t uid;
	gid_t gid;
	size_t groups_count;
	gid_t groups[USER_GROUPS]; /* supplementary */
	char home[USER_HOME];
};

/* Finds "name", "uid", "name:group" or "uid:gid". A number needs no entry anywhere: its group is 0
 * and its home "/" then. Fails for a name that is not in the files. */
int user_find(struct user *, const char *text, struct error *);

/* Gives it these supplementary groups, names or gids, and no others; "none": none. */
int user_set_groups(struct user *, const struct config_word *names, struct error *);

#endif
