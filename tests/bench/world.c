/* SPDX-License-Identifier: Apache-2.0 */
/* The places where the candidates live: nothing they do is seen outside. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/bench/bench.h"

static int old_network = -1;

/* A mount namespace with a /run of its own, since pintle's control socket lives there. */
void world_enter(void) {
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("bench", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0) {
		fprintf(stderr, "bench: namespaces: %s\n", strerror(errno));
		exit(1);
	}
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
