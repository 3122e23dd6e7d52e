/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/instance.h"

#include <stdlib.h>
#include <string.h>

#include "init/log.h"
#include "init/loop.h"

/* The texts of an instance follow each other: id, address, tags, keys and values. */
struct instance_item {
	uint32_t at;
	uint16_t port;
	uint8_t tags, metas;
};

enum { FIRST_ROOM = 4, FIRST_SIZE = 256, PORT_MOST = 65535 };

void instances_free(struct instances *l) {
	free(l->items);
	free(l->text);
	*l = (struct instances){ 0 };
}

static const char *next(const char *text) {
	return text + strlen(text) + 1;
}

void instances_view(const struct instances *l, unsigned i, struct instance *view) {
	const struct instance_item *item = &l->items[i];
	const char *at = l->text + item->at;

	view->id = at;
	view->address = at = next(at);
	view->port = item->port;
	view->tags_count = item->tags;
	view->metas_count = item->metas;
	for (unsigned n = 0; n < item->tags; n++)
		view->tags[n] = at = next(at);
	for (unsigned n = 0; n < item->metas; n++) {
		view->metas[n].key = at = next(at);
		view->metas[n].value = at = next(at);
	}
}

/* The next power of two is what the heap gives anyway. */
static void *grow(void *memory, size_t *room, size_t first, size_t wanted, size_t each) {
	size_t more = *room ? *room : first;
	void *bigger;

	while (more < wanted)
		more *= 2;
	if (more == *room)
		return memory;
	bigger = realloc(memory, more * each);
	if (bigger)
		*room = more;
	return bigger;
}

static bool has_room(struct instances *l, size_t bytes) {
	size_t room = l->room;
	struct instance_item *items =
		grow(l->items, &room, FIRST_ROOM, l->count + 1U, sizeof(*l->items));
	char *text;

	if (!items)
		return false;
	l->items = items;
	l->room = (unsigned)room;
	text = grow(l->text, &l->size, FIRST_SIZE, l->used + bytes, 1);
	if (text)
		l->text = text;
	return text;
}

/* FNV-1a; added up, so that the order does not count. */
static uint64_t hash(const char *bytes, size_t length, uint16_t port) {
	uint64_t h = 14695981039346656037U ^ port;

	for (size_t i = 0; i < length; i++)
		h = (h ^ (unsigned char)bytes[i]) * 1099511628211U;
	return h;
}

static void append(struct instances *l, const char *bytes, size_t length) {
	memcpy(l->text + l->used, bytes, length);
	l->used += length;
}

static void add(struct collector *c) {
	struct instances *l = &c->list;
	const char *id = c->names[INSTANCE_ID], *address = c->names[INSTANCE_ADDRESS];
	size_t id_size = strlen(id) + 1, address_size = strlen(address) + 1, start = l->used;

	c->lost = c->lost || l->count == INSTANCE_MAX ||
		  !has_room(l, id_size + address_size + c->tags_length + c->metas_length);
	if (c->lost)
		return;
	l->items[l->count++] =
		(struct instance_item){ (uint32_t)start, (uint16_t)c->port, (uint8_t)c->tags_count,
					(uint8_t)c->metas_count };
	append(l, id, id_size);
	append(l, address, address_size);
	append(l, c->tags, c->tags_length);
	append(l, c->metas, c->metas_length);
	l->digest += hash(l->text + start, l->used - start, (uint16_t)c->port);
}

