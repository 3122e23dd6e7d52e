/* SPDX-License-Identifier: Apache-2.0 */
#include "config/ip.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

unsigned ip_bits(const struct config_ip *ip) {
	return ip->family == AF_INET ? 32 : 128;
}

static int parse_prefix(const char *text, const char *whole, struct config_ip *ip,
			struct error *e) {
	unsigned n = 0;

	for (const char *c = text; *c; c++) {
		if (*c < '0' || *c > '9' || c - text > 2)
			return fail(e, "'%s': '/%s' is not a prefix length", whole, text);
		n = n * 10 + (unsigned)(*c - '0');
	}
	if (*text == '\0' || n > ip_bits(ip))
		return fail(e, "'%s': '/%s' is not a prefix length from 0 to %u", whole, text,
			    ip_bits(ip));
	ip->prefix = (uint8_t)n;
	return 0;
}

int ip_parse(const char *text, enum ip_form form, struct config_ip *result, struct error *e) {
	size_t len = strcspn(text, "/");
	char address[INET6_ADDRSTRLEN];
	struct config_ip ip = { 0 };

	if (len >= sizeof(address))
		return fail(e, "'%s' is not an IP address", text);
	memcpy(address, text, len);
	address[len] = '\0';
	ip.family = strchr(address, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(ip.family, address, ip.bytes) != 1)
		return fail(e, "'%s' is not an IP address", text);
	ip.prefix = (uint8_t)ip_bits(&ip);
	if (text[len] == '/' && form == IP_ALONE)
		return fail(e, "'%s': no prefix length is wanted here", text);
	if (text[len] == '\0' && form == IP_WITH_PREFIX)
		return fail(e, "'%s' has no prefix length: %s/%d", text, text,
			    ip.family == AF_INET ? 24 : 64);
	if (text[len] == '/' && parse_prefix(text + len + 1, text, &ip, e) < 0)
		return -1;
	*result = ip;
	return 0;
}

const char *ip_text_prefix(const struct config_ip *ip, char text[static IP_TEXT]) {
	size_t len;

	if (!inet_ntop(ip->family, ip->bytes, text, IP_TEXT))
		text[0] = '\0';
	len = strlen(text);
	(void)snprintf(text + len, IP_TEXT - len, "/%u", ip->prefix);
	return text;
}

const char *ip_text(const struct config_ip *ip, char text[static IP_TEXT]) {
	ip_text_prefix(ip, text);
	if (ip->prefix == ip_bits(ip))
		*strchr(text, '/') = '\0';
	return text;
}

static bool bit(const struct config_ip *ip, unsigned n) {
	return ip->bytes[n / 8] >> (7 - n % 8) & 1;
}

/* Whether all bits from the first one on are as said. */
static bool all(const struct config_ip *ip, unsigned first, bool value) {
	for (unsigned n = first; n < ip_bits(ip); n++)
		if (bit(ip, n) != value)
			return false;
	return true;
}

/* Lists are compared each with each: mostly the first word tells. */
static uint32_t first_word(const struct config_ip *ip) {
	uint32_t word;

	memcpy(&word, ip->bytes, sizeof(word));
	return word;
}

bool ip_equal(const struct config_ip *a, const struct config_ip *b) {
	return first_word(a) == first_word(b) && a->family == b->family &&
	       (a->family == AF_INET || memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0);
}

bool ip_within(const struct config_ip *ip, const struct config_ip *network) {
	if (ip->family != network->family)
		return false;
	for (unsigned n = 0; n < network->prefix; n++)
		if (bit(ip, n) != bit(network, n))
			return false;
	return true;
}

bool ip_is_link_local(const struct config_ip *ip) {
	return ip->family == AF_INET6 ? ip->bytes[0] == 0xfe && (ip->bytes[1] & 0xc0) == 0x80
				      : ip->bytes[0] == 169 && ip->bytes[1] == 254;
}

bool ip_is_loopback(const struct config_ip *ip) {
	return ip->family == AF_INET6
		       ? ip->bytes[15] == 1 && memcmp(ip->bytes, (uint8_t[15]){ 0 }, 15) == 0
		       : ip->bytes[0] == 127;
}

bool ip_is_network(const struct config_ip *ip) {
	return all(ip, ip->prefix, false);
}

bool ip_is_broadcast(const struct config_ip *ip) {
	return all(ip, ip->prefix, true);
}

static bool is_multicast(const struct config_ip *ip) {
	return ip->family == AF_INET6 ? ip->bytes[0] == 0xff : ip->bytes[0] >> 4 == 0xe;
}

int ip_need_host(const struct config_ip *ip, const char *text, struct error *e) {
	if (all(ip, 0, false))
		return fail(e, "'%s' is no host's address", text);
	if (is_multicast(ip))
		return fail(e, "'%s' is a multicast address", text);
	if (ip->family == AF_INET && all(ip, 0, true))
		return fail(e, "'%s' is the broadcast address", text);
	return 0;
}
