/* SPDX-License-Identifier: Apache-2.0 */
/* Lines on stderr: "pintle: warning: discovery: renewing: Connection refused".
 * Each is one write of at most PIPE_BUF that never blocks; what can't be written is dropped and
 * counted. */
#ifndef INIT_LOG_H
#define INIT_LOG_H

#include "config/config.h"

#define LOG_LIKE_PRINTF __attribute__((format(printf, 1, 2)))

/* Until it is called: warnings, as text. */
void log_init(const struct config_log *);

/* All know %m and leave errno alone. */
void log_error(const char *format,
	       ...) LOG_LIKE_PRINTF; /* we give up something that was asked for */
void log_warn(const char *format, ...) LOG_LIKE_PRINTF; /* odd or failed, but we go on */
void log_notice(const char *format, ...)
	LOG_LIKE_PRINTF; /* the line at start and the one at stop: at any level but error */
void log_info(const char *format, ...) LOG_LIKE_PRINTF;
void log_debug(const char *format, ...) LOG_LIKE_PRINTF;

/* Lines that could not be written so far. */
unsigned long log_dropped(void);

#endif
