/* SPDX-License-Identifier: Apache-2.0 */
/* What the modules that fill a configuration share: where a setting goes, where it comes from, and
 * the report of what is wrong.
 *
 * There are two passes over all sources. The first only makes the sections that they name, so that
 * in the second one ${PORT_WEB} and PINTLE_PORT_WEB_DEFAULT are known for what they are, whoever
 * names [port web]. Only the second pass reports. */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "config/schema.h"

enum load_pass { LOAD_DECLARE, LOAD_SET };

struct load {
	struct config *config;
	const struct config_input *input;
	struct config_report *report; /* not touched before the first mistake */
	unsigned mistakes;
	enum load_pass pass;
};

/* A setting, and where its value was found. */
struct load_place {
	const struct schema_section *section;
	void *object; /* the instance, or struct config itself if the section is headless */
	const char *instance; /* NULL: the only one */
	const struct schema_key *key; /* NULL: the section as such */
	const char *name; /* of the key, as written */
	struct config_origin origin;
};

/* Adds a line to the report: "FILE:LINE: [section] key: ...", "PINTLE_X: ...", "-o x: ...". */
void load_mistake(struct load *, const struct load_place *, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
