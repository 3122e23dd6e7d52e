/* SPDX-License-Identifier: Apache-2.0 */
#include "init/command.h"

#include <string.h>

static bool is_late(const char *const *words) {
	while (*words && !config_is_late(*words))
		words++;
	return *words != NULL;
}

const char *const *command_expand(struct command *c, const char *const *setting,
				  config_lookup *lookup, struct error *e) {
	size_t used = 0;
	int n;

	if (!is_late(setting))
		return setting;
	for (n = 0; setting[n]; n++) {
		if (n == COMMAND_WORDS)
			return fail(e, "more than %d words", COMMAND_WORDS), NULL;
		c->words[n] = c->text + used;
		if (config_expand(setting[n], lookup, NULL, c->text + used, sizeof(c->text) - used,
				  e) < 0)
			return NULL;
		used += strlen(c->words[n]) + 1;
	}
	c->words[n] = NULL;
	return c->words;
}
