/* SPDX-License-Identifier: Apache-2.0 */
/* One setting from any source into the configuration. */
#ifndef CONFIG_SET_H
#define CONFIG_SET_H

#include "config/load.h"

/* The instance of that name; NULL if there is none. */
struct config_head *set_find(const struct config *, const struct schema_section *,
			     const char *name);
/* The one of that name, made with its defaults if there is none yet. */
struct config_head *set_instance(struct config *, const struct schema_section *, const char *name,
				 const struct config_origin *, struct error *);

/* Gives the setting its value; what a weaker source said of it is forgotten. Sources come in the
 * order of their strength. */
void set_value(struct load *, const struct load_place *, const char *value);

/* An item of [env], or of meta.KEY; NULL if there is none of that name. */
struct config_pair *set_find_pair(const struct load_place *);

#endif
