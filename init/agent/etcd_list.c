/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/etcd_list.h"

#include <stdio.h>
#include <string.h>

#include "init/agent/base64.h"
#include "init/agent/query.h"
#include "init/agent/registry.h"
#include "init/loop.h"

static const struct instance_path paths[] = {
	INSTANCE_PATH("host", ADDRESS), INSTANCE_PATH("port", PORT), INSTANCE_PATH("tags[]", TAG),
	INSTANCE_PATH("meta.", META),   INSTANCE_PATH("", OVER),
};

/* The id is what comes behind the last slash. */
static void take_key(struct etcd_list *l, int n, bool last) {
	for (int i = 0; i < n; i++)
		if (l->scanner.text[i] == '/')
			l->length = 0;
		else if (l->length < sizeof(l->id))
			l->id[l->length++] = l->scanner.text[i];
	if (last)
		l->id[n >= 0 && l->length < sizeof(l->id) ? l->length : 0] = '\0';
}

/* ADDRESS:PORT, and IPv6 in brackets. */
static bool feed_address(struct etcd_list *l) {
	char text[sizeof(l->address) + 24], *host = l->address, *colon;

	host[l->length] = '\0';
	colon = strrchr(host, ':');
	if (!colon)
		return false;
	*colon = '\0';
	if (*host == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		host++;
	}
	snprintf(text, sizeof(text), "{\"host\":\"%s\",\"port\":%s}", host, colon + 1);
	return collector_feed(&l->collector, text, strlen(text)) == 0;
}

static bool keep_address(struct etcd_list *l, int n) {
	if (n < 0 || (size_t)n >= sizeof(l->address) - l->length)
		return false;
	memcpy(l->address + l->length, l->scanner.text, (size_t)n);
	l->length += (size_t)n;
	return true;
}

static void take_value(struct etcd_list *l, int n, bool last) {
	struct collector *c = &l->collector;

	if (!l->going) {
		collector_begin_text(c);
		if (l->layout != CONFIG_PLAIN)
			collector_name(c, l->id);
		l->good = true;
		l->refusals = c->refusals;
	}
	if (l->layout == CONFIG_REGISTRATOR)
		l->good = l->good && keep_address(l, n) && (!last || feed_address(l));
	else
		l->good = l->good && n >= 0 && collector_feed(c, l->scanner.text, (size_t)n) == 0;
	if (last && !(l->good && collector_end_text(c)) && c->refusals == l->refusals)
		collector_refuse(c, "its value is none of this layout");
	if (last)
		l->id[0] = '\0';
}

static void take(struct etcd_list *l, bool last) {
	struct scanner *s = &l->scanner;
	bool key = strcmp(s->path, "kvs[].key") == 0;

	if (!key && strcmp(s->path, "kvs[].value") != 0)
		return;
	if (!l->going)
		l->length = 0;
	(key ? take_key : take_value)(l, base64_decode(s->text, s->length), last);
	l->going = !last;
}

static void found_part(struct scanner *s) {
	take(LOOP_OWNER(s, struct etcd_list, scanner), false);
}

static void found(struct scanner *s, enum scanner_kind kind) {
	struct etcd_list *l = LOOP_OWNER(s, struct etcd_list, scanner);

	if (kind != SCANNER_STRING)
		return;
	if (strcmp(s->path, "header.revision") == 0)
		l->revision = query_next_index(0, s->text);
	take(l, true);
}

void etcd_list_begin(struct etcd_list *l) {
	instances_free(&l->collector.list);
	l->collector.paths = l->layout == CONFIG_PLAIN ? registry_file.paths : paths;
	collector_begin(&l->collector);
	l->revision = 0;
	l->going = false;
	l->id[0] = '\0';
	l->scanner.found = found;
	l->scanner.part = found_part;
	scanner_begin(&l->scanner);
}

int etcd_list_feed(struct etcd_list *l, const char *bytes, size_t length) {
	return scanner_feed(&l->scanner, bytes, length);
}

bool etcd_list_end(struct etcd_list *l) {
	if (!scanner_end(&l->scanner) || !l->revision)
		return false;
	collector_end(&l->collector);
	return true;
}
