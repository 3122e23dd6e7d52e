/* SPDX-License-Identifier: Apache-2.0 */
/* Interfaces by name, by MAC, by network; and what is behind them: neighbours, tunnel ends. */
#ifndef CONFIG_LINK_H
#define CONFIG_LINK_H

#include "config/value.h"

value_parse link_parse_name, link_parse_mac, link_parse_match, link_parse_neighbour,
	link_parse_peer, link_parse_flood;
value_write link_write_mac, link_write_match, link_write_neighbour, link_write_peer,
	link_write_flood;

enum { LINK_MAC_TEXT = 18 };

/* "02:42:0a:00:00:02" */
const char *link_mac_text(const uint8_t mac[static 6], char text[static LINK_MAC_TEXT]);
bool link_mac_is_set(const struct config_mac *);
int link_read_mac(const char *text, struct config_mac *, struct error *);

/* Fails for what no interface can be called. */
int link_check_name(const char *name, struct error *);

#endif
