/* SPDX-License-Identifier: Apache-2.0 */
/* PINTLE_KIND_NAME_KEY=value: settings of the environment. */
#ifndef CONFIG_ENVIRONMENT_H
#define CONFIG_ENVIRONMENT_H

#include "config/load.h"

void environment_load(struct load *);

#endif
