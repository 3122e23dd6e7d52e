/* SPDX-License-Identifier: Apache-2.0 */
/* The main job: a configuration becomes a running application, and its end an exit status. */
#ifndef INIT_RUN_H
#define INIT_RUN_H

#include "init/lifecycle.h"

/* Runs the whole life and returns the status to exit with. Says on stderr what went wrong. */
int run(struct lifecycle_plan *, char *const *environment);

/* Only writes the templates, and returns the status to exit with. Nothing else is changed. */
int run_render(const struct config *, char *const *environment);

#endif
