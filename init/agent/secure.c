/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/secure.h"

#include <string.h>

#include "config/schema.h"
#include "init/agent/registry.h"

/* What Go's strconv.ParseBool takes. */
int secure_flag(const char *variable, bool preset, bool *flag, struct error *e) {
	static const char words[][6] = { "0", "f", "F", "false", "False", "FALSE",
					 "1", "t", "T", "true",  "True",  "TRUE" };
	enum { WORDS = sizeof(words) / sizeof(*words) };
	const char *text = registry_setting(NULL, variable);
	int i = 0;

	if (!text)
		return *flag = preset, 0;
	while (i < WORDS && strcmp(words[i], text) != 0)
		i++;
	if (i == WORDS)
		return fail(e, "%s: '%s' is neither true nor false", variable, text);
	*flag = i >= WORDS / 2;
	return 0;
}

static bool is_default(const struct config_discovery *c, const char *key) {
	const struct schema_section *section = schema_section("discovery");

	return schema_origin(section, schema_key(section, key), c)->source == CONFIG_DEFAULT;
}

int secure_find(struct tls_names *names, const struct config_discovery *c,
		const struct secure_variables *v, struct error *e) {
	bool verify = c->verify;

	if (v->verify && is_default(c, "verify") && secure_flag(v->verify, true, &verify, e) < 0)
		return -1;
	names->authorities = registry_setting(c->ca, v->authorities);
	if (!names->authorities)
		names->authorities = registry_setting(NULL, v->folder);
	names->certificate = registry_setting(c->certificate, v->certificate);
	names->key = registry_setting(c->key, v->key);
	names->server = registry_setting(c->server_name, v->server);
	names->anyone = !verify;
	return 0;
}
