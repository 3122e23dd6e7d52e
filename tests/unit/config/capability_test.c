/* SPDX-License-Identifier: Apache-2.0 */
#include "config/capability.h"

#include <linux/capability.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct schema_key key;

#define BIT(number) (UINT64_C(1) << (number))

/* Reads one text after the other into the same field, as lines of a file are; NULL ends them. */
static int read_lines(struct config_capabilities *c, const char *const *texts, struct error *e) {
	char copy[128];

	for (; *texts; texts++) {
		struct config_capabilities before = *c;

		(void)snprintf(copy, sizeof(copy), "%s", *texts);
		if (capability_parse(&key, copy, c, e) == 0)
			continue;
		assert_memory_equal(c, &before, sizeof(before));
		return -1;
	}
	return 0;
}

static void names_are_as_docker_writes_them(void **state) {
	static const struct {
		const char *texts[3];
		uint64_t set;
		const char *written;
	} rows[] = {
		{ { "NET_ADMIN" }, BIT(CAP_NET_ADMIN), "NET_ADMIN" },
		{ { "CAP_NET_ADMIN" }, BIT(CAP_NET_ADMIN), "NET_ADMIN" },
		{ { "cap_net_admin" }, BIT(CAP_NET_ADMIN), "NET_ADMIN" },
		{ { "net_raw, chown\tKILL" },
		  BIT(CAP_NET_RAW) | BIT(CAP_CHOWN) | BIT(CAP_KILL),
		  "CHOWN KILL NET_RAW" },
		{ { "CHOWN", "CHECKPOINT_RESTORE" }, BIT(0) | BIT(40), "CHOWN CHECKPOINT_RESTORE" },
		{ { "all" }, CONFIG_CAPABILITIES_ALL, "all" },
		{ { "ALL", "chown" }, CONFIG_CAPABILITIES_ALL, "all" },
		{ { "None" }, 0, "none" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct config_capabilities c = { 0 };
		struct writer w = { .fd = -1 };

		assert_int_equal(read_lines(&c, rows[i].texts, NULL), 0);
		assert_true(c.given);
		assert_true(c.set == rows[i].set);
		capability_write(&key, &c, &w);
		writer_char(&w, '\0');
		assert_string_equal(w.bytes, rows[i].written);
	}
}

static void mistakes_are_told(void **state) {
	static const struct {
		const char *texts[3];
		const char *says;
	} rows[] = {
		{ { "NET_ADMN" }, "did you mean 'NET_ADMIN'?" },
		{ { "cap_sys_amdin" }, "did you mean 'SYS_ADMIN'?" },
		{ { "NET_RAW,SYSLOGS" }, "did you mean 'SYSLOG'?" },
		{ { "12" }, "'12' is not a capability" },
		{ { "-NET_RAW" }, "'-NET_RAW' is not a capability" },
		{ { "CAP_" }, "is not a capability" },
		{ { "CAP_ALL" }, "is not a capability" },
		{ { "" }, "say none" },
		{ { ", ," }, "say none" },
		{ { "none chown" }, "none stands alone" },
		{ { "chown none" }, "none stands alone" },
		{ { "none none" }, "none stands alone" },
		{ { "all, none" }, "none stands alone" },
		{ { "chown", "none" }, "none stands alone" },
		{ { "none", "chown" }, "none stands alone" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct config_capabilities c = { 0 };
		struct error e = { 0 };

		assert_int_equal(read_lines(&c, rows[i].texts, &e), -1);
		if (!strstr(e.text, rows[i].says))
			fail_msg("no %s in: %s", rows[i].says, e.text);
	}
}

/* Each number has its name, and each name its number. */
static void all_have_names(void **state) {
	char text[CAPABILITY_TEXT];

	(void)state;
	for (int i = 0; i <= CAP_LAST_CAP; i++) {
		const char *texts[] = { text, NULL };
		struct config_capabilities c = { 0 };

		capability_text(BIT(i), text);
		assert_true(text[0] != '\0');
		assert_int_equal(read_lines(&c, texts, NULL), 0);
		assert_true(c.set == BIT(i));
	}
	capability_text(CONFIG_CAPABILITIES_ALL, text);
	assert_non_null(strstr(text, "CHOWN DAC_OVERRIDE "));
	assert_non_null(strstr(text, " CHECKPOINT_RESTORE"));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_as_docker_writes_them),
		cmocka_unit_test(mistakes_are_told),
		cmocka_unit_test(all_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
