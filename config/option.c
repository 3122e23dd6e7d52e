/* SPDX-License-Identifier: Apache-2.0 */
#include "config/option.h"

#include <string.h>

#include "config/memory.h"
#include "config/set.h"
#include "config/suggest.h"

/* The last dot that leaves a known key: names may have dots (eth0.5), and so may keys (meta.KEY).
 */
static char *key_in(const struct schema_section *section, char *rest) {
	for (char *dot = strrchr(rest, '.'); dot; dot = memrchr(rest, '.', (size_t)(dot - rest)))
		if (schema_key(section, dot + 1))
			return dot + 1;
	return NULL;
}

static void unknown(struct load *l, const struct load_place *p, const char *key) {
	struct suggest s = { .written = key };

	for (SCHEMA_EACH_KEY(p->section, k))
		suggest_try(&s, schema_text(k->name));
	load_mistake(l, p, "[%s] has no key '%s'%s", schema_text(p->section->kind), key,
		     suggest_hint(&s));
}

static void find_named(struct load *l, struct load_place *p, char *rest) {
	char *key = key_in(p->section, rest);
	struct error e = { 0 };

	if (!key) {
		char *dot = strrchr(rest, '.');

		unknown(l, p, dot ? dot + 1 : "");
		return;
	}
	key[-1] = '\0';
	p->key = schema_key(p->section, key);
	p->name = key;
	if (*rest)
		p->object = set_instance(l->config, p->section, rest, &p->origin, &e);
	else
		fail(&e, "[%s] needs a name: '%s NAME.%s'", schema_text(p->section->kind),
		     schema_text(p->section->kind), key);
	if (p->object)
		p->instance = ((struct config_head *)p->object)->name;
	else
		load_mistake(l, p, "%s", e.text);
}

static void find_single(struct load *l, struct load_place *p, const char *key) {
	p->key = schema_key(p->section, key);
	p->name = key;
	p->object = schema_object(p->section, l->config);
	if (!p->key)
		unknown(l, p, key);
}

/* left: "KIND NAME.KEY", which is taken apart. */
static void find(struct load *l, struct load_place *p, char *left) {
	struct suggest s = { .written = left };
	size_t len = strcspn(left, " .");
	char *rest = left + len, after = *rest;

	if (after)
		*rest++ = '\0';
	p->section = schema_section(left);
	if (!p->section) {
		for (SCHEMA_EACH_SECTION(section))
			suggest_try(&s, schema_text(section->kind));
		load_mistake(l, p, "there is no section [%s]%s", left, suggest_hint(&s));
	} else if (p->section->size && after == ' ')
		find_named(l, p, rest + strspn(rest, " "));
	else if (!p->section->size && after == '.')
		find_single(l, p, rest);
	else
		load_mistake(l, p, "is not '%s%s.KEY=VALUE'", left,
			     p->section->size ? " NAME" : "");
}

static void load_one(struct load *l, const char *option) {
	struct load_place p = { .origin = { .source = CONFIG_OPTION, .variable = option } };
	size_t len = strcspn(option, "=");
	char *left = memory_text(option, len), *name = memory_text(option, len);

	if (!left || !name) {
		load_mistake(l, &p, "there is no memory left for it (CONFIG_MEMORY)");
		return;
	}
	p.origin.variable = name;
	if (option[len] == '\0')
		load_mistake(l, &p, "has no value: KIND[ NAME].KEY=VALUE");
	else
		find(l, &p, left);
	if (p.key && p.object)
		set_value(l, &p, option + len + 1);
}

void option_load(struct load *l) {
	for (const char *const *o = l->input->options; o && *o; o++) {
		l->config->given = true;
		load_one(l, *o);
	}
}
