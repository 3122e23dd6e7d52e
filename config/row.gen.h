/* SPDX-License-Identifier: Apache-2.0 */
/* The table of all settings as it is written; pack.gen.c makes of it what schema.h declares. */
#ifndef CONFIG_ROW_GEN_H
#define CONFIG_ROW_GEN_H

#include "config/schema.h"

/* The start of a row. A field of another C type than its kind of value needs does not compile. */
#define ROW_OF(object, field, kind, text)                                                          \
	.name = text, .type = SCHEMA_##kind,                                                       \
	.offset = _Generic(((object *)0)->field, FIELD_##kind                                      \
			   : offsetof(object, field))
#define ROW(section, field, kind, text) ROW_OF(struct config_##section, field, kind, text)

/* See struct schema_key and struct schema_section; no text: "". */
struct row {
	const char *name, *preset, *choices, *help;
	uint32_t min, max;
	uint16_t offset;
	uint8_t type;
	bool none, secret, late;
};

struct row_section {
	const char *kind, *group, *help;
	const struct row *rows;
	uint16_t count, offset, size, limit;
	bool headless;
};

extern const struct row_section row_sections[]; /* the last one has no kind */

#endif
