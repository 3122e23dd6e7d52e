/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/attribute.h"

#include <linux/netlink.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "netcfg/ip.h"

void attribute_collect(struct attributes *a, const char *at, const char *end) {
	memset(a, 0, sizeof *a);
	while (end > at && mnl_attr_ok((const struct nlattr *)at, (int)(end - at))) {
		const struct nlattr *attribute = (const struct nlattr *)at;
		if (mnl_attr_get_type(attribute) <= ATTRIBUTE_LAST)
			a->of[mnl_attr_get_type(attribute)] = attribute;
		at = (const char *)mnl_attr_next(attribute);
	}
}

/* Where a message ends: libmnl's tail is rounded up, beyond the buffer of a message that was cut.
 */
const void *attribute_open(const struct nlmsghdr *message, size_t header, struct attributes *a) {
	if (mnl_nlmsg_get_payload_len(message) < header)
		return NULL;
	attribute_collect(a, mnl_nlmsg_get_payload_offset(message, header),
			  (const char *)message + message->nlmsg_len);
	return mnl_nlmsg_get_payload(message);
}

void attribute_nest(struct attributes *a, const struct nlattr *nest) {
	const char *payload = nest ? mnl_attr_get_payload(nest) : NULL;
	attribute_collect(a, payload, nest ? payload + mnl_attr_get_payload_len(nest) : NULL);
}

void attribute_bytes(const struct nlattr *attribute, void *bytes, size_t size) {
	if (attribute && mnl_attr_get_payload_len(attribute) == size)
		memcpy(bytes, mnl_attr_get_payload(attribute), size);
}

void attribute_number(const struct nlattr *attribute, uint32_t *number) {
	attribute_bytes(attribute, number, sizeof *number);
}

void attribute_text(const struct nlattr *attribute, char *text, size_t size) {
	if (!attribute)
		return;
	size_t length =
		strnlen(mnl_attr_get_payload(attribute), mnl_attr_get_payload_len(attribute));
	if (length >= size)
		length = size - 1;
	memcpy(text, mnl_attr_get_payload(attribute), length);
	text[length] = '\0';
}

void attribute_ip(const struct nlattr *attribute, uint8_t family, uint8_t prefix,
		  struct config_ip *ip) {
	if (!attribute || !family || mnl_attr_get_payload_len(attribute) != net_ip_size(family))
		return;
	ip->family = family;
	ip->prefix = prefix;
	memcpy(ip->bytes, mnl_attr_get_payload(attribute), net_ip_size(family));
}
