/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/config/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ETH0 "[interface eth0]\n"

/* A line of [interface eth0], how it is written again; or what is wrong with it. */
static const struct {
	const char *line;
	const char *written;
	const char *wrong;
} cases[] = {
	{ "address = 10.0.0.2/24", "address = 10.0.0.2/24", NULL },
	{ "address = 10.0.0.2/32", "address = 10.0.0.2/32", NULL },
	{ "address = 10.0.0.0/31", "address = 10.0.0.0/31", NULL },
	{ "address = 10.0.0.2/24 scope link metric 7 label eth0:a",
	  "address = 10.0.0.2/24 scope link label eth0:a metric 7", NULL },
	{ "address = 10.0.0.2/24 scope 42", "address = 10.0.0.2/24 scope 42", NULL },
	{ "address = 10.0.0.2 peer 10.0.0.3", "address = 10.0.0.2/32 peer 10.0.0.3", NULL },
	{ "address = 10.0.0.2 peer 10.0.0.3/24", "address = 10.0.0.2/32 peer 10.0.0.3/24", NULL },
	{ "address = fd00::2/64 dad", "address = fd00::2/64 dad", NULL },
	{ "address = fd00::2/64 nodad", "address = fd00::2/64", NULL },
	{ "address = 10.0.0.2", NULL, "has no prefix length: 10.0.0.2/24" },
	{ "address = fd00::2", NULL, "has no prefix length: fd00::2/64" },
	{ "address = 0.0.0.0/24", NULL, "no host's address" },
	{ "address = ::/64", NULL, "no host's address" },
	{ "address = 10.0.0.0/24", NULL, "the network itself" },
	{ "address = fd00::/64", NULL, "the network itself" },
	{ "address = 10.0.0.255/24", NULL, "broadcast address" },
	{ "address = 255.255.255.255/32", NULL, "broadcast" },
	{ "address = 224.1.1.1/24", NULL, "multicast" },
	{ "address = ff02::1/64", NULL, "multicast" },
	{ "address = 10.0.0.1/0", NULL, "whole internet" },
	{ "address = 10.0.0.1/33", NULL, "from 0 to 32" },
	{ "address = ::1/128", NULL, "only be an address of lo" },
	{ "address = 10.0.0.2/24 label wlan0", NULL, "begin with eth0:" },
	{ "address = 10.0.0.2/24 label eth01", NULL, "begin with eth0:" },
	{ "address = 10.0.0.2/24 label eth0:0123456789a", NULL, "longer than 15" },
	{ "address = fd00::2/64 label eth0", NULL, "only IPv4" },
	{ "address = 10.0.0.2/24 dad", NULL, "only IPv6" },
	{ "address = fd00::2/64 dad nodad", NULL, "not both" },
	{ "address = 10.0.0.2/24 metric", NULL, "'metric' needs a value" },
	{ "address = 10.0.0.2/24 metric 1 metric 2", NULL, "twice" },
	{ "address = 10.0.0.2/24 metric -1", NULL, "not a number" },
	{ "address = 10.0.0.2/24 via 10.0.0.1", NULL, "'via' is not understood" },
	{ "address = 10.0.0.2/24 brd 10.0.0.255", NULL, "'brd' is not understood" },
	{ "address = 10.0.0.2/24 scope galaxy", NULL, "not a number from 0 to 255" },
	{ "address = 10.0.0.2/24 peer fd00::1", NULL, "another family" },
	{ "address = 10.0.0.2/24,", NULL, "empty item" },
	{ "address = eth0", NULL, "not an IP address" },
	{ "gateway = 10.0.0.1 metric 5 onlink", "gateway = 10.0.0.1 metric 5 onlink", NULL },
	{ "gateway = fe80::1", "gateway = fe80::1", NULL },
	{ "gateway = 10.0.0.1/24", NULL, "no prefix length" },
	{ "gateway = 0.0.0.0", NULL, "no host" },
	{ "gateway = ff02::2", NULL, "multicast" },
	{ "gateway = 10.0.0.1 via 10.0.0.2", NULL, "not understood" },
	{ "route = 10.1.0.0/16 via 10.0.0.1 src 10.0.0.2 metric 5 table 100 mtu 1400",
	  "route = 10.1.0.0/16 via 10.0.0.1 src 10.0.0.2 metric 5 table 100 mtu 1400", NULL },
	{ "route = 10.1.0.0/16", "route = 10.1.0.0/16", NULL },
	{ "route = 10.1.2.3 via 10.0.0.1 onlink", "route = 10.1.2.3 via 10.0.0.1 onlink", NULL },
	{ "route = default via 10.0.0.1", "route = 0.0.0.0/0 via 10.0.0.1", NULL },
	{ "route = default via fe80::1", "route = ::/0 via fe80::1", NULL },
	{ "route = fd01::/48 table main", "route = fd01::/48 table 254", NULL },
	{ "route = 10.1.2.3/16", NULL, "the network is 10.1.0.0/16" },
	{ "route = fd01::5/48", NULL, "the network is fd01::/48" },
	{ "route = 10.1.0.0/16 via fd00::1", NULL, "not an IPv4 address" },
	{ "route = fd01::/48 via 10.0.0.1", NULL, "not an IPv6 address" },
	{ "route = 10.1.0.0/16 via 0.0.0.0", NULL, "no host" },
	{ "route = 10.1.0.0/16 onlink", NULL, "there is none" },
	{ "route = 10.1.0.0/16 table 255", NULL, "kernel's own" },
	{ "route = 10.1.0.0/16 table 0", NULL, "kernel's own" },
	{ "route = 10.1.0.0/16 mtu 67", NULL, "from 68" },
	{ "route = 10.1.0.0/16 dev eth1", NULL, "'dev' is not understood" },
	{ "route = blackhole 10.1.0.0/16", "route = blackhole 10.1.0.0/16", NULL },
	{ "route = unreachable fd01::/48 metric 7 table 100",
	  "route = unreachable fd01::/48 metric 7 table 100", NULL },
	{ "route = prohibit default", "route = prohibit 0.0.0.0/0", NULL },
	{ "route = blackhole", NULL, "empty item" },
	{ "route = blackhole 10.1.0.0/16 via 10.0.0.1", NULL, "'via' is not understood" },
	{ "route = blackhole 10.1.0.0/16 nexthop via 10.0.0.1 nexthop via 10.0.0.2", NULL,
	  "has no nexthop" },
	{ "route = 10.1.0.0/16 nexthop via 10.0.0.1 weight 2 nexthop via 10.0.0.9",
	  "route = 10.1.0.0/16 nexthop via 10.0.0.1 weight 2 nexthop via 10.0.0.9 weight 1", NULL },
	{ "route = default metric 5 src fd00::2\tnexthop\tvia fd00::1 nexthop via fd00::9",
	  "route = ::/0 src fd00::2 metric 5 nexthop via fd00::1 weight 1 nexthop via fd00::9 "
	  "weight 1",
	  NULL },
	{ "route = 10.1.0.0/16 nexthop via 10.0.0.1", NULL, "only one nexthop" },
	{ "route = 10.1.0.0/16 nexthop via 10.0.0.1 nexthop", NULL, "empty item" },
	{ "route = 10.1.0.0/16 nexthop via 10.0.0.1 nexthop weight 2", NULL, "needs a via" },
	{ "route = 10.1.0.0/16 nexthop via 10.0.0.1 weight 0 nexthop via 10.0.0.9", NULL,
	  "from 1 to 256" },
	{ "route = 10.1.0.0/16 nexthop via 10.0.0.1 weight 257 nexthop via 10.0.0.9", NULL,
	  "from 1 to 256" },
	{ "route = 10.1.0.0/16 nexthop via 10.0.0.1 nexthop via 10.0.0.1", NULL, "twice" },
	{ "route = 10.1.0.0/16 nexthop via 10.0.0.1 nexthop via fd00::1", NULL, "families" },
	{ "route = 10.1.0.0/16 via 10.0.0.7 nexthop via 10.0.0.1 nexthop via 10.0.0.9", NULL,
	  "'via' is not understood" },
	{ "route = 10.1.0.0/16 nexthop via 10.0.0.1 nexthop via 10.0.0.2 nexthop via 10.0.0.3 "
	  "nexthop via 10.0.0.4 nexthop via 10.0.0.5 nexthop via 10.0.0.6 nexthop via 10.0.0.7 "
	  "nexthop via 10.0.0.8 nexthop via 10.0.0.9 nexthop via 10.0.0.10 nexthop via 10.0.0.11 "
	  "nexthop via 10.0.0.12 nexthop via 10.0.0.13 nexthop via 10.0.0.14 nexthop via "
	  "10.0.0.15 nexthop via 10.0.0.16 nexthop via 10.0.0.17",
	  NULL, "more than 16" },
	{ "rule = from 10.0.0.2 table 100", "rule = from 10.0.0.2 table 100", NULL },
	{ "rule = not from 10.0.0.0/8 to 10.9.0.0/16 iif eth0 oif eth1 lookup main pref 9",
	  "rule = not from 10.0.0.0/8 to 10.9.0.0/16 iif eth0 oif eth1 priority 9 table 254",
	  NULL },
	{ "rule = fwmark 0x1f table 7", "rule = from all fwmark 31/4294967295 table 7", NULL },
	{ "rule = fwmark 1/0xF table 7", "rule = from all fwmark 1/15 table 7", NULL },
	{ "rule = fwmark 0/0x1 order 5 table 7", "rule = from all fwmark 0/1 priority 5 table 7",
	  NULL },
	{ "rule = from all uidrange 0-999 ipproto tcp sport 1000-2000 dport 80 prohibit",
	  "rule = from all uidrange 0-999 ipproto 6 sport 1000-2000 dport 80 prohibit", NULL },
	{ "rule = to fd00::/8 uidrange 7 ipproto 58 blackhole",
	  "rule = from ::/0 to fd00::/8 uidrange 7 ipproto 58 blackhole", NULL },
	{ "rule = from ::/0 unreachable", "rule = from ::/0 unreachable", NULL },
	{ "rule = table main suppress_prefixlength 0",
	  "rule = from all table 254 suppress_prefixlength 0", NULL },
	{ "rule = from 10.0.0.2", NULL, "needs one of table" },
	{ "rule = from 10.0.0.2 table 7 prohibit", NULL, "needs one of table" },
	{ "rule = from 10.0.0.2 prohibit suppress_prefixlength 0", NULL, "routes of a table" },
	{ "rule = from 10.0.0.2/24 table 7", NULL, "the network is 10.0.0.0/24" },
	{ "rule = from 10.0.0.2 to fd00::/8 table 7", NULL, "different families" },
	{ "rule = from 10.0.0.2 table 0", NULL, "no table 0" },
	{ "rule = from 10.0.0.2 table x", NULL, "not a number" },
	{ "rule = from 10.0.0.2 table 7 priority 0", NULL, "from 1 to" },
	{ "rule = fwmark 0 table 7", NULL, "asks for nothing" },
	{ "rule = fwmark 0/0 table 7", NULL, "asks for nothing" },
	{ "rule = fwmark 2/1 table 7", NULL, "outside of its mask" },
	{ "rule = fwmark 0x table 7", NULL, "not a mark" },
	{ "rule = fwmark 0x123456789 table 7", NULL, "not a mark" },
	{ "rule = fwmark 0xg table 7", NULL, "not a mark" },
	{ "rule = uidrange 9-7 table 7", NULL, "ends before it begins" },
	{ "rule = uidrange 4294967295 table 7", NULL, "not a number" },
	{ "rule = sport 0 table 7", NULL, "from 1 to 65535" },
	{ "rule = ipproto 0 table 7", NULL, "all of them" },
	{ "rule = iif eth0:1 table 7", NULL, "can have this name" },
	{ "rule = via 10.0.0.1 table 7", NULL, "'via' is not understood" },
	{ "rule = , from 10.0.0.2 table 7", NULL, "empty item" },
	{ "match = name:eth7", "match = name:eth7", NULL },
	{ "match = mac:02:42:0A:00:00:02", "match = mac:02:42:0a:00:00:02", NULL },
	{ "match = subnet:10.0.0.0/8", "match = subnet:10.0.0.0/8", NULL },
	{ "match = subnet:fd00::/64", "match = subnet:fd00::/64", NULL },
	{ "match = eth0", NULL, "is not name:, mac: or subnet:" },
	{ "match = index:4", NULL, "'index:' is not one of" },
	{ "match = subnet:10.0.0.1/8", NULL, "the network is 10.0.0.0/8" },
	{ "match = name:", NULL, "can have this name" },
	{ "mac = 02:42:0A:00:00:02", "mac = 02:42:0a:00:00:02", NULL },
	{ "mac = 02:42:0a:00:00", NULL, "not a MAC" },
	{ "mac = 02:42:0a:00:00:02:03", NULL, "not a MAC" },
	{ "mac = 02-42-0a-00-00-02", NULL, "not a MAC" },
	{ "mac = 2:42:0a:00:00:02", NULL, "not a MAC" },
	{ "mac = 03:42:0a:00:00:02", NULL, "multicast" },
	{ "mac = 00:00:00:00:00:00", NULL, "no interface's" },
	{ "kind = bridge", "kind = bridge", NULL },
	{ "kind = bond", NULL, "not one of existing|veth|bridge" },
	{ "rename = wan0", "rename = wan0", NULL },
	{ "rename = eth%d", NULL, "can have this name" },
	{ "rename = a234567890123456", NULL, "15 bytes" },
	{ "tx-queue = 100", "tx-queue = 100", NULL },
	{ "vlan-id = 4095", NULL, "from 1 to 4094" },
	{ "vni = 0", NULL, "from 1 to 16777215" },
	{ "vni = 16777216", NULL, "from 1 to 16777215" },
	{ "announce = 0", "announce = 0", NULL },
	{ "neighbour = 10.0.0.9 02:00:00:00:00:09", "neighbour = 10.0.0.9 02:00:00:00:00:09",
	  NULL },
	{ "neighbour = 10.0.0.9", NULL, "is not IP MAC" },
	{ "neighbour = 10.0.0.9 02:00:00:00:00:09 x", NULL, "is not IP MAC" },
	{ "neighbour = 224.0.0.9 02:00:00:00:00:09", NULL, "multicast" },
	{ "neighbour = 10.0.0.9 01:00:00:00:00:09", NULL, "multicast" },
	{ "sysctl.ipv4.rp_filter = 2", "sysctl.ipv4.rp_filter = 2", NULL },
	{ "sysctl.ipv4.medium_id = -1", "sysctl.ipv4.medium_id = -1", NULL },
	{ "sysctl.ipv6.neigh.app_solicit = 1", "sysctl.ipv6.neigh.app_solicit = 1", NULL },
	{ "sysctl.ipv6.stable_secret = fe80::1", "sysctl.ipv6.stable_secret = fe80::1", NULL },
	{ "sysctl.ipv4.rp_filter = yes", NULL, "'yes' is not a number" },
	{ "sysctl.ipv6.accept_ra =", NULL, "1 to 63 bytes" },
	{ "sysctl.rp_filter = 2", NULL, "is not sysctl.ipv4.NAME" },
	{ "sysctl.ipv4. = 2", NULL, "is not sysctl.ipv4.NAME" },
	{ "sysctl.ipv4.neigh. = 2", NULL, "is not sysctl.ipv4.NAME" },
	{ "sysctl.ipv4.../../../kernel/x = 2", NULL, "is not sysctl.ipv4.NAME" },
	{ "sysctl.net.ipv4.ip_forward = 1", NULL, "is not sysctl.ipv4.NAME" },
};

