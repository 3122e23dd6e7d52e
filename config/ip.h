/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses and networks as text, and what they are good for. */
#ifndef CONFIG_IP_H
#define CONFIG_IP_H

#include <stdbool.h>

#include "config/config.h"

enum { IP_TEXT = 56 };

enum ip_form {
	IP_ALONE, /* 10.0.0.1 */
	IP_WITH_PREFIX, /* 10.0.0.1/24 */
	IP_EITHER, /* without one: all bits */
};

int ip_parse(const char *text, enum ip_form, struct config_ip *, struct error *);
/* With the prefix if it is not all bits. */
const char *ip_text(const struct config_ip *, char text[static IP_TEXT]);
/* Always with the prefix: 10.0.0.1/32. */
const char *ip_text_prefix(const struct config_ip *, char text[static IP_TEXT]);

/* Bits of an address of the family: 32 or 128. */
unsigned ip_bits(const struct config_ip *);
bool ip_equal(const struct config_ip *, const struct config_ip *);
/* Whether the address lies in the network of the other one. */
bool ip_within(const struct config_ip *, const struct config_ip *network);
bool ip_is_link_local(const struct config_ip *);
bool ip_is_loopback(const struct config_ip *);
/* Whether all bits behind the prefix are 0, or 1. */
bool ip_is_network(const struct config_ip *);
bool ip_is_broadcast(const struct config_ip *);

/* Fails for what no host can have: 0.0.0.0, multicast, broadcast. */
int ip_need_host(const struct config_ip *, const char *text, struct error *);

#endif
