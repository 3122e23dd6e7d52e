/* SPDX-License-Identifier: Apache-2.0 */
/* One of a profile's "syscalls": whether it counts here, and what it says. */
#include <stdbool.h>
#include <string.h>

#include "config/syscall.h"
#include "init/profile/reader.h"
#include "init/profile/rules.h"

enum { ARGUMENTS = 6 };

struct rule {
	uint32_t action;
	unsigned count;
	bool repeats; /* an argument: then each comparison is a rule of its own, as for runc */
	struct scmp_arg_cmp compare[ARGUMENTS];
};

static const char *const rule_members[] = { "names", "name",    "action",   "errnoRet", "errno",
					    "args",  "comment", "includes", "excludes", NULL };
static const char *const condition_members[] = { "caps", "arches", "minKernel", NULL };
static const char *const argument_members[] = { "index", "value", "valueTwo", "op", NULL };

static bool lists(const cJSON *list, const char *text) {
	for (const cJSON *item = list ? list->child : NULL; item; item = item->next)
		if (strcmp(item->valuestring, text) == 0)
			return true;
	return false;
}

static unsigned count_had(const struct reader *r, const cJSON *capabilities) {
	unsigned count = 0;

	for (const cJSON *c = capabilities ? capabilities->child : NULL; c; c = c->next)
		count += profile_has_capability(r->machine, c->valuestring);
	return count;
}

/* What "includes" or "excludes" find here. */
struct found {
	bool all; /* all that is asked for */
	bool any; /* something of it */
};

static int find_version(const struct reader *r, const cJSON *item, struct found *f) {
	const char *version = item ? reader_text(r, item) : "";
	int is_since;

	if (!version || !*version)
		return version ? 0 : -1;
	is_since = profile_is_since(r->machine, version);
	if (is_since < 0)
		return reader_fail(r, item, "'%s' is not a version like 4.8", version);
	f->all = f->all && is_since;
	f->any = f->any || is_since;
	return 0;
}

static int find_condition(const struct reader *r, const cJSON *condition, struct found *f) {
	const cJSON *caps, *arches;
	unsigned had;

	*f = (struct found){ .all = true };
	if (!condition)
		return 0;
	if (reader_check(r, condition, condition_members) < 0)
		return -1;
	caps = reader_get(condition, "caps");
	arches = reader_get(condition, "arches");
	if (reader_texts(r, caps) < 0 || reader_texts(r, arches) < 0)
		return -1;
	had = count_had(r, caps);
	f->any = had > 0 || lists(arches, r->machine->architecture);
	f->all = had == (unsigned)cJSON_GetArraySize(caps) &&
		 (cJSON_GetArraySize(arches) == 0 || lists(arches, r->machine->architecture));
	return find_version(r, reader_get(condition, "minKernel"), f);
}

/* 1: the rule counts here; 0: it does not; -1: a mistake. */
static int counts(const struct reader *r, const cJSON *rule) {
	struct found includes, excludes;

	if (find_condition(r, reader_get(rule, "includes"), &includes) < 0 ||
	    find_condition(r, reader_get(rule, "excludes"), &excludes) < 0)
		return -1;
	return includes.all && !excludes.any;
}

static int read_operator(const struct reader *r, const cJSON *item, enum scmp_compare *op) {
	static const char names[][20] = {
		[SCMP_CMP_NE] = "SCMP_CMP_NE",
		[SCMP_CMP_LT] = "SCMP_CMP_LT",
		[SCMP_CMP_LE] = "SCMP_CMP_LE",
		[SCMP_CMP_EQ] = "SCMP_CMP_EQ",
		[SCMP_CMP_GE] = "SCMP_CMP_GE",
		[SCMP_CMP_GT] = "SCMP_CMP_GT",
		[SCMP_CMP_MASKED_EQ] = "SCMP_CMP_MASKED_EQ",
	};
	const char *name = item ? reader_text(r, item) : "";

	if (!name)
		return -1;
	for (int i = SCMP_CMP_NE; i <= SCMP_CMP_MASKED_EQ; i++)
		if (strcmp(names[i], name) == 0) {
			*op = (enum scmp_compare)i;
			return 0;
		}
	return reader_fail(r, item, "'%s' is not one of SCMP_CMP_NE, LT, LE, EQ, GE, GT, MASKED_EQ",
			   name);
}

