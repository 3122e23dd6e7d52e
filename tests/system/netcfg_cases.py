# SPDX-License-Identifier: Apache-2.0
"""Configurations for test_netcfg: pintle applies each in one namespace, ip(8) and its like carry out
pintle's plan in another, and both have to be the same afterwards.

    name: lines of [interface eth0] and whatever follows, or (lines, what is there before)

In the namespace there is eth0, down, with nothing; what is there before are lines for ip -batch.
"""

MAC = "mac = 02:00:00:00:00:{:02}\n"
UP = ["link set eth0 up", "addr add 10.0.0.2/24 dev eth0"]
DUAL = ["link set eth0 up", "addr add 10.0.0.2/24 dev eth0", "addr add fd00::2/64 dev eth0 nodad"]
VXLAN = "[interface vx]\nkind = vxlan\nvni = 42\n" + MAC.format(9)

CASES = {
    "up": "up = yes",
    "mtu": "mtu = 1280",
    "down": "up = no\naddress = 10.0.0.2/24",
    "ipv4": "address = 10.0.0.2/24",
    "ipv4 of two": "address = 10.0.0.2/31",
    "ipv4 alone": "address = 10.0.0.2/32",
    "ipv6": "address = fd00::2/64",
    "ipv6 alone": "address = fd00::2/128",
    "ipv6 metric": "address = fd00::2/64 metric 77",
    "secondary": "address = 10.0.0.2/24\naddress = 10.0.0.3/24",
    "peer": "address = 10.0.0.2/32 peer 10.9.9.9",
    "peer network": "address = 10.0.0.2/32 peer 10.9.9.9/24",
    "scope": "address = 10.0.0.2/24 scope link",
    "label": "address = 10.0.0.2/24 label eth0:web",
    "metric": "address = 10.0.0.2/24 metric 50",
    "gateway": "address = 10.0.0.2/24\ngateway = 10.0.0.1",
    "gateway metric": "address = 10.0.0.2/24\ngateway = 10.0.0.1 metric 9",
    "gateway onlink": "address = 10.0.0.2/32\ngateway = 10.9.9.9 onlink",
    "two gateways": "address = 10.0.0.2/24\ngateway = 10.0.0.1\ngateway = 10.0.0.9 metric 5",
    "ipv6 gateway": "address = fd00::2/64\ngateway = fd00::1",
    "ipv6 metric of gateway": "address = fd00::2/64\ngateway = fd00::1 metric 3",
    "ipv6 onlink": "address = fd00::2/128\ngateway = fd99::1 onlink",
    "link-local gateway": "address = fd00::2/64\ngateway = fe80::1",
    "both": "address = 10.0.0.2/24\ngateway = 10.0.0.1\naddress = fd00::2/64\ngateway = fd00::1",
    "route on the link": "route = 10.5.0.0/16",
    "route via": "address = 10.0.0.2/24\nroute = 10.5.0.0/16 via 10.0.0.1",
    "via a route": "route = 192.0.2.1/32\nroute = 10.5.0.0/16 via 192.0.2.1",
    "src": "address = 10.0.0.2/24\naddress = 10.0.0.3/24\n"
           "route = 10.5.0.0/16 via 10.0.0.1 src 10.0.0.3",
    "route mtu": "route = 10.5.0.0/16 mtu 1300",
    "table": "route = 10.5.0.0/16 table 77",
    "big table": "address = 10.0.0.2/24\nroute = 10.5.0.0/16 via 10.0.0.1 table 70000",
    "default route": "route = default metric 4",
    "ipv6 route": "address = fd00::2/64\nroute = fd01::/32 via fd00::1 mtu 1300 metric 8",
    "ipv6 on the link": "route = fd01::/32",
    "ipv6 src": "address = fd00::2/64\nroute = fd01::/32 via fd00::1 src fd00::2",
    "ipv6 table": "route = fd01::/32 table 1000",
    "ipv6 default on the link": "route = ::/0",
    # Routes to nowhere, and over several hops.
    "blackhole": "route = blackhole 10.5.0.0/16",
    "unreachable": "route = unreachable 10.5.0.0/16 metric 7",
    "prohibit": "route = prohibit default table 99",
    "ipv6 blackhole": "route = blackhole fd05::/16",
    "ipv6 unreachable": "route = unreachable fd05::/16 metric 7 table 99",
    "ipv6 prohibit": "route = prohibit ::/0",
    "two hops": "address = 10.0.0.2/24\n"
                "route = 10.5.0.0/16 nexthop via 10.0.0.1 nexthop via 10.0.0.9",
    "weighed hops": "address = 10.0.0.2/24\n"
                    "route = default metric 5 nexthop via 10.0.0.1 weight 3 nexthop via 10.0.0.9",
    "three ipv6 hops": "address = fd00::2/64\n"
                       "route = fd05::/16 nexthop via fd00::1 weight 2 nexthop via fd00::8 "
                       "nexthop via fe80::9",
    "hops on two links": "address = 10.0.0.2/24\n"
                         "route = 10.5.0.0/16 nexthop via 10.0.0.1 nexthop via 10.1.0.1\n"
                         f"[interface v]\nkind = veth\npeer = w\n{MAC.format(2)}"
                         f"address = 10.1.0.2/24\n[interface w]\n{MAC.format(3)}",
    # Policy rules.
    "rule from": "address = 10.0.0.2/24\nroute = default via 10.0.0.1 table 100\n"
                 "rule = from 10.0.0.2 table 100",
    "rules in order": "rule = from 10.0.0.2 table 100\nrule = to 10.7.0.0/16 table 101\n"
                      "rule = iif eth0 table 102",
    "rule priority": "rule = from 10.0.0.0/8 to 10.9.0.0/16 lookup main pref 7",
    "rule not": "rule = not from 10.0.0.0/8 oif eth0 blackhole priority 100",
    "rule fwmark": "rule = fwmark 0x10 table 100\nrule = fwmark 1/0xff table 101",
    "rule main but default": "rule = table main suppress_prefixlength 0",
    "rule of users": "rule = uidrange 100-200 ipproto udp dport 53 table 1000",
    "rule of ports": "rule = ipproto tcp sport 1000-2000 dport 80-90 prohibit",
    "ipv6 rule": "address = fd00::2/64\nrule = from fd00::2 table 100 priority 5",
    "ipv6 rules": "rule = from ::/0 fwmark 3 unreachable\nrule = to fd05::/16 table 7000",
    # Neighbours.
    "neighbour": "address = 10.0.0.2/24\nneighbour = 10.0.0.9 02:00:00:00:00:09",
    "ipv6 neighbour": "address = fd00::2/64\nneighbour = fd00::9 02:00:00:00:00:09, "
                      "fd00::8 02:00:00:00:00:08",
    # Settings of links.
    "mac": MAC.format(7) + "address = 10.0.0.2/24",
    "tx-queue": "tx-queue = 77",
    "rename": "rename = lan0\naddress = 10.0.0.2/24\nroute = 10.5.0.0/16",
    "by mac": "match = mac:02:00:00:00:00:01\nrename = lan0\nmtu = 1400",
    "sysctl": "sysctl.ipv4.rp_filter = 2\nsysctl.ipv4.arp_notify = 1\n"
              "sysctl.ipv4.forwarding = 1",
    "ipv6 sysctl": "sysctl.ipv6.accept_ra = 0\nsysctl.ipv6.keep_addr_on_down = 1\n"
                   "sysctl.ipv4.neigh.app_solicit = 1\naddress = fd00::2/64",
    # Links that are made.
    "veth": f"up = yes\n[interface v]\nkind = veth\npeer = w\n{MAC.format(2)}"
            f"address = 10.1.0.2/24\n[interface w]\n{MAC.format(3)}address = 10.1.0.3/24\n",
    "bridge": f"master = br0\n[interface br0]\nkind = bridge\n{MAC.format(4)}"
              "address = 10.0.0.2/24\nmtu = 1400\ngateway = 10.0.0.1\n",
    "macvlan": f"up = yes\n[interface m]\nkind = macvlan\nparent = eth0\n{MAC.format(5)}"
               "address = 10.0.0.2/24\naddress = fd00::2/64\n",
    "macvlan of a veth": f"up = yes\n[interface m]\nkind = macvlan\nparent = v\n{MAC.format(5)}"
                         f"tx-queue = 5\n[interface v]\nkind = veth\npeer = w\nmtu = 1400\n"
                         f"{MAC.format(2)}[interface w]\n{MAC.format(3)}",
    "vxlan": "address = 10.0.0.2/24\n" + VXLAN + "parent = eth0\nlocal = 10.0.0.2\n"
             "address = 10.13.19.2/24\npeer = 10.13.19.3 02:42:0a:0d:13:03 10.0.0.3\n",
    "vxlan mac and mtu": "address = 10.0.0.2/24\n[interface vx]\nkind = vxlan\nvni = 42\n"
                         "local = 10.0.0.2\naddress = 10.13.19.2/24\n",
    "vxlan flood": "address = 10.0.0.2/24\n" + VXLAN + "port = 8472\n"
                   "flood = 10.0.0.3 10.0.0.4\naddress = 10.13.19.2/24\n",
    "vxlan over ipv6": "address = fd00::2/64\n" + VXLAN + "local = fd00::2\n"
                       "address = 10.13.19.2/24\naddress = fd13::2/64\n"
                       "peer = 10.13.19.3 02:42:0a:0d:13:03 fd00::3, "
                       "fd13::3 02:42:0a:0d:13:03 fd00::3\n",
    # With something there before.
    "another prefix": ("address = 10.0.0.2/16\naddress = fd00::2/48\ngateway = 10.0.0.1", DUAL),
    "another mac": (MAC.format(8), DUAL),
    "another mtu": ("mtu = 1400", DUAL),
    "to be down": ("up = no\naddress = fd00::2/64", DUAL),
    "another gateway": ("gateway = 10.0.0.9", [*UP, "route add default via 10.0.0.1"]),
    "another ipv6 gateway": ("gateway = fd00::9", [*DUAL, "route add default via fd00::1"]),
    "blackhole for a route": ("route = blackhole 10.5.0.0/16",
                              [*UP, "route add 10.5.0.0/16 via 10.0.0.1"]),
    "several hops for one": ("route = 10.5.0.0/16 nexthop via 10.0.0.1 nexthop via 10.0.0.9",
                             [*UP, "route add 10.5.0.0/16 via 10.0.0.1"]),
    "one hop for several": ("route = 10.5.0.0/16 via 10.0.0.1",
                            [*UP, "route add 10.5.0.0/16 nexthop via 10.0.0.1 nexthop via "
                                  "10.0.0.9"]),
    "other ipv6 hops": ("route = fd05::/16 nexthop via fd00::1 nexthop via fd00::9",
                        [*DUAL, "route add fd05::/16 via fd00::1"]),
    "another neighbour": ("neighbour = 10.0.0.9 02:00:00:00:00:09",
                          [*UP, "neigh add 10.0.0.9 lladdr 02:00:00:00:00:05 dev eth0"]),
    "rules of others": ("rule = from 10.0.0.2 table 100",
                        [*UP, "rule add from 10.0.0.9 table 100 priority 1000"]),
    "renamed while up": ("rename = lan0\ngateway = 10.0.0.1",
                         [*UP, "route add 10.5.0.0/16 via 10.0.0.9"]),
    "by subnet": ("match = subnet:10.0.0.0/8\nrename = lan0\naddress = 10.0.0.2/24\n"
                  "route = 10.5.0.0/16 via 10.0.0.1", UP),
    "names that change places": ("match = mac:02:00:00:00:00:01\nrename = eth1\n"
                                 "[interface b]\nmatch = mac:02:00:00:00:00:02\nrename = eth0\n",
                                 [*UP, "link add eth1 type veth peer name other",
                                  "link set eth1 address 02:00:00:00:00:02",
                                  "link set other address 02:00:00:00:00:03 up"]),
    "a bridge that is there": (f"master = br0\n[interface br0]\nkind = bridge\n{MAC.format(4)}"
                               "address = 10.1.0.2/24\n",
                               ["link add br0 address 02:00:00:00:00:05 type bridge"]),
}
