/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/registry.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct registry *const registries[] = {
	[CONFIG_REGISTRY_CONSUL] = &registry_consul,
	[CONFIG_REGISTRY_ETCD] = &registry_etcd,
	[CONFIG_REGISTRY_FILE] = &registry_file,
};

const struct registry *registry_find(enum config_registry kind) {
	return registries[kind];
}

const char *registry_setting(const char *value, const char *variable) {
	if (!value && variable)
		value = getenv(variable);
	return value && *value ? value : NULL;
}

int registry_set_header(struct registry_access *access, const char *name, const char *value,
			struct error *e) {
	for (const unsigned char *c = (const unsigned char *)value; *c; c++)
		if (*c <= ' ' || *c >= 0x7f)
			return fail(e, "the token has characters that no token has");
	if (snprintf(access->headers, sizeof(access->headers), "%s: %s\r\n", name, value) >=
	    (int)sizeof(access->headers))
		return fail(e, "the token is longer than %d bytes", REGISTRY_TOKEN - 1);
	return 0;
}

int registry_encode(char *target, size_t size, const char *text, const char *safe) {
	size_t len = strlen(target);

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		bool plain = (c < 0x80 && isalnum(c)) || strchr("-._~", c) || strchr(safe, c);

		if (len + (plain ? 1 : 3) >= size)
			return -1;
		len += (size_t)snprintf(target + len, size - len, plain ? "%c" : "%%%02X", c);
	}
	return 0;
}

void registry_describe(struct json *j, const struct service *s, const char *tags,
		       const char *meta) {
	if (s->tags_count) {
		json_list(j, tags);
		for (unsigned i = 0; i < s->tags_count; i++)
			json_text(j, NULL, s->tags[i]);
		json_list_end(j);
	}
	if (s->meta_count) {
		json_object(j, meta);
		for (unsigned i = 0; i < s->meta_count; i++)
			json_text(j, s->meta[i].key, s->meta[i].value);
		json_object_end(j);
	}
}

void registry_write_entry(struct json *j, const struct registry_entry *entry) {
	const struct service *s = entry->service;

	json_object(j, NULL);
	json_text(j, "id", s->id);
	json_text(j, "name", s->name);
	json_text(j, "address", s->address);
	json_number(j, "port", s->port);
	registry_describe(j, s, "tags", "meta");
	json_text(j, "state", entry->passing ? "passing" : "critical");
	json_number(j, "ttl", s->config->ttl);
	json_object_end(j);
}

const char *registry_service(const struct config_watch *w) {
	return w->service ? w->service : w->head.name;
}

int registry_finish(const struct json *j, struct exchange_request *request, struct error *e) {
	if (!json_end(j))
		return fail(e, "its tags and meta need more than %d bytes", EXCHANGE_BODY);
	request->length = j->len;
	return 0;
}

void registry_explain(const struct exchange_reply *reply, char *text, size_t size) {
	int length = reply->length < 160 ? (int)reply->length : 160;

	snprintf(text, size, "status %d%s%.*s", reply->status, length ? ": " : "", length,
		 reply->body ? reply->body : "");
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
}

enum registry_verdict registry_judge(int status) {
	if (status >= 200 && status < 300)
		return REGISTRY_ACCEPTED;
	if (status >= 300 && status < 500 && status != 408 && status != 429)
		return REGISTRY_REFUSED;
	return REGISTRY_FAILED;
}
