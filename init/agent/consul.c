/* SPDX-License-Identifier: Apache-2.0 */
/* Consul's agent API (v1/agent): the service with one TTL check of a stable id, so that nothing but
 * status codes comes back. Only fields that the user asked for are sent: an agent refuses a whole
 * registration for one field that its version does not know. */
#include "init/agent/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/error.h"
#include "init/agent/secure.h"

enum { PORT = 8500, SECURE_PORT = 8501, DURATION = 32 };

static int read_token(const char *path, char *token, size_t size, struct error *e) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, token, size - 1);

	if (n < 0)
		fail(e, "CONSUL_HTTP_TOKEN_FILE: %s: %m", path);
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -1;
	token[n] = 0;
	token[strcspn(token, "\r\n")] = 0;
	return 0;
}

/* CONSUL_HTTP_SSL is about addresses that don't say. As with newer clients of Consul, a variable's
 * http:// does not say it: who asked for TLS must not send a token without. */
static int find_address(struct registry_access *access, const struct config_discovery *c,
			struct error *e) {
	const char *address = registry_setting(c->address, "CONSUL_HTTP_ADDR");
	bool secure = false, says = c->address && strncmp(c->address, "http://", 7) == 0;

	if (!address)
		address = "127.0.0.1";
	if (endpoint_parse(&access->endpoint, address,
			   strncmp(address, "https://", 8) == 0 ? SECURE_PORT : PORT, e) < 0 ||
	    secure_flag("CONSUL_HTTP_SSL", false, &secure, e) < 0)
		return -1;
	if (secure && !says && *access->endpoint.host)
		access->endpoint.secure = true;
	return 0;
}

static int open_consul(struct registry_access *access, const struct config_discovery *c,
		       struct error *e) {
	static const struct secure_variables variables = {
		.authorities = "CONSUL_CACERT",
		.folder = "CONSUL_CAPATH",
		.certificate = "CONSUL_CLIENT_CERT",
		.key = "CONSUL_CLIENT_KEY",
		.server = "CONSUL_TLS_SERVER_NAME",
		.verify = "CONSUL_HTTP_SSL_VERIFY",
	};
	const char *token = registry_setting(c->token, "CONSUL_HTTP_TOKEN");
	const char *path = registry_setting(NULL, "CONSUL_HTTP_TOKEN_FILE");
	char text[REGISTRY_TOKEN] = "";

	access->headers[0] = 0;
	if (find_address(access, c, e) < 0 || secure_find(&access->tls, c, &variables, e) < 0)
		return -1;
	if (!token && path) {
		if (read_token(path, text, sizeof(text), e) < 0)
			return -1;
		token = text;
	}
	return token && *token ? registry_set_header(access, "X-Consul-Token", token, e) : 0;
}

/* Go's durations: a number without a unit would be nanoseconds. */
static const char *duration(int64_t ms, char text[DURATION]) {
	if (ms % 1000)
		snprintf(text, DURATION, "%lldms", (long long)ms);
	else
		snprintf(text, DURATION, "%llds", (long long)ms / 1000);
	return text;
}

static void write_check(struct json *j, const struct registry_entry *entry) {
	const struct service *s = entry->service;
	char id[SERVICE_ID + sizeof("service:")], time[DURATION];

	snprintf(id, sizeof(id), "service:%s", s->id);
	json_object(j, NULL);
	json_text(j, "CheckID", id);
	json_text(j, "Name", "pintle");
	json_text(j, "TTL", duration(s->config->ttl, time));
	if (entry->passing)
		json_text(j, "Status", "passing");
	if (s->config->deregister_after > 0)
		json_text(j, "DeregisterCriticalServiceAfter",
			  duration(s->config->deregister_after, time));
	json_object_end(j);
}

static int write_body(const struct registry_entry *entry, struct exchange_request *request,
		      struct error *e) {
	const struct service *s = entry->service;
	struct json j;

	json_begin(&j, request->body, sizeof(request->body));
	json_object(&j, NULL);
	json_text(&j, "ID", s->id);
	json_text(&j, "Name", s->name);
	json_text(&j, "Address", s->address);
	json_number(&j, "Port", s->port);
	registry_describe(&j, s, "Tags", "Meta");
	json_list(&j, "Checks");
	write_check(&j, entry);
	json_list_end(&j);
	json_object_end(&j);
	return registry_finish(&j, request, e);
}

