/* SPDX-License-Identifier: Apache-2.0 */
/* Between fork and exec: a child assumes its rights. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "init/rights.h"

rlim_t rights_limit(int64_t limit) {
	return limit == CONFIG_UNLIMITED ? RLIM_INFINITY : (rlim_t)limit;
}

int rights_set_limits(const struct rights *r) {
	for (int i = 0; r->limits && i < CONFIG_LIMITS; i++) {
		const struct rlimit limit = { .rlim_cur = rights_limit(r->limits[i].soft),
					      .rlim_max = rights_limit(r->limits[i].hard) };

		if (r->limits[i].given && syscall(SYS_prlimit64, 0, i, &limit, NULL) < 0)
			return -1;
	}
	return 0;
}

/* A log or a terminal that root opened must stay usable for the user; /dev/null is nobody's. */
static int give(int fd, uid_t uid) {
	struct stat s;

	if (fstat(fd, &s) < 0 || s.st_uid == uid)
		return 0;
	if (S_ISCHR(s.st_mode) && s.st_rdev == makedev(1, 3))
		return 0;
	if (fchown(fd, uid, (gid_t)-1) < 0 && errno != EPERM && errno != EROFS && errno != EINVAL)
		return -1;
	return 0;
}

int rights_give_descriptors(const struct rights *r) {
	bool given = r->changes_user && !r->keeps_owners;

	for (int fd = STDIN_FILENO; given && fd <= STDERR_FILENO; fd++)
		if (give(fd, r->user.uid) < 0)
			return -1;
	return 0;
}

/* The bounding set, which says what a program can gain by its file. Where none can gain anything it
 * does not matter that it stays. Behind the last capability the kernel says EINVAL. */
int rights_drop_capabilities(const struct rights *r) {
	bool gains = !r->no_new_privs && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1;
	int is_there;

	for (unsigned long i = 0;
	     r->changes_capabilities && (is_there = prctl(PR_CAPBSET_READ, i, 0, 0, 0)) >= 0; i++)
		if (is_there && !(r->keep >> i & 1) && prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0 &&
		    gains)
			return -1;
	return 0;
}

static bool holds(const gid_t *groups, size_t count, gid_t gid) {
	while (count > 0)
		if (groups[--count] == gid)
			return true;
	return false;
}

/* The primary group counts as one, and may be listed or not. */
static bool are_so_already(const struct rights *r) {
	const struct user *u = &r->user;
	gid_t ours[USER_GROUPS + 1];
	int count = (int)syscall(SYS_getgroups, USER_GROUPS, ours);

	errno = EPERM;
	if (count < 0)
		return false;
	if (u->groups_count == 0 && !r->exact_groups)
		return geteuid() == u->uid;
	ours[count++] = r->changes_user ? u->gid : getegid();
	for (size_t i = 0; i < u->groups_count; i++)
		if (!holds(ours, (size_t)count, u->groups[i]))
			return false;
	for (int i = 0; i < count - 1; i++)
		if (ours[i] != ours[count - 1] && !holds(u->groups, u->groups_count, ours[i]))
			return false;
	return true;
}

/* Without the privilege it is no failure to be asked for what is so already. */
int rights_set_groups(const struct rights *r) {
	if (!r->changes_groups || syscall(SYS_setgroups, r->user.groups_count, r->user.groups) == 0)
		return 0;
	if (errno == EPERM && are_so_already(r))
		return 0;
	return -1;
}

int rights_set_gid(const struct rights *r) {
	const gid_t gid = r->user.gid;

	return r->changes_user ? (int)syscall(SYS_setresgid, gid, gid, gid) : 0;
}

/* Until exec, which takes back all but the ambient ones. */
int rights_keep_capabilities(const struct rights *r) {
	return r->leaves_root && r->ambient ? prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) : 0;
}

int rights_set_uid(const struct rights *r) {
	const uid_t uid = r->user.uid;

	return r->changes_user ? (int)syscall(SYS_setresuid, uid, uid, uid) : 0;
}

static int call_sets(long call, struct __user_cap_data_struct data[2]) {
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };

	return (int)syscall(call, &header, data);
}

static uint64_t join(uint32_t low, uint32_t high) {
	return (uint64_t)high << 32 | low;
}

int rights_read_sets(struct rights_sets *s) {
	struct __user_cap_data_struct d[2];

	if (call_sets(SYS_capget, d) < 0)
		return -1;
	s->effective = join(d[0].effective, d[1].effective);
	s->permitted = join(d[0].permitted, d[1].permitted);
	s->inheritable = join(d[0].inheritable, d[1].inheritable);
	return 0;
}

int rights_set_capabilities(const struct rights *r) {
	struct __user_cap_data_struct d[2];
	struct rights_sets s;

	if (!r->changes_capabilities)
		return 0;
	if (rights_read_sets(&s) < 0)
		return -1;
	s = rights_reduce(s, r);
	for (int i = 0; i < 2; i++)
		d[i] = (struct __user_cap_data_struct){
			.effective = (uint32_t)(s.effective >> 32 * i),
			.permitted = (uint32_t)(s.permitted >> 32 * i),
			.inheritable = (uint32_t)(s.inheritable >> 32 * i),
		};
	return call_sets(SYS_capset, d);
}

int rights_set_ambient(const struct rights *r) {
	if (r->changes_ambient && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -1;
	for (unsigned long i = 0; i < 64; i++)
		if (r->ambient >> i & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
			return -1;
	return 0;
}

int rights_set_no_new_privs(const struct rights *r) {
	return r->no_new_privs ? prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) : 0;
}

static int filter(const struct sock_fprog *program) {
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program);
}

/* The kernel says EACCES to those who could get a program to run under it that gains privileges,
 * and EINVAL if it has no filters: a program that it does not like is none of ours. */
int rights_set_filter(const struct rights *r) {
	if (!r->filter || filter(r->filter) == 0)
		return 0;
	if (errno == EACCES && !r->may_gain && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    filter(r->filter) == 0)
		return 0;
	if (errno == EACCES)
		errno = EPERM;
	else if (errno == EINVAL)
		errno = ENOSYS;
	return -1;
}
