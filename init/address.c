/* SPDX-License-Identifier: Apache-2.0 */
#include "init/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <linux/if_addr.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/error.h"

enum { HOST_NAME = 253 }; /* RFC 1035, 2.3.4, without the last dot */

enum family { ANY, INET, INET6 };

/* What a selector asks for. */
struct wanted {
	enum family family;
	const char *link; /* NULL: any; not terminated */
	size_t link_length;
	long index; /* in the link's list; -1: any */
	struct config_ip net; /* family 0: any */
};

struct candidate {
	const struct net_link *link;
	const struct net_address *address;
};

static const struct net_link *link_of(const struct net_state *net, const struct net_address *a) {
	for (unsigned i = 0; i < net->links_count; i++)
		if (net->links[i].index == a->index)
			return &net->links[i];
	return NULL;
}

/* By the name of the link, then IPv4 before IPv6, then by the bytes. */
static int compare(const struct candidate *a, const struct candidate *b) {
	const struct config_ip *left = &a->address->ip, *right = &b->address->ip;
	int order = strcmp(a->link->name, b->link->name);

	if (order)
		return order;
	if (left->family != right->family)
		return left->family == AF_INET ? -1 : 1;
	return memcmp(left->bytes, right->bytes, sizeof(left->bytes));
}

static bool within(const struct config_ip *ip, const struct config_ip *net) {
	unsigned whole = net->prefix / 8, rest = net->prefix % 8;

	if (ip->family != net->family || memcmp(ip->bytes, net->bytes, whole))
		return false;
	return !rest || !((ip->bytes[whole] ^ net->bytes[whole]) & (0xff00 >> rest));
}

static bool loopback(const struct config_ip *ip) {
	static const struct config_ip nets[] = {
		{ .family = AF_INET, .prefix = 8, .bytes = { 127 } },
		{ .family = AF_INET6, .prefix = 128, .bytes = { [15] = 1 } },
	};

	return within(ip, &nets[0]) || within(ip, &nets[1]);
}

static bool link_local(const struct config_ip *ip) {
	static const struct config_ip nets[] = {
		{ .family = AF_INET, .prefix = 16, .bytes = { 169, 254 } },
		{ .family = AF_INET6, .prefix = 10, .bytes = { 0xfe, 0x80 } },
	};

	return within(ip, &nets[0]) || within(ip, &nets[1]);
}

/* What is only meant where it is named: a link by its name, an address by its network. */
static bool meant(const struct wanted *w, const struct candidate *c) {
	const struct config_ip *ip = &c->address->ip;

	if (c->address->flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED))
		return false;
	if (w->index >= 0)
		return true;
	if (!w->link && (!(c->link->flags & IFF_UP)))
		return false;
	if (!w->link && (c->link->flags & IFF_LOOPBACK || loopback(ip)))
		return w->net.family && loopback(&w->net);
	return !link_local(ip) || (w->net.family && link_local(&w->net));
}

static bool asked(const struct wanted *w, const struct candidate *c) {
	static const uint8_t families[] = { [INET] = AF_INET, [INET6] = AF_INET6 };

	if (w->link && (strlen(c->link->name) != w->link_length ||
			memcmp(c->link->name, w->link, w->link_length)))
		return false;
	if (w->family != ANY && c->address->ip.family != families[w->family])
		return false;
	return !w->net.family || within(&c->address->ip, &w->net);
}

static bool virtual(const struct candidate *c) {
	return c->address->ip.family == AF_INET && c->address->ip.prefix == 32;
}

/* Whether a is to be taken rather than b: what is no /32 wins, then the order. */
static bool before(const struct wanted *w, const struct candidate *a, const struct candidate *b) {
	if (w->index < 0 && virtual(a) != virtual(b))
		return virtual(b);
	return compare(a, b) < 0;
}

/* How many of the link's addresses come before this one. */
static long place(const struct net_state *net, const struct wanted *w, const struct candidate *c) {
	long n = 0;

	for (unsigned i = 0; i < net->addresses_count; i++) {
		struct candidate other = { link_of(net, &net->addresses[i]), &net->addresses[i] };

		if (other.link && asked(w, &other) && compare(&other, c) < 0)
			n++;
	}
	return n;
}

static int best(const struct net_state *net, const struct wanted *w, char *text, size_t size) {
	struct candidate found = { 0 };

	for (unsigned i = 0; i < net->addresses_count; i++) {
		struct candidate c = { link_of(net, &net->addresses[i]), &net->addresses[i] };

		if (!c.link || !asked(w, &c) || !meant(w, &c))
			continue;
		if (w->index >= 0 && place(net, w, &c) != w->index)
			continue;
		if (!found.link || before(w, &c, &found))
			found = c;
	}
	if (!found.link)
		return 0;
	return inet_ntop(found.address->ip.family, found.address->ip.bytes, text,
			 (socklen_t)size) != NULL;
}

