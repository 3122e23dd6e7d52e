/* SPDX-License-Identifier: Apache-2.0 */
/* A page of facts, written once and read as lines or as JSON:
 * "port web: number 8080, protocol tcp" or
 * {"ports":[{"name":"web","number":8080,"protocol":"tcp"}]}. */
#ifndef INIT_PAGE_H
#define INIT_PAGE_H

#include "init/json.h"

struct page {
	struct json json; /* where the text goes; its commas are for JSON only */
	bool lines;
};

void page_begin(struct page *, char *text, size_t size, bool json);
/* Ends it; false if it did not fit. */
bool page_end(struct page *);

/* A fact of its own: "phase: running". */
void page_fact(struct page *, const char *name, const char *value);

void page_list(struct page *, const char *plural);
void page_list_end(struct page *);

/* One of a list: "port web: ". */
void page_item(struct page *, const char *kind, const char *name);
/* One that there is only one of: "application: ". */
void page_single(struct page *, const char *kind);
/* Of either. */
void page_item_end(struct page *);

/* What is known of the item. */
void page_text(struct page *, const char *name, const char *value);
void page_number(struct page *, const char *name, long long value);

#endif