/* A number that is not there is 0, as for Go. */
static int read_number(const struct reader *r, const cJSON *object, const char *name, uint64_t most,
		       uint64_t *number) {
	const cJSON *item = reader_get(object, name);

	*number = 0;
	return item ? reader_number(r, item, most, number) : 0;
}

static int read_argument(const struct reader *r, const cJSON *item, struct rule *rule) {
	struct scmp_arg_cmp *compare = &rule->compare[rule->count];
	uint64_t index;

	if (reader_check(r, item, argument_members) < 0)
		return -1;
	if (rule->count == ARGUMENTS)
		return reader_fail(r, NULL, "there are more than %d", ARGUMENTS);
	if (read_number(r, item, "index", ARGUMENTS - 1, &index) < 0 ||
	    read_number(r, item, "value", UINT64_MAX, &compare->datum_a) < 0 ||
	    read_number(r, item, "valueTwo", UINT64_MAX, &compare->datum_b) < 0 ||
	    read_operator(r, reader_get(item, "op"), &compare->op) < 0)
		return -1;
	compare->arg = (unsigned)index;
	for (unsigned i = 0; i < rule->count; i++)
		rule->repeats |= rule->compare[i].arg == compare->arg;
	rule->count++;
	return 0;
}

static int read_arguments(struct reader *r, const cJSON *list, struct rule *rule) {
	int result = 0;

	if (list && !cJSON_IsArray(list))
		return reader_fail(r, list, "is not a list");
	r->argument = 0;
	for (const cJSON *item = list ? list->child : NULL; item && result == 0;
	     item = item->next) {
		result = read_argument(r, item, rule);
		r->argument++;
	}
	r->argument = -1;
	return result;
}

static int add_number(const struct reader *r, int number, const struct rule *rule) {
	if (!rule->repeats)
		return rules_add(number, rule->action, rule->count, rule->compare, r->e);
	for (unsigned i = 0; i < rule->count; i++)
		if (rules_add(number, rule->action, 1, &rule->compare[i], r->e) < 0)
			return -1;
	return 0;
}

/* A name that no system call here has asks for nothing, as for Docker: profiles are written for all
 * architectures and for kernels to come. */
static int add(const struct reader *r, const cJSON *name, const struct rule *rule) {
	int number = syscall_find(name->valuestring);

	if (number >= 0 && add_number(r, number, rule) < 0)
		return reader_fail(r, name, "%s", name->valuestring);
	return 0;
}

static int add_all(const struct reader *r, const cJSON *object, const struct rule *rule) {
	const cJSON *names = reader_get(object, "names"), *name = reader_get(object, "name");

	if (reader_texts(r, names) < 0 || (name && !reader_text(r, name)))
		return -1;
	if (!name == !names)
		return reader_fail(r, NULL, "has to have either names or name");
	if (name)
		return add(r, name, rule);
	for (name = names->child; name; name = name->next)
		if (add(r, name, rule) < 0)
			return -1;
	return 0;
}

int reader_rule(struct reader *r, const cJSON *object) {
	struct rule rule = { 0 };
	int here;

	if (reader_check(r, object, rule_members) < 0 ||
	    reader_action(r, object, "action", "errnoRet", &rule.action) < 0 ||
	    read_arguments(r, reader_get(object, "args"), &rule) < 0)
		return -1;
	here = counts(r, object);
	return here > 0 ? add_all(r, object, &rule) : here;
}
