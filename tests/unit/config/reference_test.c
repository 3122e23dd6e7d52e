/* SPDX-License-Identifier: Apache-2.0 */
#include "config/schema.h"
#include "tests/unit/config/loading.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void ini_is_a_good_file(void **state) {
	static char text[65536];

	(void)state;
	strcpy(text, loading_reference(CONFIG_REFERENCE_INI));
	loading_must((struct loading){ .file = text });
}

/* With every # that hides a setting or a section taken away, and what has no default given. */
static void ini_is_one_when_uncommented(void **state) {
	static char text[65536];
	const char *line = loading_reference(CONFIG_REFERENCE_INI);
	size_t len = 0;

	(void)state;
	for (; *line; line += strcspn(line, "\n") + 1) {
		const char *from = line[0] == '#' && line[1] != ' ' ? line + 1 : line;
		int n = (int)strcspn(from, "\n");

		if (strncmp(from, "registry = none", 15) == 0) /* [watch] needs one */
			len += (size_t)sprintf(text + len, "registry = file\n");
		else if (from == line || from[0] == '[' || from[n - 1] != ' ')
			len += (size_t)sprintf(text + len, "%.*s\n", n, from);
		if (strncmp(from, "[job ", 5) == 0)
			len += (size_t)sprintf(text + len, "command = x\n");
		if (strncmp(from, "[check ", 7) == 0)
			len += (size_t)sprintf(text + len, "exec = x\n");
		if (strncmp(from, "[template ", 10) == 0)
			len += (size_t)sprintf(text + len, "path = /x\nsource = /x\n");
	}
	loading_must((struct loading){ .file = text });
	assert_string_equal(loading_config()->services->head.name, "NAME");
}

static void all_formats_have_all_keys(void **state) {
	(void)state;
	for (enum config_reference f = CONFIG_REFERENCE_INI; f <= CONFIG_REFERENCE_MARKDOWN; f++) {
		const char *text = loading_reference(f);

		assert_non_null(strstr(text, "meta.KEY"));
		for (SCHEMA_EACH_SECTION(s))
			for (SCHEMA_EACH_KEY(s, k))
				assert_true(schema_is_open(k) ||
					    strstr(text, schema_text(k->name)));
	}
}

static void markdown_tables_have_five_bars(void **state) {
	(void)state;
	for (const char *line = loading_reference(CONFIG_REFERENCE_MARKDOWN); *line;
	     line += strcspn(line, "\n") + 1) {
		unsigned bars = 0;

		for (const char *c = line; *line == '|' && *c != '\n'; c++)
			bars += *c == '|' && (c == line || c[-1] != '\\');
		assert_true(bars == 0 || bars == 5);
	}
}

static void man_pages_have_no_stray_requests(void **state) {
	(void)state;
	for (const char *line = loading_reference(CONFIG_REFERENCE_MAN); *line;
	     line += strcspn(line, "\n") + 1)
		assert_true(*line != '\'' && *line != ' ' && *line != '\n' &&
			    (*line != '.' || strchr("SBIEQ", line[1])));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ini_is_a_good_file),
		cmocka_unit_test(ini_is_one_when_uncommented),
		cmocka_unit_test(all_formats_have_all_keys),
		cmocka_unit_test(markdown_tables_have_five_bars),
		cmocka_unit_test(man_pages_have_no_stray_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