/* A line of [interface vx0], which is a vxlan. */
static const struct {
	const char *line;
	const char *written;
	const char *wrong;
} tunnels[] = {
	{ "peer = 10.9.0.3 02:00:00:00:00:03 192.0.2.3",
	  "peer = 10.9.0.3 02:00:00:00:00:03 192.0.2.3", NULL },
	{ "peer = fd00::3 02:00:00:00:00:03 192.0.2.3",
	  "peer = fd00::3 02:00:00:00:00:03 192.0.2.3", NULL },
	{ "flood = 192.0.2.3, 192.0.2.4", "flood = 192.0.2.3", NULL },
	{ "port = 8472", "port = 8472", NULL },
	{ "local = 192.0.2.1", "local = 192.0.2.1", NULL },
	{ "peer = 10.9.0.3 02:00:00:00:00:03", NULL, "is not IP MAC VTEP" },
	{ "peer = vx1", NULL, "is not IP MAC VTEP" },
	{ "peer = 10.9.0.3 02:00:00:00:00:03 0.0.0.0", NULL, "no host" },
	{ "peer = 10.9.0.3 02:00:00:00:00:03 239.1.1.1", NULL, "multicast" },
	{ "peer = 10.9.0.3 02:00:00:00:00:03 fd00::1", NULL, "family of local" },
	{ "peer = 10.9.0.3 00:00:00:00:00:00 192.0.2.3", NULL, "no interface's" },
	{ "flood = 0.0.0.0", NULL, "no host" },
	{ "flood = fd00::1", NULL, "family of local" },
	{ "local = 239.1.1.1", NULL, "not an address" },
	{ "local = 0.0.0.0", NULL, "no host" },
	{ "port = 0", NULL, "from 1 to 65535" },
	{ "vlan-id = 7", NULL, "does not go with its kind" },
	{ "match = name:eth0", NULL, "does not go with its kind" },
	{ "rename = vx1", NULL, "does not go with its kind" },
};