static bool is_ip(const char *text, uint8_t bytes[16]) {
	static const uint8_t nowhere[16];
	bool v4 = inet_pton(AF_INET, text, bytes) == 1;

	if (!v4 && inet_pton(AF_INET6, text, bytes) != 1)
		return false;
	return memcmp(bytes, nowhere, v4 ? 4 : 16) != 0;
}

bool address_usable(const char *text) {
	uint8_t bytes[16];
	size_t length = strlen(text);

	if (is_ip(text, bytes))
		return true;
	/* What consists of digits and dots only is a mistyped address, never a name (RFC 1123,
	 * 2.1). */
	if (!length || length > HOST_NAME || text[0] == '-' || text[0] == '.' ||
	    strspn(text, "0123456789.") == length)
		return false;
	for (const char *c = text; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '.' && *c != '_')
			return false;
	return true;
}

/* tcp://10.0.0.1:80 and [fd00::1] are how platforms write it: what is left is the address alone. */
static int bare(const char *value, char *text, size_t size) {
	const char *start = strstr(value, "://") ? strstr(value, "://") + 3 : value;
	size_t length = strlen(start);

	if (*start == '[') {
		start++;
		length = strcspn(start, "]");
	} else if (strchr(start, ':') && strchr(start, ':') == strrchr(start, ':')) {
		length = strcspn(start, ":");
	}
	return snprintf(text, size, "%.*s", (int)length, start) < (int)size ? 0 : -1;
}

static int from_environment(const char *name, char *text, size_t size, struct error *e) {
	const char *value = getenv(name);
	char address[HOST_NAME + 1];

	if (!value || !*value)
		return 0;
	if (bare(value, address, sizeof(address)) < 0 || !address_usable(address))
		return fail(e, "%s: '%s' is no address", name, value);
	return snprintf(text, size, "%s", address) < (int)size ? 1 : fail(e, "%s: too long", name);
}

static int from_text(const char *address, char *text, size_t size, struct error *e) {
	uint8_t bytes[16];

	if (!is_ip(address, bytes))
		return fail(e, "'static:%s' names no IP address", address);
	return snprintf(text, size, "%s", address) < (int)size ? 1 : fail(e, "too long");
}

static bool parse_net(const char *selector, struct config_ip *net) {
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(selector, '/');
	char *end;
	long prefix;

	if (snprintf(address, sizeof(address), "%.*s", (int)(slash - selector), selector) >=
	    (int)sizeof(address))
		return false;
	net->family = strchr(address, ':') ? AF_INET6 : AF_INET;
	prefix = strtol(slash + 1, &end, 10);
	if (!isdigit((unsigned char)slash[1]) || *end || prefix < 0 ||
	    prefix > (net->family == AF_INET ? 32 : 128))
		return false;
	net->prefix = (uint8_t)prefix;
	return inet_pton(net->family, address, net->bytes) == 1;
}

/* NAME, NAME:inet, NAME:inet6, NAME[2] */
static bool parse_link(const char *selector, struct wanted *w) {
	static const char *const families[] = { [ANY] = "", [INET] = ":inet", [INET6] = ":inet6" };
	const char *rest = selector + strcspn(selector, ":[");
	char *end;

	w->link = selector;
	w->link_length = (size_t)(rest - selector);
	for (const char *c = selector; c < rest; c++)
		if (!isalnum((unsigned char)*c) && !strchr("-._@", *c))
			return false;
	if (!w->link_length || w->link_length >= NET_NAME)
		return false;
	if (*rest == '[') {
		w->index = strtol(rest + 1, &end, 10);
		return isdigit((unsigned char)rest[1]) && strcmp(end, "]") == 0;
	}
	for (w->family = ANY; w->family <= INET6; w->family++)
		if (strcmp(rest, families[w->family]) == 0)
			return true;
	return false;
}

static bool parse(const char *selector, struct wanted *w) {
	struct in6_addr address;

	if (strcmp(selector, "inet") == 0 || strcmp(selector, "inet6") == 0) {
		w->family = selector[4] ? INET6 : INET;
		return true;
	}
	if (strchr(selector, '/'))
		return parse_net(selector, &w->net);
	return inet_pton(AF_INET, selector, &address) != 1 && parse_link(selector, w);
}

static const struct {
	const char *prefix;
	int (*select)(const char *rest, char *text, size_t size, struct error *);
} literals[] = {
	{ "static:", from_text },
	{ "env:", from_environment },
};

int address_select(const char *selector, const struct net_state *net, char *text, size_t size,
		   struct error *e) {
	struct wanted w = { .index = -1 };

	for (size_t i = 0; i < sizeof(literals) / sizeof(*literals); i++) {
		size_t length = strlen(literals[i].prefix);

		if (strncmp(selector, literals[i].prefix, length) == 0)
			return literals[i].select(selector + length, text, size, e);
	}
	if (!parse(selector, &w))
		return fail(e,
			    "'%s' selects no address (eth0, eth0:inet6, eth0[1], inet, inet6, "
			    "10.0.0.0/8, static:192.0.2.7 or env:NAME)",
			    selector);
	return best(net, &w, text, size);
}
