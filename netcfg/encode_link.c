/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "netcfg/encode_part.h"
#include "netcfg/ip.h"
#include "netcfg/select.h"
#include "netcfg/sysctl.h"

/* The port is in network order; nothing is learned where all entries are given. */
static void put_vxlan(struct nlmsghdr *message, const struct net_link *link) {
	bool v6 = link->local.family == AF_INET6;
	mnl_attr_put_u32(message, IFLA_VXLAN_ID, link->id);
	encode_number(message, IFLA_VXLAN_LINK, (uint32_t)link->parent);
	encode_ip(message, v6 ? IFLA_VXLAN_LOCAL6 : IFLA_VXLAN_LOCAL, &link->local);
	mnl_attr_put_u8(message, IFLA_VXLAN_LEARNING, link->create->floods != NULL);
	mnl_attr_put_u16(message, IFLA_VXLAN_PORT, htons(link->port));
}

/* The other end: a header of its own, then its attributes. */
static void put_veth(struct nlmsghdr *message, const struct net_link *link) {
	if (!link->parent)
		return;
	struct nlattr *nest = mnl_attr_nest_start(message, VETH_INFO_PEER);
	struct ifinfomsg *header = mnl_nlmsg_get_payload_tail(message);
	header->ifi_index = link->parent;
	message->nlmsg_len += sizeof *header;
	mnl_attr_put_strz(message, IFLA_IFNAME, link->create->peers->name);
	mnl_attr_nest_end(message, nest);
}

/* What the kernel does of itself is VEPA and layer 3: Docker's defaults are what is wanted. */
static void put_data(struct nlmsghdr *message, const struct net_link *link) {
	struct nlattr *data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	switch (link->create->kind) {
	case CONFIG_VETH:
		put_veth(message, link);
		break;
	case CONFIG_VLAN:
		mnl_attr_put_u16(message, IFLA_VLAN_ID, (uint16_t)link->id);
		break;
	case CONFIG_MACVLAN:
		mnl_attr_put_u32(message, IFLA_MACVLAN_MODE, MACVLAN_MODE_BRIDGE);
		break;
	case CONFIG_IPVLAN:
		mnl_attr_put_u16(message, IFLA_IPVLAN_MODE, IPVLAN_MODE_L2);
		break;
	case CONFIG_VXLAN:
		put_vxlan(message, link);
		break;
	case CONFIG_EXISTING:
	case CONFIG_BRIDGE:
	case CONFIG_DUMMY:
		break;
	}
	mnl_attr_nest_end(message, data);
}

static void put_creation(struct nlmsghdr *message, const struct net_op *op) {
	const struct net_link *link = op->create;
	mnl_attr_put_strz(message, IFLA_IFNAME, link->name);
	if (net_link_has_mac(link))
		mnl_attr_put(message, IFLA_ADDRESS, sizeof link->mac, link->mac);
	encode_number(message, IFLA_MTU, link->mtu);
	encode_number(message, IFLA_TXQLEN, link->tx_queue);
	if (op->parent && link->create->kind != CONFIG_VXLAN)
		mnl_attr_put_u32(message, IFLA_LINK, (uint32_t)link->parent);
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_str(message, IFLA_INFO_KIND, link->kind);
	put_data(message, link);
	mnl_attr_nest_end(message, info);
}

/* IPv4's settings by their numbers. */
static void put_setting(struct nlmsghdr *message, const struct net_op *op) {
	struct nlattr *families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *v4 = mnl_attr_nest_start(message, AF_INET);
	struct nlattr *settings = mnl_attr_nest_start(message, IFLA_INET_CONF);
	mnl_attr_put_u32(message, op->conf, op->number);
	mnl_attr_nest_end(message, settings);
	mnl_attr_nest_end(message, v4);
	mnl_attr_nest_end(message, families);
}

