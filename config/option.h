/* SPDX-License-Identifier: Apache-2.0 */
/* -o KIND[ NAME].KEY=VALUE: settings of the command line. */
#ifndef CONFIG_OPTION_H
#define CONFIG_OPTION_H

#include "config/load.h"

void option_load(struct load *);

#endif
