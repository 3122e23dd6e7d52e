/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations for the tests of config/: from text, variables and options. */
#ifndef TESTS_UNIT_CONFIG_LOADING_H
#define TESTS_UNIT_CONFIG_LOADING_H

#include "config/config.h"

#define LOADING_LIST(...) ((const char *[]){ __VA_ARGS__, NULL })

struct loading {
	const char *file; /* NULL: there is none */
	size_t size; /* of the file; 0: up to its NUL */
	const char *const *environment;
	const char *const *options;
};

/* Loads it; the last one is gone then. 0 or -1, as config_load. */
int loading_try(struct loading);
/* The same, and the test fails if there is any mistake. */
const struct config *loading_must(struct loading);
/* The test fails unless there is a mistake whose line holds each of the texts. */
void loading_refuse(struct loading, const char *first, const char *second);

const struct config *loading_config(void);
const struct config_report *loading_report(void);

/* What config_print writes. */
const char *loading_print(void);
/* What config_reference writes. */
const char *loading_reference(enum config_reference);

#endif
