/* SPDX-License-Identifier: Apache-2.0 */
/* An answer of a registry, whole and in pieces: the parser has to come to the same result, and a
 * judge of what came out. The first byte says how it is cut. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/agent/registry.h"
#include "init/agent/response.h"

enum { LIMIT = 1 << 16, KEPT = 1280 };

struct result {
	struct response response;
	enum response_progress progress;
	size_t used, length;
	uint64_t hash; /* FNV-1a of the body */
	char kept[KEPT];
};

static struct result *filling;

static void take(struct response *r, const char *bytes, size_t length) {
	if (r != &filling->response || filling->length + length > LIMIT)
		abort();
	for (size_t i = 0; i < length; i++) {
		if (filling->length < KEPT)
			filling->kept[filling->length] = bytes[i];
		filling->length++;
		filling->hash = (filling->hash ^ (uint8_t)bytes[i]) * 1099511628211U;
	}
}

static void run(struct result *r, const char *bytes, size_t length, size_t piece) {
	memset(r, 0, sizeof(*r));
	r->response.body = take;
	r->response.limit = LIMIT;
	filling = r;
	response_begin(&r->response);
	while (r->progress == RESPONSE_MORE && r->used < length) {
		size_t left = length - r->used, used;

		r->progress = response_feed(&r->response, bytes + r->used,
					    left < piece ? left : piece, &used);
		if (used == 0 && r->progress == RESPONSE_MORE)
			abort();
		r->used += used;
	}
	if (r->progress == RESPONSE_MORE)
		r->progress = response_end(&r->response);
}

/* All that etcd may be asked before the answer comes, logging in among it. */
static void judge_task(const struct registry *r, enum registry_task task,
		       const struct exchange_reply *reply) {
	static struct config_service config = { .ttl = 15000 };
	static struct service service = { .config = &config, .name = "web", .id = "web-1" };
	static struct exchange_request request;
	struct registry_entry entry = { .service = &service };
	struct error e = { 0 };

	for (unsigned i = 0; i < 4; i++) {
		entry.passing = i & 1;
		entry.step = i >> 1;
		if (r->write(task, &entry, &request, &e) < 0 ||
		    r->judge(task, reply) > REGISTRY_AGAIN)
			abort();
	}
}

static void open_etcd(void) {
	static const struct config_discovery c = { .user = "web", .password = "x" };
	static struct registry_access access_found;
	struct error e = { 0 };

	if (registry_etcd.open(&access_found, &c, &e) < 0)
		abort();
}

static void judge(const struct result *r) {
	static const struct registry *const registries[] = { &registry_consul, &registry_etcd,
							     &registry_file };
	struct exchange_reply reply = {
		.status = r->response.status,
		.length = r->length < KEPT ? r->length : KEPT,
		.body = r->kept,
	};

	open_etcd();
	for (size_t i = 0; i < sizeof(registries) / sizeof(*registries); i++)
		for (enum registry_task task = 0; task < REGISTRY_TASKS; task++)
			judge_task(registries[i], task, &reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct result whole, pieces;
	const char *bytes = (const char *)data + 1;

	if (size < 2)
		return 0;
	run(&whole, bytes, size - 1, size);
	run(&pieces, bytes, size - 1, data[0] ? data[0] : 1);
	if (whole.progress != pieces.progress)
		abort();
	if (whole.progress != RESPONSE_COMPLETE)
		return 0;
	if (whole.used != pieces.used || whole.hash != pieces.hash ||
	    whole.length != pieces.length || whole.response.status != pieces.response.status ||
	    whole.response.keep != pieces.response.keep)
		abort();
	if (whole.response.status < 200 || whole.response.status > 599)
		abort();
	judge(&whole);
	return 0;
}
