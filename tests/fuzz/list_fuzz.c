/* SPDX-License-Identifier: Apache-2.0 */
/* A registry's list of instances, whole and in pieces: the same comes of it, and nothing that could
 * do harm. The first byte says how it is cut, and what kind of list it is: two bits that are not 0
 * are one more than a layout of etcd's. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/agent/etcd_list.h"
#include "init/agent/registry.h"
#include "init/log.h"

static const struct config_word wanted = { .text = "v1" };

static bool run_etcd(struct etcd_list *l, const uint8_t *data, size_t size, size_t piece) {
	const char *bytes = (const char *)data + 1;

	l->layout = (enum config_layout)((data[0] >> 6) - 1);
	l->collector.who = "fuzz";
	l->collector.sorted = data[0] & 2;
	l->collector.wanted = data[0] & 4 ? &wanted : NULL;
	l->collector.ages = false;
	etcd_list_begin(l);
	for (size_t at = 0; at < size - 1; at += piece)
		if (etcd_list_feed(l, bytes + at, size - 1 - at < piece ? size - 1 - at : piece) <
		    0)
			return false;
	return etcd_list_end(l);
}

static bool run(struct etcd_list *l, const uint8_t *data, size_t size, size_t piece) {
	struct collector *c = &l->collector;
	const char *bytes = (const char *)data + 1;
	bool file = data[0] & 1;

	if (data[0] >> 6)
		return run_etcd(l, data, size, piece);
	instances_free(&c->list);
	c->paths = file ? registry_file.paths : registry_consul.paths;
	c->who = "fuzz";
	c->sorted = data[0] & 2;
	c->wanted = data[0] & 4 ? &wanted : NULL;
	c->ages = file;
	c->age = 1000;
	collector_begin(c);
	collector_begin_text(c);
	for (size_t at = 0; at < size - 1; at += piece)
		if (collector_feed(c, bytes + at, size - 1 - at < piece ? size - 1 - at : piece) <
		    0)
			return false;
	if (!collector_end_text(c))
		return false;
	collector_end(c);
	return true;
}

static void check_text(const char *text) {
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			abort();
}

static void check_name(const char *text) {
	if (!*text || strlen(text) >= INSTANCE_NAME || strpbrk(text, " \t\"'`$();&|<>\\{}[],"))
		abort();
	check_text(text);
}

static void check(const struct instances *l) {
	struct instance one;

	for (unsigned i = 0; i < l->count; i++) {
		instances_view(l, i, &one);
		check_name(one.id);
		check_name(one.address);
		for (unsigned n = 0; n < one.tags_count; n++)
			check_text(one.tags[n]);
		for (unsigned n = 0; n < one.metas_count; n++) {
			check_text(one.metas[n].key);
			check_text(one.metas[n].value);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static struct etcd_list whole, pieces;
	const struct config_log silent = { .level = CONFIG_LOG_ERROR };
	bool good;

	if (size < 2)
		return 0;
	log_init(&silent);
	good = run(&whole, data, size, size);
	if (run(&pieces, data, size, 1 + (data[0] >> 3 & 7)) != good)
		abort();
	if (!good)
		return 0;
	if (whole.collector.list.count != pieces.collector.list.count ||
	    whole.collector.list.digest != pieces.collector.list.digest ||
	    whole.collector.refused != pieces.collector.refused)
		abort();
	check(&whole.collector.list);
	return 0;
}
