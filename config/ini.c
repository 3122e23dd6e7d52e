/* SPDX-License-Identifier: Apache-2.0 */
#include "config/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <string.h>
#include <unistd.h>

#include "config/memory.h"
#include "config/set.h"
#include "config/suggest.h"

_Static_assert(INI_MAX_LINE > CONFIG_LINE + 1, "inih would cut a line");
_Static_assert(!INI_ALLOW_MULTILINE && !INI_ALLOW_INLINE_COMMENTS && !INI_ALLOW_NO_VALUE,
	       "inih would read another language");

/* What is read at once; the first read gets all of a usual file. */
enum { CHUNK = 65536 };
_Static_assert(CONFIG_MEMORY > 2 * CONFIG_FILE_SIZE + CHUNK, "the largest file has to fit");

/* Where we are in the file. */
struct cursor {
	struct load *load;
	const char *next, *end;
	unsigned line;
	const char *wrong; /* with the bytes of this line; NULL: they are text */
	struct load_place place; /* of the section; its object is NULL if there is none */
	bool in_section; /* even if it was a wrong one */
	bool declares; /* the section has names of the user's own, which the first pass wants */
	unsigned headers[32]; /* for each kind of section that there is once: its line */
};

static char *line_buffer; /* inih's, for a line of INI_MAX_LINE bytes */

void *ini_malloc(size_t size) {
	(void)size;
	return line_buffer;
}

void ini_free(void *line) {
	(void)line;
}

/* Not on the stack, where each of its pages would be a new one. */
static void keep_text(struct ini_text *text, char *bytes, size_t len) {
	*text = (struct ini_text){ .bytes = bytes, .len = len };
	bytes[len] = '\n'; /* also of a last line that has none */
	line_buffer = bytes + len + 1;
	memory_keep(len + 1 + INI_MAX_LINE);
}

/* Nothing is executed while it is open, and O_CLOEXEC would cost musl another system call. */
void ini_read(struct load *l, struct ini_text *text) {
	const struct load_place nowhere = { .origin = { .source = CONFIG_FILE } };
	size_t room, len = 0;
	const char *path = l->input->path;
	int fd = path ? open(path, O_RDONLY | O_NOCTTY) : -1;
	ssize_t n = 0;
	char *bytes;

	if (!path || (fd < 0 && errno == ENOENT && l->input->optional))
		return;
	l->config->given = true;
	l->config->path = memory_text(path, strlen(path));
	bytes = memory_rest(&room);
	while (fd >= 0 && len <= CONFIG_FILE_SIZE && (n = read(fd, bytes + len, CHUNK)) > 0)
		len += (size_t)n;
	if (fd < 0 || n < 0)
		load_mistake(l, &nowhere, "can't be read: %m");
	else if (len > CONFIG_FILE_SIZE)
		load_mistake(l, &nowhere, "has more than %d bytes", CONFIG_FILE_SIZE);
	else
		keep_text(text, bytes, len);
	if (fd >= 0)
		(void)close(fd);
}

static const char *trim(const char *text, const char *end, size_t *len) {
	while (text < end && (*text == ' ' || *text == '\t'))
		text++;
	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	*len = (size_t)(end - text);
	return text;
}

static void unknown_kind(struct cursor *c, const char *kind) {
	struct suggest s = { .written = kind };

	for (SCHEMA_EACH_SECTION(section))
		suggest_try(&s, schema_text(section->kind));
	load_mistake(c->load, &c->place, "unknown section [%s]%s", kind, suggest_hint(&s));
}

/* A second header is a mistake; its keys are still looked at. */
static void refuse_second(struct cursor *c, unsigned *first) {
	if (*first)
		load_mistake(c->load, &c->place, "is there already in line %u", *first);
	else
		*first = c->line;
}

static bool has_open_key(const struct schema_section *section) {
	for (SCHEMA_EACH_KEY(section, k))
		if (schema_is_open(k))
			return true;
	return false;
}

