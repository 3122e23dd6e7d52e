/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/confine.h"

#include <linux/capability.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/agent/filter.h"

enum { MEMORY = 64 << 20, DESCRIPTORS = 256 };

/* A number that /etc/passwd does not know has group 0 elsewhere, and here none of root's. */
int confine_find(struct user *user, const struct config_agent *c, struct error *e) {
	if (user_find(user, c->user, e) < 0)
		return fail(e, "[agent] user");
	if (user->gid == 0 && !strchr(c->user, ':'))
		user->gid = user->uid;
	return user_set_groups(user, c->groups, e) < 0 ? fail(e, "[agent] groups") : 0;
}

/* Numbers beyond the kernel's last capability are EINVAL: there the list ends. Without CAP_SETPCAP
 * the bounding set stays, which no_new_privs makes meaningless. */
static void drop_capabilities(void) {
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	(void)syscall(SYS_capset, &header, none);
}

static void drop_bounding_set(void) {
	for (unsigned long i = 0; prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0; i++)
		continue;
}

/* Each step on its own: the uid is what counts, and with less than root the others may be refused.
 * By plain system calls: a libc's look for threads to tell. */
int confine_identity(const struct user *user) {
	int refused = 0;

	drop_bounding_set();
	if (geteuid() == 0) {
		(void)syscall(SYS_setgroups, user->groups_count, user->groups);
		refused = syscall(SYS_setresgid, user->gid, user->gid, user->gid) < 0;
		refused = syscall(SYS_setresuid, user->uid, user->uid, user->uid) < 0 || refused;
	}
	drop_capabilities();
	return refused;
}

static void bound(int resource, rlim_t most) {
	struct rlimit limit;

	if (prlimit(0, resource, NULL, &limit) < 0)
		return;
	if (limit.rlim_cur > most)
		limit.rlim_cur = most;
	if (limit.rlim_max > most)
		limit.rlim_max = most;
	(void)prlimit(0, resource, &limit, NULL);
}

/* PR_SET_PDEATHSIG comes after the identity: changing that clears it, prctl(2). */
int confine_process(void) {
	const struct sock_fprog program = {
		.len = agent_filter_length,
		.filter = (struct sock_filter *)agent_filter,
	};

	bound(RLIMIT_CORE, 0);
	bound(RLIMIT_DATA, MEMORY);
	bound(RLIMIT_NOFILE, DESCRIPTORS);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0 ? -1 : 0;
}
