/* SPDX-License-Identifier: Apache-2.0 */
#include "init/agent/renderer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/memory.h"
#include "config/writer.h"
#include "init/log.h"
#include "init/loop.h"
#include "init/message.h"

enum { AGAIN = 100 /* ms, while PID 1 can't listen */, NO_EXEC_SEAL = 8 /* MFD_NOEXEC_SEAL */ };

struct source {
	const struct config_template *config;
	const char *text, *end;
	bool told; /* once, at least */
	uint64_t hash; /* FNV-1a of what was told */
};

/* One that is being rendered. */
struct output {
	struct mustache mustache;
	struct writer writer;
	uint64_t hash;
};

static void render_all(struct loop_timer *);

static MEMORY_BULK struct source sources[CONFIG_TEMPLATES];
static unsigned count;
static uint32_t renders[CONFIG_TEMPLATES];
static struct renderer_setup setup;
static renderer_source *watches;
static bool begun;
static struct loop_timer timer = { .fire = render_all };

static int read_source(struct source *s, struct error *e) {
	int fd = open(s->config->source, O_RDONLY | O_CLOEXEC);
	size_t room, len = 0;
	char *text = memory_rest(&room);
	ssize_t n = -1;

	if (fd < 0)
		return fail(e, "%m");
	if (room > RENDERER_SOURCE + 1)
		room = RENDERER_SOURCE + 1;
	while (len < room && (n = read(fd, text + len, room - len)) > 0)
		len += (size_t)n;
	close(fd);
	if (n < 0 && len < room)
		return fail(e, "%m");
	if (len == room)
		return fail(e,
			    "it has more than %d bytes (RENDERER_SOURCE), or there is no memory "
			    "left for it (CONFIG_MEMORY)",
			    RENDERER_SOURCE);
	memory_keep(len);
	s->text = text;
	s->end = text + len;
	return 0;
}

static int open_one(struct source *s, struct error *e) {
	struct mustache m = { .limit = 0 };
	struct error why = { 0 };

	if (read_source(s, &why) == 0) {
		m.template = s->text;
		m.end = s->end;
		if (mustache_render(&m, &why) == 0)
			return 0;
	}
	return fail(e, "template %s: %s: %s", s->config->head.name, s->config->source, why.text);
}

int renderer_open(const struct config *c, struct error *e) {
	int result = 0;

	count = 0;
	for (const struct config_template *t = c->templates; t; t = t->head.next) {
		struct source *s = &sources[count++];

		*s = (struct source){ .config = t };
		if (open_one(s, e) < 0)
			result = -1;
	}
	return result;
}

void renderer_init(const struct renderer_setup *given) {
	setup = *given;
}

void renderer_add(renderer_source *source) {
	watches = source;
}

static void look_up_variable(const char *name, size_t length, struct mustache_value *v) {
	for (char *const *at = setup.environment; *at; at++) {
		if (strncmp(*at, name, length) != 0 || (*at)[length] != '=')
			continue;
		v->kind = MUSTACHE_TEXT;
		v->text = *at + length + 1;
		v->length = strlen(v->text);
		return;
	}
}

static void look_up(struct mustache *m, const void *list, unsigned index, const char *name,
		    size_t length, struct mustache_value *v) {
	if (watches)
		watches(m, list, index, name, length, v);
	if (!list && v->kind == MUSTACHE_NOTHING)
		look_up_variable(name, length, v);
}

static void put(struct mustache *m, const char *text, size_t length) {
	struct output *o = LOOP_OWNER(m, struct output, mustache);

	for (size_t i = 0; i < length; i++) {
		o->hash = (o->hash ^ (uint8_t)text[i]) * 1099511628211U;
		writer_char(&o->writer, text[i]);
	}
}

/* Never to be executed, where the kernel (Linux 6.3) knows that. */
static int create(void) {
	int fd = memfd_create("template", MFD_CLOEXEC | MFD_ALLOW_SEALING | NO_EXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create("template", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd;
}

/* Into the file, which nobody can change any more then. */
static int render(const struct source *s, struct output *o, struct error *e) {
	o->mustache = (struct mustache){
		.template = s->text,
		.end = s->end,
		.look_up = look_up,
		.put = put,
		.limit = MESSAGE_FILE,
	};
	o->hash = 14695981039346656037U;
	o->writer.len = 0;
	o->writer.fd = create();
	if (o->writer.fd < 0)
		return fail(e, "a file for it: %m");
	if (mustache_render(&o->mustache, e) < 0)
		return -1;
	writer_flush(&o->writer);
	if (lseek(o->writer.fd, 0, SEEK_CUR) != (off_t)o->mustache.written ||
	    fcntl(o->writer.fd, F_ADD_SEALS,
		  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return fail(e, "keeping it: %m");
	return 0;
}

/* What can't be rendered is told as well, once: somebody may wait for it. */
static int tell(struct source *s, struct output *o) {
	struct error e = { 0 };
	int result = render(s, o, &e);

	if (result < 0) {
		o->hash = 0;
		if (!s->told || s->hash)
			log_warn("template %s: %s", s->config->head.name, e.text);
	}
	if (s->told && s->hash == o->hash)
		return 0;
	if (setup.tell((unsigned)(s - sources), result < 0 ? -1 : o->writer.fd) < 0)
		return -1;
	s->told = true;
	s->hash = o->hash;
	renders[s - sources] += result == 0;
	return 0;
}

static int render_one(struct source *s) {
	static MEMORY_BULK struct output output;
	int result = tell(s, &output);

	if (output.writer.fd >= 0)
		close(output.writer.fd);
	return result;
}

static void render_all(struct loop_timer *t) {
	int result = 0;

	for (unsigned i = 0; i < count && result == 0; i++)
		result = render_one(&sources[i]);
	if (result < 0)
		loop_arm(t, AGAIN);
}

void renderer_begin(void) {
	begun = true;
	for (unsigned i = 0; i < count; i++)
		sources[i].told = false;
	renderer_change();
}

const uint32_t *renderer_counts(void) {
	return renders;
}

void renderer_change(void) {
	if (begun)
		loop_arm(&timer, 0);
}
