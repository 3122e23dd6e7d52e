/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "init/agent/etcd.h"

/* Who looks it up may keep it as long as the application goes on once it is withdrawn. */
static void write_record(struct json *j, const struct registry_entry *entry) {
	const struct service *s = entry->service;
	int64_t seconds = s->config->drain / 1000;

	json_object(j, NULL);
	json_text(j, "host", s->address);
	json_number(j, "port", s->port);
	json_number(j, "ttl", seconds > 0 ? seconds : 1);
	registry_describe(j, s, "tags", "meta");
	json_object_end(j);
}

bool etcd_write_value(enum config_layout layout, const struct registry_entry *entry, char *value,
		      size_t size) {
	const struct service *s = entry->service;
	struct json j;

	json_begin(&j, value, size);
	switch (layout) {
	case CONFIG_SKYDNS:
		write_record(&j, entry);
		break;
	case CONFIG_REGISTRATOR:
		snprintf(value, size, strchr(s->address, ':') ? "[%s]:%u" : "%s:%u", s->address,
			 s->port);
		break;
	case CONFIG_PLAIN:
		registry_write_entry(&j, entry);
		break;
	}
	return json_end(&j);
}
