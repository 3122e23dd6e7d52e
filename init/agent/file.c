/* SPDX-License-Identifier: Apache-2.0 */
/* The embedded registry: a directory that containers share. One file for each instance, named
 * <name>@<id>.json (other characters as %XX), flat, so that one inotify watch sees all. It is
 * replaced by rename, so a reader never sees half of one; files that begin with a dot are none.
 * Its time of modification is the last heartbeat: an instance is dead, and its file to be ignored,
 * when that is longer ago than its "ttl" (ms). Traffic goes to those whose "state" is "passing". */
#include "init/agent/registry.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "config/error.h"

enum { ROOM = sizeof("..new") - 1 }; /* for the temporary file's name */

static const char preset[] = "/run/pintle/services";

static int open_file(struct registry_access *access, const struct config_discovery *c,
		     struct error *e) {
	access->headers[0] = 0;
	return endpoint_directory(&access->endpoint, c->address ? c->address : preset, e);
}

static int write_name(const struct service *s, struct exchange_request *request, struct error *e) {
	char *name = request->target;
	const size_t size = NAME_MAX + 1 - ROOM;

	name[0] = 0;
	if (s->name[0] == '.')
		return fail(e, "its name begins with a dot");
	if (registry_encode(name, size, s->name, "") < 0 ||
	    registry_encode(name, size, "@", "@") < 0 ||
	    registry_encode(name, size, s->id, "") < 0 ||
	    registry_encode(name, size, ".json", "") < 0)
		return fail(e, "its name and id are too long for a file's name");
	return 0;
}

static int write_body(const struct registry_entry *entry, struct exchange_request *request,
		      struct error *e) {
	struct json j;

	json_begin(&j, request->body, sizeof(request->body));
	registry_write_entry(&j, entry);
	return registry_finish(&j, request, e);
}

static int write_request(enum registry_task task, const struct registry_entry *entry,
			 struct exchange_request *request, struct error *e) {
	static const char *const methods[REGISTRY_TASKS] = {
		[REGISTRY_ANNOUNCE] = "PUT", [REGISTRY_RENEW] = "POST",
		[REGISTRY_REPORT] = "PUT",   [REGISTRY_WITHDRAW] = "DELETE",
		[REGISTRY_REACH] = "POST",
	};

	request->method = methods[task];
	request->length = 0;
	if (write_name(entry->service, request, e) < 0)
		return -1;
	return task == REGISTRY_ANNOUNCE || task == REGISTRY_REPORT ? write_body(entry, request, e)
								    : 0;
}

static enum registry_verdict judge(enum registry_task task, const struct exchange_reply *reply) {
	if (reply->status == 404 && task == REGISTRY_RENEW)
		return REGISTRY_LOST;
	if (reply->status == 404 && (task == REGISTRY_WITHDRAW || task == REGISTRY_REACH))
		return REGISTRY_ACCEPTED;
	return registry_judge(reply->status);
}

static const struct instance_path paths[] = {
	INSTANCE_PATH("id", ID),      INSTANCE_PATH("address", ADDRESS),
	INSTANCE_PATH("port", PORT),  INSTANCE_PATH("state", STATE),
	INSTANCE_PATH("ttl", TTL),    INSTANCE_PATH("tags[]", TAG),
	INSTANCE_PATH("meta.", META), INSTANCE_PATH("", OVER),
};

const struct registry registry_file = {
	.name = "file",
	.open = open_file,
	.write = write_request,
	.judge = judge,
	.paths = paths,
};
