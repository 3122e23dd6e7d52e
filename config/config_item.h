/* SPDX-License-Identifier: Apache-2.0 */
/* What the nouns of config.h have in common: where they come from, and lists. */
#ifndef CONFIG_CONFIG_ITEM_H
#define CONFIG_CONFIG_ITEM_H

#include <stdint.h>

enum config_source { CONFIG_DEFAULT, CONFIG_FILE, CONFIG_ENVIRONMENT, CONFIG_OPTION };

/* Where a value comes from. */
struct config_origin {
	enum config_source source;
	unsigned line; /* CONFIG_FILE */
	const char *variable; /* CONFIG_ENVIRONMENT: its name */
};

/* Every section, and every item of a list, begins with this. All live in config's own memory, for
 * ever: for (const struct config_port *p = c->ports; p; p = p->head.next). */
struct config_head {
	void *next;
	const char *name; /* of the instance: "eth0" in [interface eth0]; NULL for singletons and
			     list items */
	struct config_origin *origins; /* a section's: one for each key of its schema, in its order;
					  NULL: all its values are defaults */
	struct config_origin origin; /* of the header, or of the list item */
};

/* A word in a list. */
struct config_word {
	struct config_head head;
	const char *text;
};

/* KEY = VALUE where the key is the user's own: [env], meta.KEY. */
struct config_pair {
	struct config_head head;
	const char *key;
	const char *value; /* NULL: unset it */
};

/* An IPv4 or IPv6 address or network; family 0: not set. */
struct config_ip {
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t prefix; /* bits; 32 or 128 for a single address */
	uint8_t bytes[16];
};

#endif
