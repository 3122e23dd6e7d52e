/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include <libmnl/libmnl.h>

#include "netcfg/attribute.h"
#include "netcfg/decode.h"

static void take_vxlan(const struct attributes *data, struct net_link *link) {
	uint32_t parent = 0;
	attribute_number(data->of[IFLA_VXLAN_ID], &link->id);
	attribute_number(data->of[IFLA_VXLAN_LINK], &parent);
	link->parent = (int)parent;
	attribute_bytes(data->of[IFLA_VXLAN_PORT], &link->port, sizeof link->port);
	link->port = ntohs(link->port);
	attribute_ip(data->of[IFLA_VXLAN_LOCAL], AF_INET, 32, &link->local);
	attribute_ip(data->of[IFLA_VXLAN_LOCAL6], AF_INET6, 128, &link->local);
}

static void take_kind(const struct nlattr *attribute, struct net_link *link) {
	struct attributes info, data;
	uint16_t vlan = 0;
	attribute_nest(&info, attribute);
	attribute_text(info.of[IFLA_INFO_KIND], link->kind, sizeof link->kind);
	attribute_nest(&data, info.of[IFLA_INFO_DATA]);
	if (!strcmp(link->kind, "vxlan"))
		take_vxlan(&data, link);
	if (!strcmp(link->kind, "vlan")) {
		attribute_bytes(data.of[IFLA_VLAN_ID], &vlan, sizeof vlan);
		link->id = vlan;
	}
}

/* IFLA_AF_SPEC: per family; that of IPv4 is one array of all settings. Older kernels have fewer. */
static void take_settings(const struct nlattr *attribute, struct net_link *link) {
	struct attributes families, v4;
	attribute_nest(&families, attribute);
	attribute_nest(&v4, families.of[AF_INET]);
	const struct nlattr *settings = v4.of[IFLA_INET_CONF];
	size_t size = settings ? mnl_attr_get_payload_len(settings) : 0;
	if (size > sizeof link->conf)
		size = sizeof link->conf;
	if (size)
		memcpy(link->conf, mnl_attr_get_payload(settings), size);
}

bool net_decode_link(const struct nlmsghdr *message, struct net_link *link) {
	struct attributes a;
	uint32_t master = 0, parent = 0;
	const struct ifinfomsg *header = attribute_open(message, sizeof *header, &a);
	if (message->nlmsg_type != RTM_NEWLINK || !header || header->ifi_index <= 0)
		return false;
	*link = (struct net_link){ .index = header->ifi_index, .flags = header->ifi_flags };
	attribute_text(a.of[IFLA_IFNAME], link->name, sizeof link->name);
	attribute_number(a.of[IFLA_MTU], &link->mtu);
	attribute_number(a.of[IFLA_TXQLEN], &link->tx_queue);
	attribute_number(a.of[IFLA_MASTER], &master);
	attribute_number(a.of[IFLA_LINK], &parent);
	link->master = (int)master;
	link->parent = (int)parent;
	attribute_bytes(a.of[IFLA_ADDRESS], link->mac, sizeof link->mac);
	take_kind(a.of[IFLA_LINKINFO], link);
	take_settings(a.of[IFLA_AF_SPEC], link);
	return *link->name != '\0';
}