static void try_line(const char *header, const char *text, const char *written, const char *wrong) {
	char file[1024], line[512];

	(void)snprintf(file, sizeof(file), "%s%s\n", header, text);
	if (wrong) {
		loading_refuse((struct loading){ .file = file }, "[interface ", wrong);
		return;
	}
	loading_must((struct loading){ .file = file });
	(void)snprintf(line, sizeof(line), "\n%s\t# ", written);
	if (!strstr(loading_print(), line))
		fail_msg("no %s in: %s", line, loading_print());
}

static void lines_of_an_interface(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		try_line(ETH0, cases[i].line, cases[i].written, cases[i].wrong);
}

static void lines_of_a_tunnel(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(tunnels) / sizeof(tunnels[0]); i++)
		try_line("[interface vx0]\nkind = vxlan\nvni = 42\n", tunnels[i].line,
			 tunnels[i].written, tunnels[i].wrong);
}

/* Whole files in which two lines don't go together, and the line that is wrong. */
static const struct {
	const char *file, *line, *wrong;
} contradictions[] = {
	{ ETH0 "address = 10.0.0.2/24\ngateway = 10.0.1.1", ":3: ", "onlink" },
	{ ETH0 "address = 10.0.0.2/24\ngateway = 10.0.0.2", ":3: ", "own address" },
	{ ETH0 "address = 10.0.0.2/24\nroute = 10.9.0.0/16 via 10.0.1.1", ":3: ", "onlink" },
	{ ETH0 "mtu = 1279\naddress = fd00::2/64", ":2: ", "1280" },
	{ ETH0 "mtu = 1000\nroute = fd01::/64", ":2: ", "1280" },
	{ ETH0 "address = 10.0.0.2/24\naddress = 10.0.0.2/16", ":3: ", "already" },
	{ ETH0 "address = 10.0.0.2/24\n[interface eth1]\naddress = 10.0.0.2/24",
	  ":4: ", "of eth0" },
	{ ETH0 "gateway = 10.0.0.1\ngateway = 10.0.0.2", ":3: ", "metric" },
	{ ETH0 "gateway = 10.0.0.1\n[interface eth1]\ngateway = 10.1.0.1", ":4: ", "metric" },
	{ ETH0 "gateway = 10.0.0.1\nroute = default via 10.0.0.7", ":3: ", "metric" },
	{ ETH0 "gateway = fd00::1\ngateway = fd00::2 metric 1024", ":3: ", "metric" },
	{ ETH0 "route = 10.9.0.0/16\nroute = 10.9.0.0/16 metric 0", ":3: ", "metric" },
	{ "[interface a234567890123456]\n", ":1: ", "15" },
	{ "[interface ..]\n", ":1: ", "name" },
	{ "[interface a/b]\n", ":1: ", "name" },
	{ "[interface a b]\n", ":1: ", "name" },
	{ "[interface a%d]\n", ":1: ", "name" },
	{ ETH0 "kind = bridge\nkind = veth\n", ":3: ", "line 2" },
	{ ETH0 "kind = vlan\nparent = e\n", ":2: ", "needs vlan-id" },
	{ ETH0 "kind = vlan\nvlan-id = 5\n", ":2: ", "needs parent" },
	{ ETH0 "kind = macvlan\n", ":2: ", "needs parent" },
	{ ETH0 "kind = ipvlan\n", ":2: ", "needs parent" },
	{ ETH0 "kind = vxlan\n", ":2: ", "needs vni" },
	{ ETH0 "kind = bridge\nparent = e\n", ":3: ", "does not go with" },
	{ ETH0 "parent = e\n", ":2: ", "does not go with" },
	{ ETH0 "vni = 7\n", ":2: ", "does not go with" },
	{ ETH0 "local = 10.0.0.2\n", ":2: ", "does not go with" },
	{ ETH0 "flood = 10.0.0.2\n", ":2: ", "does not go with" },
	{ ETH0 "peer = v1\n", ":2: ", "does not go with" },
	{ ETH0 "kind = veth\npeer = a\npeer = b\n", ":4: ", "two ends" },
	{ ETH0 "kind = veth\npeer = eth0\n", ":3: ", "own name" },
	{ ETH0 "kind = veth\npeer = 10.0.0.2 02:00:00:00:00:02 10.0.0.3\n", ":3: ", "other end" },
	{ ETH0 "kind = macvlan\nparent = lo\n", ":3: ", "above it" },
	{ ETH0 "kind = macvlan\nparent = eth0\n", ":3: ", "below itself" },
	{ ETH0 "kind = macvlan\nparent = b\n[interface b]\nkind = macvlan\nparent = eth0\n",
	  ":3: ", "below itself" },
	{ ETH0 "mtu = 1400\n[interface b]\nkind = macvlan\nparent = eth0\nmtu = 1500\n",
	  ":6: ", "1400 at most" },
	{ ETH0 "mtu = 1500\n[interface b]\nkind = vxlan\nvni = 1\nparent = eth0\nmtu = 1451\n",
	  ":7: ", "1450 at most" },
	{ ETH0 "mtu = 1500\n[interface b]\nkind = vxlan\nvni = 1\nparent = eth0\nmtu = 1431\n"
	       "local = fd00::1\n",
	  ":7: ", "1430 at most" },
	{ ETH0 "master = eth0\n", ":2: ", "no bridge" },
	{ ETH0 "master = b\n[interface b]\nkind = macvlan\nparent = c\n", ":2: ", "no bridge" },
	{ ETH0 "[interface b]\nrename = eth0\n", ":3: ", "[interface eth0] is called eth0" },
	{ ETH0 "[interface b]\nmatch = name:eth0\n", ":3: ", "is called eth0 as well" },
	{ "[interface a]\nkind = vxlan\nvni = 1\n[interface b]\nkind = vxlan\nvni = 1\n",
	  ":6: ", "is that of a" },
	{ ETH0 "neighbour = 10.0.0.9 02:00:00:00:00:09\nneighbour = 10.0.0.9 02:00:00:00:00:08\n",
	  ":3: ", "10.0.0.9, or its MAC, is there twice" },
	{ "[interface a]\nkind = vxlan\nvni = 1\npeer = 10.0.0.2 02:00:00:00:00:02 10.1.0.2, "
	  "10.0.0.3 "
	  "02:00:00:00:00:02 10.1.0.3\n",
	  ":4: ", "10.0.0.3, or its MAC, is there twice" },
	{ ETH0 "rename = eth1\n[interface eth1]\nrename = eth0\n", ":2: ", "by mac: or subnet:" },
	{ ETH0 "route = 10.9.0.0/16\nroute = blackhole 10.9.0.0/16", ":3: ", "metric" },
	{ ETH0 "address = 10.0.0.2/24\nroute = 10.9.0.0/16 nexthop via 10.0.0.1 nexthop via "
	       "10.1.0.1\n",
	  ":3: ", "10.1.0.1 is in none" },
	{ ETH0 "address = 10.0.0.2/24\nroute = 10.9.0.0/16 nexthop via 10.0.0.1 nexthop via "
	       "10.0.0.2\n",
	  ":3: ", "own address" },
	{ ETH0 "rename = lan0\naddress = 10.0.0.2/24 label eth0:1\n", ":3: ", "lan0:" },
};

