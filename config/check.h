/* SPDX-License-Identifier: Apache-2.0 */
/* What only the whole configuration shows: settings that contradict each other. */
#ifndef CONFIG_CHECK_H
#define CONFIG_CHECK_H

#include "config/load.h"

void check_all(struct load *);

/* The parts of it. */
void check_ports(struct load *);
void check_network(struct load *);
void check_naming(struct load *);
void check_services(struct load *);
void check_jobs(struct load *);
void check_health(struct load *);
void check_templates(struct load *);
void check_link(struct load *, const struct config_interface *);

/* What the interface is called in the end; NULL: it keeps the name that it has, which the
 * configuration does not know. */
const char *check_final_name(const struct config_interface *);

/* Reports a mistake where the key of the section's object was set, or at its header. */
void check_mistake(struct load *, const char *kind, const void *object, const char *key,
		   const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The same, where an item of the key's list was set. */
void check_item_mistake(struct load *, const char *kind, const void *object, const char *key,
			const struct config_origin *, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

#endif
