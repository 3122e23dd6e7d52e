/* SPDX-License-Identifier: Apache-2.0 */
/* What is to be done when something has changed: "signal HUP", "exec nginx -s reload". */
#ifndef CONFIG_CHANGE_H
#define CONFIG_CHANGE_H

#include "config/value.h"

value_parse change_parse;
value_write change_write;

#endif
