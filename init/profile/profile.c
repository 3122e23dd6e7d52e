/* SPDX-License-Identifier: Apache-2.0 */
#include "init/profile/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "config/memory.h"
#include "init/profile/reader.h"
#include "init/profile/rules.h"

/* errno's names repeat what errnoRet says, in podman's profiles. The architectures are taken note
 * of no more than that: the program knows the one it is for, and kills what comes from another. */
static const char *const members[] = { "defaultAction", "defaultErrnoRet",
				       "defaultErrno",  "architectures",
				       "archMap",       "syscalls",
				       "comment",       NULL };

static int read_rules(struct reader *r, const cJSON *list) {
	if (!cJSON_IsArray(list))
		return reader_fail(r, list, list ? "is not a list" : "syscalls is missing");
	r->rule = 0;
	for (const cJSON *item = list->child; item; item = item->next, r->rule++)
		if (reader_rule(r, item) < 0)
			return -1;
	return 0;
}

static int read_profile(struct reader *r, const cJSON *profile, int fd) {
	uint32_t otherwise;

	if (reader_check(r, profile, members) < 0 ||
	    reader_action(r, profile, "defaultAction", "defaultErrnoRet", &otherwise) < 0)
		return -1;
	rules_begin(otherwise);
	if (read_rules(r, reader_get(profile, "syscalls")) < 0)
		return -1;
	return rules_write(fd, r->e);
}

static int refuse_text(const char *text, const char *end, struct error *e) {
	unsigned line = 1;

	if (errno == ENOMEM)
		return fail(e, "is too much for pintle's heap");
	for (; text < end; text++)
		line += *text == '\n';
	return fail(e, "line %u: is not JSON", line);
}

int profile_read(const char *text, size_t size, const struct profile_machine *machine, int fd,
		 struct error *e) {
	struct reader r = { .machine = machine, .e = e, .rule = -1, .argument = -1 };
	const char *end = text;
	cJSON *profile;
	int result;

	errno = 0;
	profile = cJSON_ParseWithLengthOpts(text, size + 1, &end, true);
	if (!profile)
		return refuse_text(text, end, e);
	result = read_profile(&r, profile, fd);
	cJSON_Delete(profile);
	return result;
}

int profile_compile(const char *path, const struct profile_machine *machine, int fd,
		    struct error *e) {
	static MEMORY_BULK char text[PROFILE_SIZE + 1];
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t size = file < 0 ? -1 : read(file, text, sizeof(text));
	struct error why = { 0 };

	if (size < 0)
		return fail(e, "%s: %m", path);
	close(file);
	if (size == sizeof(text))
		return fail(e, "%s: has more than %d bytes", path, PROFILE_SIZE);
	text[size] = '\0';
	if (profile_read(text, (size_t)size, machine, fd, &why) < 0)
		return fail(e, "%s: %s", path, why.text);
	return 0;
}
