/* SPDX-License-Identifier: Apache-2.0 */
/* pintle --render: waits for what is watched, writes the templates once, and that is all. */
#ifndef INIT_RENDER_H
#define INIT_RENDER_H

#include "init/service.h"

/* After template_prepare, dependency_prepare with render_met, and agent_prepare. Returns the status
 * to exit with: 0 only if no template failed. Says on stderr what went wrong. */
int render_run(const struct config *, const struct service_list *);

/* Of struct dependency_events. */
void render_met(const char *failure);

#endif
