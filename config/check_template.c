/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are made from templates. */
#include "config/check.h"

#include <string.h>

static const char *path_of(const struct config_template *t) {
	return t->path ? t->path : t->head.name;
}

/* An impossible value has been told already. */
static bool is_unset(const struct config_template *t, const char *key) {
	const struct schema_section *section = schema_section("template");

	return schema_origin(section, schema_key(section, key), t)->source == CONFIG_DEFAULT;
}

static void check_path(struct load *l, const struct config_template *t) {
	const char *path = path_of(t);
	size_t len = strlen(path);

	if (*path != '/' && is_unset(t, "path"))
		check_mistake(l, "template", t, NULL,
			      "needs a path: '%s' is not an absolute one itself", t->head.name);
	else if (path[len - 1] == '/')
		check_mistake(l, "template", t, t->path ? "path" : NULL, "'%s' names no file",
			      path);
	for (const struct config_template *o = t->head.next; o; o = o->head.next)
		if (strcmp(path, path_of(o)) == 0)
			check_mistake(l, "template", o, o->path ? "path" : NULL,
				      "'%s' is the path of [template %s]", path, t->head.name);
}

void check_templates(struct load *l) {
	for (struct config_template *t = l->config->templates; t; t = t->head.next) {
		if (is_unset(t, "source"))
			check_mistake(l, "template", t, NULL, "needs a source");
		check_path(l, t);
	}
}