static void open_named(struct cursor *c, const char *name) {
	struct error e = { 0 };
	struct config_head *head =
		set_instance(c->load->config, c->place.section, name, &c->place.origin, &e);

	c->place.object = head;
	if (!head) {
		load_mistake(c->load, &c->place, "%s", e.text);
		return;
	}
	c->place.instance = head->name;
	if (head->origin.line != c->line)
		load_mistake(c->load, &c->place, "is there already in line %u", head->origin.line);
}

/* header: what stands between the brackets. */
static void open_section(struct cursor *c, char *header) {
	size_t kind_len = strcspn(header, " \t");
	char *name = header + kind_len + strspn(header + kind_len, " \t");
	const struct schema_section *section;

	header[kind_len] = '\0';
	section = schema_section(header);
	c->place = (struct load_place){ .origin = { CONFIG_FILE, c->line, NULL } };
	if (!section) {
		unknown_kind(c, header);
		return;
	}
	c->place.section = section;
	c->declares = !section->headless && has_open_key(section);
	if (section->size && !*name)
		load_mistake(c->load, &c->place, "needs a name: [%s NAME]",
			     schema_text(section->kind));
	else if (!section->size && *name)
		load_mistake(c->load, &c->place, "has no name, but this one is called '%s'", name);
	else if (section->size)
		open_named(c, name);
	else {
		c->place.object = schema_object(section, c->load->config);
		refuse_second(c, &c->headers[section - schema_sections]);
	}
}

static void read_header(struct cursor *c, const char *line, size_t len) {
	const char *end = memchr(line, ']', len), *name;
	char header[CONFIG_HEADER + 1];
	size_t rest, name_len;

	c->in_section = true;
	c->declares = false;
	c->place = (struct load_place){ .origin = { CONFIG_FILE, c->line, NULL } };
	if (!end) {
		load_mistake(c->load, &c->place, "the ] of the section is missing");
		return;
	}
	(void)trim(end + 1, line + len, &rest);
	name = trim(line + 1, end, &name_len);
	if (rest)
		load_mistake(c->load, &c->place, "there is something behind the ]");
	else if (name_len > CONFIG_HEADER)
		load_mistake(c->load, &c->place, "the section header has more than %d bytes",
			     CONFIG_HEADER);
	else {
		memcpy(header, name, name_len);
		header[name_len] = '\0';
		open_section(c, header);
	}
}

/* Why a line that sets a key can't be one; NULL if it can. */
static const char *refuse_setting(const struct cursor *c, const char *line, size_t len) {
	const char *end = line + len, *mark = line;
	size_t key = 0;

	if (*line == ' ' || *line == '\t')
		return "begins with a blank: there are no continuation lines, and nothing else is "
		       "indented";
	while (mark < end && *mark != '=' && *mark != ':')
		mark++;
	if (mark == end)
		return "is neither KEY = VALUE, [SECTION] nor a comment";
	if (*mark == ':')
		return "has a : after the key; only = separates";
	(void)trim(line, mark, &key);
	if (key == 0)
		return "has no key before the =";
	if (!c->in_section)
		return "comes before any [SECTION]";
	return NULL;
}

/* Why nothing can be made of a line, whatever it is. */
static const char *refuse_line(const struct cursor *c, const char *line, size_t len) {
	if (c->line == 1 && len >= 3 && memcmp(line, "\xef\xbb\xbf", 3) == 0)
		return "begins with a byte order mark";
	if (len > CONFIG_LINE)
		return "has more than 4095 bytes";
	return c->wrong;
}

static void mistake_at(struct cursor *c, const char *what) {
	const struct load_place place = { .origin = { CONFIG_FILE, c->line, NULL } };

	load_mistake(c->load, &place, "the line %s", what);
}

/* The first pass only wants the sections, and the names in those that have some of the user's own.
 */
static bool is_wanted(const struct cursor *c, const char *line) {
	return c->load->pass == LOAD_SET || *line == '[' || c->declares;
}

