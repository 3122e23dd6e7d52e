/* SPDX-License-Identifier: Apache-2.0 */
/* The attributes of the kernel's messages. Pure; every length in them is checked as if it were
 * hostile. */
#ifndef NETCFG_ATTRIBUTE_H
#define NETCFG_ATTRIBUTE_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

struct nlattr;
struct nlmsghdr;

enum { ATTRIBUTE_LAST = 63 };

/* Of one message or nest, by type; the last of a kind counts, as in the kernel. */
struct attributes {
	const struct nlattr *of[ATTRIBUTE_LAST + 1];
};

/* The fixed header of a message, and the attributes behind it; NULL if it is too short. */
const void *attribute_open(const struct nlmsghdr *, size_t header, struct attributes *);
void attribute_collect(struct attributes *, const char *at, const char *end);
/* None, if there is no such nest. */
void attribute_nest(struct attributes *, const struct nlattr *nest);

/* Each leaves its object alone if there is no such attribute, or one of another size. */
void attribute_bytes(const struct nlattr *, void *bytes, size_t size);
void attribute_number(const struct nlattr *, uint32_t *number);
void attribute_text(const struct nlattr *, char *text, size_t size);
void attribute_ip(const struct nlattr *, uint8_t family, uint8_t prefix, struct config_ip *);

#endif
