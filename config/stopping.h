/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of signals, escalations, changed exit statuses. */
#ifndef CONFIG_STOPPING_H
#define CONFIG_STOPPING_H

#include "config/value.h"

value_parse stopping_parse_signals, stopping_parse_step, stopping_parse_exit;
value_write stopping_write_signals, stopping_write_step, stopping_write_exit;

#endif