/* Whether inih is to see the line. Headers are read here: inih keeps only 49 bytes of one. */
static bool judge(struct cursor *c, const char *line, size_t len) {
	const char *wrong, *start;
	size_t rest;

	if (!is_wanted(c, line))
		return false;
	wrong = refuse_line(c, line, len);
	start = trim(line, line + len, &rest);
	if (!wrong && (rest == 0 || *start == ';' || *start == '#'))
		return false;
	if (!wrong && *line == '[') {
		read_header(c, line, len);
		return false;
	}
	if (!wrong)
		wrong = refuse_setting(c, line, len);
	if (wrong)
		mistake_at(c, wrong);
	return !wrong;
}

static bool is_text(char byte) {
	return byte == '\t' || ((unsigned char)byte >= ' ' && byte != 0x7f);
}

/* Eight bytes at once, none of them below ' ' nor DEL. Tabs are not known for what they are. */
static bool are_text(const char *bytes) {
	const uint64_t each = UINT64_C(0x0101010101010101), top = each << 7;
	uint64_t all, deletes;

	memcpy(&all, bytes, sizeof(all));
	deletes = all ^ each * 0x7f;
	return !((((all - each * ' ') & ~all) | ((deletes - each) & ~deletes)) & top);
}

/* What is not text, or ends the line. Behind the file lies inih's line. */
static const char *skip_text(const char *at) {
	while (are_text(at))
		at += sizeof(uint64_t);
	while (is_text(*at))
		at++;
	return at;
}

/* The next line, without its end, which may be that of Windows; NULL at the end of the file. */
static const char *take_line(struct cursor *c, size_t *len) {
	const char *line = c->next, *end;

	if (line >= c->end)
		return NULL;
	c->wrong = NULL;
	for (end = skip_text(line); *end != '\n'; end = skip_text(end + 1)) {
		if (end[0] == '\r' && end[1] == '\n')
			continue;
		c->wrong = *end ? "has a control character in it" : "has a NUL byte in it";
	}
	*len = (size_t)(end - line);
	if (*len > 0 && line[*len - 1] == '\r')
		(*len)--;
	c->next = end + 1;
	c->line++;
	return line;
}

/* Our side of fgets for inih: the next line that it is to see. */
static char *next_line(char *buffer, int size, void *cursor) {
	const char *line;
	size_t len;

	do
		line = take_line(cursor, &len);
	while (line && (!judge(cursor, line, len) || len + 1 > (size_t)size));
	if (!line)
		return NULL;
	memcpy(buffer, line, len);
	buffer[len] = '\0';
	return line_buffer;
}

static void unknown_key(struct cursor *c, const char *key) {
	struct suggest s = { .written = key };

	for (SCHEMA_EACH_KEY(c->place.section, k))
		suggest_try(&s, schema_text(k->name));
	load_mistake(c->load, &c->place, "unknown key '%.64s'%s", key, suggest_hint(&s));
}

/* Lists are many lines of one key. */
static const struct schema_key *find_key(const struct load_place *before, const char *name) {
	if (before->key && strcmp(schema_text(before->key->name), name) == 0)
		return before->key;
	return schema_key(before->section, name);
}

/* Called by inih for each setting. */
static int set(void *cursor, const char *section, const char *key, const char *value, int line) {
	struct cursor *c = cursor;
	struct load_place place = c->place;

	(void)section;
	(void)line;
	if (!place.object)
		return 1;
	c->place.origin.line = place.origin.line = c->line;
	c->place.key = place.key = find_key(&place, key);
	place.name = key;
	if (place.key)
		set_value(c->load, &place, value);
	else
		unknown_key(c, key);
	return 1;
}

void ini_load(struct load *l, const struct ini_text *text) {
	struct cursor c = { .load = l, .next = text->bytes, .end = text->bytes + text->len };

	if (text->bytes)
		(void)ini_parse_stream(next_line, &c, set, &c);
}
