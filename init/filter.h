/* SPDX-License-Identifier: Apache-2.0 */
/* The application's seccomp filter: [seccomp] becomes a program that the last step before exec
 * hands to the kernel. */
#ifndef INIT_FILTER_H
#define INIT_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <string.h>

#include "config/config.h"
#include "config/writer.h"

enum { FILTER_UNAVAILABLE = -2 };

/* Whether there is to be one: seen from here, a start without it leaves our pages alone. */
static inline bool filter_is_wanted(const struct config_seccomp *s) {
	return strcmp(s->profile, "none") != 0 || s->allow || s->deny;
}

/* Makes it, before anything is changed. -1: what is configured can't be;
 * FILTER_UNAVAILABLE: no process was to be had that reads the profile. */
int filter_prepare(const struct config *, struct error *);

/* NULL: there is none. */
const struct sock_fprog *filter_program(void);

/* Writes what it would deny, as comments below --check's settings; nothing if there is none. */
void filter_print(const struct config *, struct writer *);

#endif
