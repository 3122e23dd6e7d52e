/* SPDX-License-Identifier: Apache-2.0 */
/* The places where the candidates live: nothing they do is seen outside. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/bench.h"

static int old_network = -1;

/* A CPU cgroup, of version 2 or 1, and its greatest weight. */
static const struct cgroup {
	const char *parent, *folder, *weight, *greatest;
} cgroups[] = {
	{ "/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/pintle-bench",
	  "/sys/fs/cgroup/pintle-bench/cpu.weight", "10000" },
	{ "/sys/fs/cgroup/cpu/cgroup.procs", "/sys/fs/cgroup/cpu/pintle-bench",
	  "/sys/fs/cgroup/cpu/pintle-bench/cpu.shares", "262144" },
};
static const struct cgroup *cgroup;

static bool put(const char *path, const char *text) {
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	if (fd >= 0)
		close(fd);
	return done;
}

static void leave_cgroup(void) {
	(void)put(cgroup->parent, "0");
	(void)rmdir(cgroup->folder);
}

/* As in a container: what else runs on the machine takes little of the CPU, and the kernel's
 * autogroups, one for each session, play no part. */
static bool enter_cgroup(const struct cgroup *c) {
	char procs[128];
	snprintf(procs, sizeof procs, "%s/cgroup.procs", c->folder);
	if (mkdir(c->folder, 0755) < 0 && errno != EEXIST)
		return false;
	if (put(c->weight, c->greatest) && put(procs, "0"))
		return cgroup = c, atexit(leave_cgroup) == 0;
	(void)rmdir(c->folder);
	return false;
}

/* A mount namespace with a /run of its own, since pintle's control socket lives there. */
void world_enter(void) {
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("bench", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0) {
		fprintf(stderr, "bench: namespaces: %s\n", strerror(errno));
		exit(1);
	}
	for (size_t i = 0; i < sizeof cgroups / sizeof *cgroups && !cgroup; i++)
		(void)enter_cgroup(&cgroups[i]);
	if (!cgroup)
		printf("no CPU cgroup of its own: what else runs here disturbs more\n");
	old_network = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

bool world_new_network(bool veth) {
	if (unshare(CLONE_NEWNET) < 0)
		return false;
	return !veth || system("ip link add eth0 type veth peer name peer0 && "
			       "ip link set peer0 up") == 0;
}

void world_old_network(void) {
	if (setns(old_network, CLONE_NEWNET) < 0) {
		fprintf(stderr, "bench: setns: %s\n", strerror(errno));
		exit(1);
	}
}
