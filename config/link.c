/* SPDX-License-Identifier: Apache-2.0 */
#include "config/link.h"

#include <stdio.h>
#include <string.h>

#include "config/clause.h"

/* What the kernel's dev_valid_name refuses; and %, by which it fills in a number. */
int link_check_name(const char *name, struct error *e) {
	if (strlen(name) >= CONFIG_LINK_NAME)
		return fail(e, "the name '%s' has more than %d bytes", name, CONFIG_LINK_NAME - 1);
	if (!*name || strpbrk(name, "/:% \t") || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return fail(e, "no interface can have this name: '%s'", name);
	return 0;
}

int link_parse_name(const struct schema_key *key, char *text, void *field, struct error *e) {
	(void)key;
	if (link_check_name(text, e) < 0)
		return -1;
	*(const char **)field = text;
	return 0;
}

const char *link_mac_text(const uint8_t mac[static 6], char text[static LINK_MAC_TEXT]) {
	(void)snprintf(text, LINK_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		       mac[3], mac[4], mac[5]);
	return text;
}

bool link_mac_is_set(const struct config_mac *mac) {
	static const struct config_mac none;

	return memcmp(mac, &none, sizeof(none)) != 0;
}

static int digit(char c) {
	const char *at = c ? strchr("0123456789abcdef", c | 0x20) : NULL;

	return at ? (int)(at - "0123456789abcdef") : -1;
}

/* IEEE 802: the lowest bit of the first byte makes a group of it. */
int link_read_mac(const char *text, struct config_mac *mac, struct error *e) {
	struct config_mac read;

	for (unsigned n = 0; n < 6; n++) {
		int high = digit(text[3 * n]), low = high < 0 ? -1 : digit(text[3 * n + 1]);

		if (low < 0 || text[3 * n + 2] != (n < 5 ? ':' : '\0'))
			return fail(e, "'%s' is not a MAC address such as 02:42:0a:00:00:02", text);
		read.bytes[n] = (uint8_t)(high << 4 | low);
	}
	if (read.bytes[0] & 1)
		return fail(e, "'%s' is a multicast address", text);
	if (!link_mac_is_set(&read))
		return fail(e, "'%s' is no interface's address", text);
	*mac = read;
	return 0;
}

int link_parse_mac(const struct schema_key *key, char *text, void *field, struct error *e) {
	(void)key;
	return link_read_mac(text, field, e);
}

void link_write_mac(const struct schema_key *key, const void *field, struct writer *w) {
	char text[LINK_MAC_TEXT];

	(void)key;
	writer_text(w, link_mac_text(((const struct config_mac *)field)->bytes, text));
}

int link_parse_match(const struct schema_key *key, char *text, void *field, struct error *e) {
	struct config_match match = { 0 };
	char *value = strchr(text, ':');
	int result = 0;

	if (!value)
		return fail(e, "'%s' is not name:, mac: or subnet: and a value", text);
	*value++ = '\0';
	if (strcmp(text, "name") == 0)
		result = link_parse_name(key, value, &match.name, e);
	else if (strcmp(text, "mac") == 0)
		result = link_read_mac(value, &match.mac, e);
	else if (strcmp(text, "subnet") == 0)
		result = clause_network(value, &match.subnet, e);
	else
		result = fail(e, "'%s:' is not one of name:, mac: and subnet:", text);
	if (result == 0)
		*(struct config_match *)field = match;
	return result;
}

void link_write_match(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_match *match = field;
	char text[IP_TEXT];

	if (match->name) {
		writer_texts(w, "name:", match->name, NULL);
	} else if (match->subnet.family) {
		writer_texts(w, "subnet:", ip_text_prefix(&match->subnet, text), NULL);
	} else {
		writer_text(w, "mac:");
		link_write_mac(key, &match->mac, w);
	}
}

/* The words of a line in place; fails unless there are so many. */
static int take_words(char *text, unsigned wanted, const char *form, const char *words[static 3],
		      struct error *e) {
	unsigned count = 0;
	char *rest = text, *word;

	while ((word = strtok_r(rest, " \t", &rest)) != NULL) {
		if (count < wanted)
			words[count] = word;
		count++;
	}
	return count == wanted ? 0 : fail(e, "is not %s", form);
}

int link_parse_neighbour(const struct schema_key *key, char *text, void *field, struct error *e) {
	struct config_neighbour *to = field, n = *to;
	const char *words[3] = { "", "", "" };

	(void)key;
	if (take_words(text, 2, "IP MAC", words, e) < 0 || clause_host(words[0], 0, &n.ip, e) < 0 ||
	    link_read_mac(words[1], &n.mac, e) < 0)
		return -1;
	*to = n;
	return 0;
}

int link_parse_peer(const struct schema_key *key, char *text, void *field, struct error *e) {
	struct config_neighbour *to = field, n = *to;
	const char *words[3] = { "", "", "" };

	if (*text && !strpbrk(text, " \t"))
		return link_parse_name(key, text, &to->name, e);
	if (take_words(text, 3, "IP MAC VTEP", words, e) < 0 ||
	    clause_host(words[0], 0, &n.ip, e) < 0 || link_read_mac(words[1], &n.mac, e) < 0 ||
	    clause_host(words[2], 0, &n.vtep, e) < 0)
		return -1;
	*to = n;
	return 0;
}

int link_parse_flood(const struct schema_key *key, char *text, void *field, struct error *e) {
	(void)key;
	return clause_host(text, 0, &((struct config_neighbour *)field)->vtep, e);
}

void link_write_neighbour(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_neighbour *n = field;
	char ip[IP_TEXT];

	writer_texts(w, ip_text(&n->ip, ip), " ", NULL);
	link_write_mac(key, &n->mac, w);
}

void link_write_peer(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_neighbour *n = field;

	if (n->name) {
		writer_text(w, n->name);
		return;
	}
	link_write_neighbour(key, field, w);
	writer_char(w, ' ');
	link_write_flood(key, field, w);
}

void link_write_flood(const struct schema_key *key, const void *field, struct writer *w) {
	char vtep[IP_TEXT];

	(void)key;
	writer_text(w, ip_text(&((const struct config_neighbour *)field)->vtep, vtep));
}
