/* SPDX-License-Identifier: Apache-2.0 */
#include "init/control_place.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const char *const words[] = {
	[CONTROL_HEALTH] = "health", [CONTROL_READY] = "ready",
	[CONTROL_STATUS] = "status", [CONTROL_STATUS_JSON] = "status-json",
	[CONTROL_DRAIN] = "drain",   [CONTROL_RESUME] = "resume",
};

const char *control_word(enum control_request request) {
	return words[request];
}

unsigned long control_namespace(void) {
	struct stat namespace;

	return stat("/proc/self/ns/mnt", &namespace) == 0 ? (unsigned long)namespace.st_ino : 0;
}

/* -1: the path is too long. */
static int add(struct control_places *places, const char *path) {
	struct sockaddr_un *name = &places->names[places->count++];

	name->sun_family = AF_UNIX;
	return (size_t)snprintf(name->sun_path, sizeof(name->sun_path), "%s", path) <
			       sizeof(name->sun_path)
		       ? 0
		       : -1;
}

int control_place(struct control_places *places, const struct config_control *c, struct error *e) {
	unsigned long namespace;
	char path[64];

	memset(places, 0, sizeof(*places));
	if (c->socket && strcmp(c->socket, "none") == 0)
		return 0;
	places->chosen = c->socket != NULL;
	if (c->socket && add(places, c->socket) < 0)
		return fail(e, "'%s' is longer than the %zu bytes of a socket's name", c->socket,
			    sizeof(places->names->sun_path) - 1);
	if (c->socket)
		return 0;
	(void)add(places, "/run/pintle.sock");
	namespace = control_namespace();
	snprintf(path, sizeof(path), "/dev/shm/pintle-%lu.sock", namespace);
	if (namespace)
		(void)add(places, path);
	return 0;
}
