/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "init/page.h"

#include <cmocka.h>

static void write_page(struct page *p) {
	page_fact(p, "phase", "running");
	page_single(p, "application");
	page_text(p, "program", "/bin/\"x\"");
	page_number(p, "pid", 7);
	page_item_end(p);
	page_list(p, "ports");
	page_item(p, "port", "web");
	page_number(p, "number", 8080);
	page_text(p, "protocol", "tcp");
	page_item_end(p);
	page_item(p, "port", "admin");
	page_number(p, "number", 9);
	page_item_end(p);
	page_list_end(p);
	page_list(p, "services");
	page_list_end(p);
}

static void reads_as_lines(void **state) {
	char text[512];
	struct page p;

	(void)state;
	page_begin(&p, text, sizeof(text), false);
	write_page(&p);
	assert_true(page_end(&p));
	assert_string_equal(text, "phase: running\n"
				  "application: program /bin/\"x\", pid 7\n"
				  "port web: number 8080, protocol tcp\n"
				  "port admin: number 9\n");
}

static void reads_as_json(void **state) {
	char text[512];
	struct page p;

	(void)state;
	page_begin(&p, text, sizeof(text), true);
	write_page(&p);
	assert_true(page_end(&p));
	assert_string_equal(text,
			    "{\"phase\":\"running\","
			    "\"application\":{\"program\":\"/bin/\\\"x\\\"\",\"pid\":7},"
			    "\"ports\":[{\"name\":\"web\",\"number\":8080,\"protocol\":\"tcp\"},"
			    "{\"name\":\"admin\",\"number\":9}],\"services\":[]}\n");
}

static void says_when_it_does_not_fit(void **state) {
	char text[64];
	struct page p;

	(void)state;
	page_begin(&p, text, sizeof(text), true);
	write_page(&p);
	assert_false(page_end(&p));
}

static void escapes_control_characters(void **state) {
	char text[64];
	struct page p;

	(void)state;
	page_begin(&p, text, sizeof(text), true);
	page_fact(&p, "a", "\n\\");
	assert_true(page_end(&p));
	assert_string_equal(text, "{\"a\":\"\\u000a\\\\\"}\n");
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_as_lines),
		cmocka_unit_test(reads_as_json),
		cmocka_unit_test(says_when_it_does_not_fit),
		cmocka_unit_test(escapes_control_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
