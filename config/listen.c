/* SPDX-License-Identifier: Apache-2.0 */
#include "config/listen.h"

#include <string.h>
#include <sys/socket.h>

#include "config/ip.h"
#include "config/number.h"

/* "[::1]" and "10.0.0.1"; nothing before the colon: all addresses. */
static int read_address(const char *text, size_t len, struct config_ip *ip, struct error *e) {
	bool brackets = len > 2 && *text == '[' && text[len - 1] == ']';
	char address[IP_TEXT];

	if (len == 0)
		return 0;
	if (brackets) {
		text++;
		len -= 2;
	}
	if (len >= sizeof(address))
		return fail(e, "the address is too long");
	memcpy(address, text, len);
	address[len] = '\0';
	if (ip_parse(address, IP_ALONE, ip, e) < 0)
		return -1;
	return brackets == (ip->family == AF_INET6)
		       ? 0
		       : fail(e, "'%s' and only an IPv6 address stands in brackets", address);
}

int listen_parse(const struct schema_key *key, char *text, void *field, struct error *e) {
	const char *colon = strrchr(text, ':');
	struct config_listen l = { .port = 0 };
	int64_t port;

	(void)key;
	if (strcmp(text, "none") != 0) {
		if (number_read(colon ? colon + 1 : text, 1, UINT16_MAX, &port, NULL) < 0)
			return fail(e, "'%s' is not one of PORT, ADDRESS:PORT and none", text);
		l.port = (uint16_t)port;
		if (colon && read_address(text, (size_t)(colon - text), &l.ip, e) < 0)
			return -1;
	}
	*(struct config_listen *)field = l;
	return 0;
}

void listen_write(const struct schema_key *key, const void *field, struct writer *w) {
	const struct config_listen *l = field;
	char ip[IP_TEXT];

	(void)key;
	if (l->ip.family == AF_INET6)
		writer_texts(w, "[", ip_text(&l->ip, ip), "]:", NULL);
	else if (l->ip.family)
		writer_texts(w, ip_text(&l->ip, ip), ":", NULL);
	if (l->port)
		writer_number(w, l->port);
	else
		writer_text(w, "none");
}