/* replace-existing-checks clears what an earlier life left behind, and a maintenance that was
 * forgotten; later it would take back an operator's maintenance. */
static int write_request(enum registry_task task, const struct registry_entry *entry,
			 struct exchange_request *request, struct error *e) {
	static const char *const targets[REGISTRY_TASKS] = {
		[REGISTRY_ANNOUNCE] = "/v1/agent/service/register",
		[REGISTRY_RENEW] = "/v1/agent/check/pass/service:",
		[REGISTRY_REPORT] = "/v1/agent/check/pass/service:",
		[REGISTRY_WITHDRAW] = "/v1/agent/service/deregister/",
		[REGISTRY_REACH] = "/v1/agent/service/",
	};
	bool fails = (task == REGISTRY_RENEW || task == REGISTRY_REPORT) && !entry->passing;

	request->method = task == REGISTRY_REACH ? "GET" : "PUT";
	request->length = 0;
	if (task == REGISTRY_ANNOUNCE) {
		snprintf(request->target, sizeof(request->target), "%s%s", targets[task],
			 entry->first ? "?replace-existing-checks=true" : "");
		return write_body(entry, request, e);
	}
	snprintf(request->target, sizeof(request->target), "%s",
		 fails ? "/v1/agent/check/fail/service:" : targets[task]);
	if (registry_encode(request->target, sizeof(request->target), entry->service->id, ":") < 0)
		return fail(e, "its id is too long");
	return 0;
}

/* With ACLs Consul 1.8 says of a service that is not there: 500 Unknown service {"web-1" {}}. */
static bool unknown_service(const struct exchange_reply *reply) {
	static const char text[] = "Unknown service";

	return reply->status == 500 && reply->length >= sizeof(text) - 1 &&
	       memcmp(reply->body, text, sizeof(text) - 1) == 0;
}

static enum registry_verdict judge(enum registry_task task, const struct exchange_reply *reply) {
	switch (task) {
	case REGISTRY_RENEW:
	case REGISTRY_REPORT: /* 404 since 1.11, 500 before */
		if (reply->status == 404 || reply->status == 500)
			return REGISTRY_LOST;
		break;
	case REGISTRY_REACH:
	case REGISTRY_WITHDRAW:
		if (reply->status == 404 || unknown_service(reply))
			return REGISTRY_ACCEPTED;
		break;
	case REGISTRY_ANNOUNCE:
	case REGISTRY_TASKS:
		break;
	}
	return registry_judge(reply->status);
}

static int add_parameter(struct exchange_request *request, const char *name, const char *value) {
	size_t size = sizeof(request->target), len = strlen(request->target);

	return snprintf(request->target + len, size - len, "&%s=", name) >= (int)(size - len)
		       ? -1
		       : registry_encode(request->target, size, value, "");
}

/* The index is only right for the same question. Without one "wait" means nothing. */
static int ask(const struct registry_question *q, struct exchange_request *request,
	       struct error *e) {
	char text[DURATION];
	int wrong;

	request->method = "GET";
	request->length = 0;
	snprintf(request->target, sizeof(request->target), "/v1/health/service/");
	wrong = registry_encode(request->target, sizeof(request->target) - DURATION,
				registry_service(q->watch), "") |
		registry_encode(request->target, sizeof(request->target), "?passing=1", "?=");
	for (const struct config_word *tag = q->watch->tags; tag; tag = tag->head.next)
		wrong |= add_parameter(request, "tag", tag->text);
	if (q->watch->near)
		wrong |= add_parameter(request, "near", q->watch->near);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)q->index);
	if (q->index)
		wrong |= add_parameter(request, "index", text) |
			 add_parameter(request, "wait", duration(REGISTRY_WAIT, text));
	return wrong ? fail(e, "its service, tags and near are too long") : 0;
}

static const struct instance_path paths[] = {
	INSTANCE_PATH("[].Service.ID", ID),
	INSTANCE_PATH("[].Service.Address", ADDRESS),
	INSTANCE_PATH("[].Node.Address", HOST),
	INSTANCE_PATH("[].Service.Port", PORT),
	INSTANCE_PATH("[].Service.Tags[]", TAG),
	INSTANCE_PATH("[].Service.Meta.", META),
	INSTANCE_PATH("[]", OVER),
};

const struct registry registry_consul = {
	.name = "consul",
	.open = open_consul,
	.write = write_request,
	.judge = judge,
	.ask = ask,
	.index = "X-Consul-Index",
	.paths = paths,
};