static bool is_clean(const char *text) {
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

static bool is_name(const char *text) {
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789._:/-";

	return *text && text[strspn(text, allowed)] == '\0';
}

static void begin_instance(struct collector *c) {
	c->wrong = NULL;
	c->passing = true;
	c->port = 0;
	c->tags_count = c->metas_count = 0;
	c->tags_length = c->metas_length = 0;
	for (unsigned i = 0; i <= INSTANCE_HOST; i++)
		c->names[i][0] = '\0';
}

static bool has_tag(const struct collector *c, const char *wanted) {
	for (const char *tag = c->tags; tag < c->tags + c->tags_length; tag = next(tag))
		if (strcmp(tag, wanted) == 0)
			return true;
	return false;
}

static bool has_tags(const struct collector *c) {
	for (const struct config_word *tag = c->wanted; tag; tag = tag->head.next)
		if (!has_tag(c, tag->text))
			return false;
	return true;
}

static void refuse(struct collector *c) {
	const char *id = c->names[INSTANCE_ID];

	c->refusals++;
	c->refused += hash(id, strlen(id), 0);
	c->why = c->wrong;
}

static void end_instance(struct collector *c) {
	if (!c->names[INSTANCE_ADDRESS][0])
		memcpy(c->names[INSTANCE_ADDRESS], c->names[INSTANCE_HOST], INSTANCE_NAME);
	if (!c->wrong && !is_name(c->names[INSTANCE_ID]))
		c->wrong = "its id is missing, or has other characters than A-Z a-z 0-9 . _ : / -";
	if (!c->wrong && !is_name(c->names[INSTANCE_ADDRESS]))
		c->wrong = "its address is missing, or has other characters than A-Z a-z 0-9 . _ : "
			   "/ -";
	if (c->wrong)
		refuse(c);
	else if (c->passing && (!c->ages || c->age < c->ttl) && has_tags(c))
		add(c);
	begin_instance(c);
}

static void take_number(struct collector *c, int64_t most, int64_t *number) {
	const char *digits = c->scanner.text;
	int64_t n = 0;

	for (; *digits >= '0' && *digits <= '9' && n <= most; digits++)
		n = n * 10 + (*digits - '0');
	if (*digits || n > most)
		c->wrong = "its port or its ttl is none";
	else
		*number = n;
}

/* One more text behind the others. */
static void take_text(struct collector *c, char *texts, size_t *length, const char *text) {
	size_t size = strlen(text) + 1;

	if (size > INSTANCE_MORE - *length) {
		c->wrong = "it has too many tags, or too much meta";
		return;
	}
	memcpy(texts + *length, text, size);
	*length += size;
}

static void take_meta(struct collector *c, const char *key) {
	if (!is_clean(key)) {
		c->wrong = "a key of its meta is too long, or has control characters";
		return;
	}
	if (c->metas_count++ == INSTANCE_METAS)
		c->wrong = "it has too much meta";
	take_text(c, c->metas, &c->metas_length, key);
	take_text(c, c->metas, &c->metas_length, c->scanner.text);
}

static void take_field(struct collector *c, enum instance_field field) {
	const char *text = c->scanner.text;

	switch (field) {
	case INSTANCE_ID:
	case INSTANCE_ADDRESS:
	case INSTANCE_HOST:
		if (c->scanner.length >= INSTANCE_NAME)
			c->wrong = "its id or its address is too long";
		else
			memcpy(c->names[field], text, c->scanner.length + 1);
		break;
	case INSTANCE_STATE:
		c->passing = strcmp(text, "passing") == 0;
		break;
	case INSTANCE_TAG:
		if (c->tags_count++ == INSTANCE_TAGS)
			c->wrong = "it has too many tags";
		take_text(c, c->tags, &c->tags_length, text);
		break;
	case INSTANCE_PORT:
	case INSTANCE_TTL:
	case INSTANCE_META:
	case INSTANCE_OVER:
		break;
	}
}

static void take(struct collector *c, const struct instance_path *p, enum scanner_kind kind) {
	if (kind == SCANNER_NUMBER && p->field == INSTANCE_PORT)
		take_number(c, PORT_MOST, &c->port);
	else if (kind == SCANNER_NUMBER && p->field == INSTANCE_TTL)
		take_number(c, INT32_MAX, &c->ttl);
	if (kind != SCANNER_STRING)
		return;
	if (c->scanner.cut || !is_clean(c->scanner.text))
		c->wrong = "it has control characters, or a text that is too long";
	else if (p->field == INSTANCE_META)
		take_meta(c, c->scanner.path + p->length);
	else
		take_field(c, p->field);
}

/* Called for each value of megabytes: nearly always the lengths differ already. */
static bool fits(const struct instance_path *p, const struct scanner *s) {
	return (p->length == s->path_length ||
		(p->field == INSTANCE_META && p->length < s->path_length)) &&
	       memcmp(p->path, s->path, p->length) == 0;
}

/* Whether a text holds all instances, rather than being one. */
static bool is_list(const struct instance_path *p) {
	while (p->field != INSTANCE_OVER)
		p++;
	return *p->path;
}

static void found(struct scanner *s, enum scanner_kind kind) {
	struct collector *c = LOOP_OWNER(s, struct collector, scanner);
	const struct instance_path *p = c->paths;

	while (p->field != INSTANCE_OVER && !fits(p, s))
		p++;
	if (kind == SCANNER_END && !*s->path)
		c->whole = s->levels[0].list == is_list(c->paths);
	if (p->field != INSTANCE_OVER)
		take(c, p, kind);
	else if (kind == SCANNER_END && fits(p, s))
		end_instance(c);
}

void collector_begin(struct collector *c) {
	c->list = (struct instances){ 0 };
	c->lost = false;
	c->refusals = 0;
	c->refused = 0;
}

void collector_begin_text(struct collector *c) {
	c->scanner.found = found;
	scanner_begin(&c->scanner);
	c->whole = false;
	c->ttl = 0;
	begin_instance(c);
}

void collector_name(struct collector *c, const char *id) {
	memcpy(c->names[INSTANCE_ID], id, strlen(id) + 1);
}

void collector_refuse(struct collector *c, const char *why) {
	c->wrong = why;
	end_instance(c);
}

int collector_feed(struct collector *c, const char *bytes, size_t length) {
	return scanner_feed(&c->scanner, bytes, length);
}

bool collector_end_text(struct collector *c) {
	return scanner_end(&c->scanner) && c->whole;
}

static const struct instances *sorting;

static int compare(const void *one, const void *other) {
	const struct instance_item *a = one, *b = other;
	const char *x = sorting->text + a->at, *y = sorting->text + b->at;
	int order = strcmp(x, y);

	if (order == 0)
		order = strcmp(next(x), next(y));
	return order ? order : (int)a->port - (int)b->port;
}

void collector_end(struct collector *c) {
	sorting = &c->list;
	if (c->sorted && c->list.count > 1)
		qsort(c->list.items, c->list.count, sizeof(*c->list.items), compare);
	if (c->lost)
		log_warn("%s: there are more instances than fit: %u are known", c->who,
			 c->list.count);
	if (c->refusals && c->refused != c->told)
		log_warn("%s: %u of its instances are left out: %s", c->who, c->refusals, c->why);
	c->told = c->refused;
}
