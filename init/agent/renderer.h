/* SPDX-License-Identifier: Apache-2.0 */
/* Templates become text: what a template can name is looked up here, and what comes out of it goes
 * to PID 1 as a sealed memfd, if it is not what went there before. */
#ifndef INIT_AGENT_RENDERER_H
#define INIT_AGENT_RENDERER_H

#include "config/config.h"
#include "init/agent/mustache.h"

enum { RENDERER_SOURCE = 1 << 20 /* bytes of a template */ };

struct renderer_setup {
	char *const *environment; /* that of the application */
	/* Tells PID 1; file -1: it could not be rendered. Returns -1 if it can't listen now. */
	int (*tell)(unsigned template, int file);
};

/* What a watch knows, in the way of mustache.h: first asked for, before the environment. */
typedef void renderer_source(struct mustache *, const void *list, unsigned index, const char *name,
			     size_t length, struct mustache_value *);

/* Reads all templates, and finds every mistake in them: "template haproxy: /etc/x.mustache: line 3:
 * ..." They stay in config/memory.h's memory. */
int renderer_open(const struct config *, struct error *);

/* After renderer_open. The setup is copied. */
void renderer_init(const struct renderer_setup *);
void renderer_add(renderer_source *);

/* All of them, from the loop, and tells of each the first time: also on being asked again. */
void renderer_begin(void);
/* How often each has made another text. */
const uint32_t *renderer_counts(void);

/* What they may show has changed. Nothing before renderer_begin. */
void renderer_change(void);

#endif
