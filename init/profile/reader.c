/* SPDX-License-Identifier: Apache-2.0 */
#include "init/profile/reader.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "config/suggest.h"

/* A double holds all integers up to here, and more than anybody compares an argument with. */
static const double exact = 1LL << 53;

int reader_fail(const struct reader *r, const cJSON *item, const char *format, ...) {
	char where[64] = "", argument[32] = "", text[ERROR_TEXT];
	const char *name = item && item->string ? item->string : "";
	va_list arguments;

	if (r->argument >= 0)
		(void)snprintf(argument, sizeof(argument), ".args[%d]", r->argument);
	if (r->rule >= 0)
		(void)snprintf(where, sizeof(where), "syscalls[%d]%s%s", r->rule, argument,
			       *name ? "." : "");
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	return fail(r->e, "%s%.64s: %s", where, name, text);
}

static int refuse_member(const struct reader *r, const cJSON *member, const char *const *names) {
	struct suggest s = { .written = member->string };

	for (; *names; names++)
		suggest_try(&s, *names);
	return reader_fail(r, member, "is not known%s", suggest_hint(&s));
}

static bool is_among(const char *const *names, const char *name) {
	while (*names && strcmp(*names, name) != 0)
		names++;
	return *names;
}

int reader_check(const struct reader *r, const cJSON *object, const char *const *names) {
	if (!cJSON_IsObject(object))
		return reader_fail(r, object, "is not an object");
	for (const cJSON *m = object->child; m; m = m->next) {
		if (!is_among(names, m->string))
			return refuse_member(r, m, names);
		for (const cJSON *other = m->next; other; other = other->next)
			if (strcmp(m->string, other->string) == 0)
				return reader_fail(r, m, "is there twice");
	}
	return 0;
}

const cJSON *reader_get(const cJSON *object, const char *name) {
	const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);

	return item && !cJSON_IsNull(item) ? item : NULL;
}

const char *reader_text(const struct reader *r, const cJSON *item) {
	if (cJSON_IsString(item))
		return item->valuestring;
	reader_fail(r, item, "is not a text");
	return NULL;
}

int reader_number(const struct reader *r, const cJSON *item, uint64_t most, uint64_t *number) {
	if (cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble < exact &&
	    item->valuedouble <= (double)most) {
		*number = (uint64_t)item->valuedouble;
		if ((double)*number == item->valuedouble)
			return 0;
	}
	if (most > (uint64_t)exact)
		most = (uint64_t)exact - 1;
	return reader_fail(r, item, "is not a number from 0 to %llu", (unsigned long long)most);
}

int reader_texts(const struct reader *r, const cJSON *list) {
	if (!list)
		return 0;
	if (!cJSON_IsArray(list))
		return reader_fail(r, list, "is not a list");
	for (const cJSON *item = list->child; item; item = item->next)
		if (!cJSON_IsString(item))
			return reader_fail(r, list, "has an item that is not a text");
	return 0;
}

static const struct {
	char name[13]; /* behind SCMP_ACT_ */
	bool has_number;
	uint32_t action;
} actions[] = {
	{ "KILL", false, SECCOMP_RET_KILL_THREAD },
	{ "KILL_THREAD", false, SECCOMP_RET_KILL_THREAD },
	{ "KILL_PROCESS", false, SECCOMP_RET_KILL_PROCESS },
	{ "TRAP", false, SECCOMP_RET_TRAP },
	{ "ERRNO", true, SECCOMP_RET_ERRNO },
	{ "TRACE", true, SECCOMP_RET_TRACE },
	{ "LOG", false, SECCOMP_RET_LOG },
	{ "ALLOW", false, SECCOMP_RET_ALLOW },
};

static int find_action(const char *name) {
	static const char prefix[] = "SCMP_ACT_";

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return -1;
	for (int i = 0; i < (int)(sizeof(actions) / sizeof(*actions)); i++)
		if (strcmp(actions[i].name, name + sizeof(prefix) - 1) == 0)
			return i;
	return -1;
}

int reader_action(const struct reader *r, const cJSON *object, const char *action,
		  const char *number, uint32_t *result) {
	const cJSON *item = reader_get(object, action), *with = reader_get(object, number);
	const char *name;
	uint64_t error = EPERM;
	int i;

	if (!item)
		return reader_fail(r, NULL, "%s is missing", action);
	name = reader_text(r, item);
	if (!name || (with && reader_number(r, with, PROFILE_ERRNO, &error) < 0))
		return -1;
	i = find_action(name);
	if (i < 0)
		return reader_fail(r, item,
				   "'%s' is not one of SCMP_ACT_ALLOW, ERRNO, KILL_PROCESS, "
				   "KILL_THREAD, LOG, TRACE, TRAP",
				   name);
	*result = actions[i].action | (actions[i].has_number ? (uint32_t)error : 0);
	return 0;
}