void encode_link(struct nlmsghdr *message, const struct net_op *op) {
	static const uint8_t attributes[] = {
		[NET_LINK_MTU] = IFLA_MTU,
		[NET_LINK_TX_QUEUE] = IFLA_TXQLEN,
		[NET_LINK_MASTER] = IFLA_MASTER,
		[NET_LINK_UP] = 0,
	};
	struct ifinfomsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
	header->ifi_index = op->index;
	if (attributes[op->kind])
		mnl_attr_put_u32(message, attributes[op->kind], op->number);
	if (op->kind == NET_LINK_CREATE)
		put_creation(message, op);
	if (op->kind == NET_LINK_CONF)
		put_setting(message, op);
	if (op->kind == NET_LINK_NAME)
		mnl_attr_put_strz(message, IFLA_IFNAME, op->new_name);
	if (op->kind == NET_LINK_MAC)
		mnl_attr_put(message, IFLA_ADDRESS, sizeof op->mac, op->mac);
	if (op->kind != NET_LINK_UP && op->kind != NET_LINK_DOWN)
		return;
	header->ifi_change = IFF_UP;
	header->ifi_flags = op->kind == NET_LINK_UP ? IFF_UP : 0;
}

/* What is a file as well, of the neighbours of one link. */
void encode_parameter(struct nlmsghdr *message, const struct net_op *op) {
	const struct net_sysctl *s = op->sysctl;
	bool v4 = s->pair->key[3] == '4';
	struct ndtmsg *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
	header->ndtm_family = v4 ? AF_INET : AF_INET6;
	mnl_attr_put_strz(message, NDTA_NAME, v4 ? "arp_cache" : "ndisc_cache");
	struct nlattr *parameters = mnl_attr_nest_start(message, NDTA_PARMS);
	mnl_attr_put_u32(message, NDTPA_IFINDEX, (uint32_t)op->index);
	mnl_attr_put_u32(message, net_sysctl_parameter(s),
			 (uint32_t)strtoul(op->back ? s->before : s->pair->value, NULL, 10));
	mnl_attr_nest_end(message, parameters);
}

static void put_range(struct nlmsghdr *message, uint16_t type, const uint16_t range[static 2]) {
	if (range[0])
		mnl_attr_put(message, type, 2 * sizeof *range, range);
}

static void put_name(struct nlmsghdr *message, uint16_t type, const char *name) {
	if (*name)
		mnl_attr_put_strz(message, type, name);
}

static void put_conditions(struct nlmsghdr *message, const struct config_rule_key *k) {
	struct fib_rule_uid_range users = { .start = k->user, .end = k->users_end - 1 };
	encode_ip(message, FRA_DST, &k->to);
	encode_ip(message, FRA_SRC, &k->from);
	put_name(message, FRA_IIFNAME, k->iif);
	put_name(message, FRA_OIFNAME, k->oif);
	if (k->mask) {
		mnl_attr_put_u32(message, FRA_FWMARK, k->mark);
		mnl_attr_put_u32(message, FRA_FWMASK, k->mask);
	}
	if (k->users_end)
		mnl_attr_put(message, FRA_UID_RANGE, sizeof users, &users);
	if (k->protocol)
		mnl_attr_put_u8(message, FRA_IP_PROTO, k->protocol);
	put_range(message, FRA_SPORT_RANGE, k->sport);
	put_range(message, FRA_DPORT_RANGE, k->dport);
}

void encode_rule(struct nlmsghdr *message, const struct net_op *op) {
	const struct config_rule_key *k = op->rule;
	struct fib_rule_hdr *header = mnl_nlmsg_put_extra_header(message, sizeof *header);
	header->family = k->family;
	header->src_len = k->from.prefix;
	header->dst_len = k->to.prefix;
	header->action = k->action;
	header->flags = k->invert ? FIB_RULE_INVERT : 0;
	header->table = k->table < 256 ? (unsigned char)k->table : RT_TABLE_COMPAT;
	put_conditions(message, k);
	mnl_attr_put_u32(message, FRA_PRIORITY, op->priority);
	if (k->table > 255)
		mnl_attr_put_u32(message, FRA_TABLE, k->table);
	if (k->suppress)
		mnl_attr_put_u32(message, FRA_SUPPRESS_PREFIXLEN, k->suppress - 1);
	mnl_attr_put_u8(message, FRA_PROTOCOL, NET_PROTOCOL);
}
