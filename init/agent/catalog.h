/* SPDX-License-Identifier: Apache-2.0 */
/* The watches as templates see them: lists by the name of the [watch], whose items have id, address
 * and port, tags as a list, meta by key, and first and last. */
#ifndef INIT_AGENT_CATALOG_H
#define INIT_AGENT_CATALOG_H

#include "init/agent/renderer.h"

/* The configuration lives as long as the process. */
void catalog_init(const struct config *);

renderer_source catalog_look_up;

#endif
