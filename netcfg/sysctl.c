/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/neighbour.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "netcfg/check.h"
#include "netcfg/select.h"

/* In the order of IPV4_DEVCONF_*, from 1 (linux/ip.h, net/ipv4/devinet.c). */
static const char numbered[] =
	"forwarding\0mc_forwarding\0proxy_arp\0accept_redirects\0secure_redirects\0send_redirects\0"
	"shared_media\0rp_filter\0accept_source_route\0bootp_relay\0log_martians\0tag\0arp_filter\0"
	"medium_id\0disable_xfrm\0disable_policy\0force_igmp_version\0arp_announce\0arp_ignore\0"
	"promote_secondaries\0arp_accept\0arp_notify\0accept_local\0src_valid_mark\0"
	"proxy_arp_pvlan\0route_localnet\0igmpv2_unsolicited_report_interval\0"
	"igmpv3_unsolicited_report_interval\0ignore_routes_with_linkdown\0"
	"drop_unicast_in_l2_multicast\0drop_gratuitous_arp\0bc_forwarding\0arp_evict_nocarrier\0";

uint8_t net_sysctl_number(const char *key) {
	uint8_t number = 1;
	if (strncmp(key, "ipv4.", 5) != 0)
		return 0;
	for (const char *name = numbered; *name; name += strlen(name) + 1, number++)
		if (!strcmp(name, key + 5))
			return number;
	return 0;
}

int32_t net_sysctl_value(const struct config_pair *pair) {
	return (int32_t)strtol(pair->value, NULL, 10);
}

/* "ipv4.neigh.x" is of the link's neighbours, "ipv4.x" of the link. */
static void put_name(const char *key, const char *link, char between, char *name, size_t size) {
	const char *rest = key + 5;
	bool neighbours = !strncmp(rest, "neigh.", 6);
	(void)snprintf(name, size, "net%c%.4s%c%s%c%s%c%s", between, key, between,
		       neighbours ? "neigh" : "conf", between, link, between,
		       neighbours ? rest + 6 : rest);
}

void net_sysctl_name(const char *key, const char *link, char name[static NET_SYSCTL_TEXT]) {
	put_name(key, link, '.', name, NET_SYSCTL_TEXT);
}

static int open_file(const char *key, const char *link, int flags) {
	static const char folder[] = "/proc/sys/";
	char path[NET_SYSCTL_TEXT + sizeof folder];
	memcpy(path, folder, sizeof folder);
	put_name(key, link, '/', path + sizeof folder - 1, NET_SYSCTL_TEXT);
	return open(path, flags | O_CLOEXEC);
}

/* Untouched if it can't be read: the link may not be there yet. */
static void read_value(const char *key, const char *link, char value[static CONFIG_SYSCTL]) {
	int fd = open_file(key, link, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, value, CONFIG_SYSCTL - 1);
	if (fd >= 0)
		(void)close(fd);
	if (n <= 0)
		return;
	value[n] = '\0';
	value[strcspn(value, "\n")] = '\0';
}

static bool same_value(const char *a, const char *b) {
	char *end_a, *end_b;
	long number_a = strtol(a, &end_a, 0), number_b = strtol(b, &end_b, 0);
	return !strcmp(a, b) || (*a && !*end_a && *b && !*end_b && number_a == number_b);
}

/* What was there before the first change stays known. */
static void look(struct net_state *state, unsigned n, const struct net_link *link) {
	struct net_sysctl *s = &state->sysctls[n];
	char value[CONFIG_SYSCTL] = "";
	if (!link->create)
		read_value(s->pair->key, link->name, value);
	s->present = same_value(value, s->pair->value);
	s->link = net_link_name(link);
	if (!state->changed)
		memcpy(s->before, value, sizeof value);
}

static int want(struct net_state *state, const struct config_interface *i,
		const struct net_link *link, struct error *e) {
	for (const struct config_pair *p = i->sysctls; p; p = p->head.next) {
		if (net_sysctl_number(p->key))
			continue;
		if (state->sysctls_count == NET_MAX_SYSCTLS)
			return fail(e, "more than %d sysctls that are files", NET_MAX_SYSCTLS);
		state->sysctls[state->sysctls_count].pair = p;
		state->sysctls[state->sysctls_count].interface = i;
		look(state, state->sysctls_count++, link);
	}
	return 0;
}

int net_want_sysctls(struct net_state *state, const struct config *c, struct error *e) {
	state->sysctls_count = 0;
	for (const struct config_interface *i = c->interfaces; i; i = i->head.next)
		if (net_check_interface(c, i, state, NULL) == 0 &&
		    want(state, i, net_link_of(state, i), e) < 0)
			return -1;
	return 0;
}

int net_sysctl_write(const struct net_sysctl *s, bool back) {
	const char *value = back ? s->before : s->pair->value;
	int fd = open_file(s->pair->key, s->link, O_WRONLY);
	if (fd < 0)
		return -1;
	ssize_t n = write(fd, value, strlen(value));
	int error = errno;
	(void)close(fd);
	errno = error;
	return n < 0 ? -1 : 0;
}

/* Of those that are about neighbours, what an overlay needs: who asks for them. */
uint16_t net_sysctl_parameter(const struct net_sysctl *s) {
	return strcmp(s->pair->key + 4, ".neigh.app_solicit") == 0 ? NDTPA_APP_PROBES : 0;
}