static void contradictions_are_found(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(contradictions) / sizeof(contradictions[0]); i++)
		loading_refuse((struct loading){ .file = contradictions[i].file },
			       contradictions[i].line, contradictions[i].wrong);
}

static const char *const fine[] = {
	ETH0 "gateway = 10.0.1.1",
	ETH0 "address = 10.0.0.2/24\ngateway = 10.0.1.1 onlink",
	ETH0 "address = 10.0.0.2/32 peer 10.0.1.1\ngateway = 10.0.1.1",
	ETH0 "address = 10.0.0.2/24\nroute = 10.5.0.1/32\ngateway = 10.5.0.1",
	ETH0 "address = fd00::2/64\ngateway = fe80::1",
	ETH0 "address = 10.0.0.2/24\ngateway = fd00::1",
	ETH0 "gateway = 10.0.0.1\ngateway = 10.0.0.2 metric 7\ngateway = fd00::1",
	ETH0 "route = 10.9.0.0/16\nroute = 10.9.0.0/16 table 7\nroute = 10.9.0.0/17",
	ETH0 "mtu = 1279\naddress = 10.0.0.2/24",
	"[interface lo]\naddress = ::1/128\nmtu = 65536",
	ETH0 "match = mac:02:00:00:00:00:01\nrename = eth1\n[interface eth1]\nmatch = "
	     "subnet:10.0.0.0/8\nrename = eth0\n",
	ETH0 "rename = lan0\naddress = 10.0.0.2/24 label lan0:1\n",
	"[interface any name]\nmatch = subnet:10.0.0.0/8\naddress = 10.0.0.2/24 label x:1\n",
	"[interface a]\nkind = veth\npeer = b\n[interface b]\naddress = 10.0.0.2/24\n",
	"[interface a]\nkind = vxlan\nvni = 1\n[interface b]\nkind = vxlan\nvni = 1\nport = 1\n",
	"[interface a]\nkind = vxlan\nvni = 1\nlocal = fd00::1\nflood = fd00::2\n",
	ETH0 "master = b\n[interface b]\nkind = bridge\n",
	ETH0
	"address = 10.0.0.2/24\nroute = 10.9.0.0/16 nexthop via 10.0.0.1 nexthop via 10.1.0.1\n"
	"[interface eth1]\naddress = 10.1.0.2/24\n",
};

static void agreements_are_not(void **state) {
	(void)state;
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		loading_must((struct loading){ .file = fine[i] });
}

static void items_keep_their_order(void **state) {
	const struct config *c = loading_must((struct loading){
		.file = ETH0 "address = 10.0.0.2/24, 10.0.1.2/24\naddress = 10.0.2.2/24\n",
	});
	const struct config_address *a = c->interfaces->addresses;
	unsigned lines[] = { 2, 2, 3 };

	(void)state;
	for (unsigned i = 0; i < 3; i++, a = a->head.next) {
		assert_int_equal(a->ip.bytes[2], i);
		assert_int_equal(a->head.origin.line, lines[i]);
		assert_int_equal(a->scope, CONFIG_NONE);
		assert_int_equal(a->metric, CONFIG_NONE);
	}
	assert_null(a);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_an_interface),    cmocka_unit_test(lines_of_a_tunnel),
		cmocka_unit_test(contradictions_are_found), cmocka_unit_test(agreements_are_not),
		cmocka_unit_test(items_keep_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
