/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's seccomp filter: bytes that filter.gen.c makes at build time. */
#ifndef INIT_AGENT_FILTER_H
#define INIT_AGENT_FILTER_H

#include <linux/filter.h>

extern const struct sock_filter agent_filter[];
extern const unsigned short agent_filter_length;

#endif
