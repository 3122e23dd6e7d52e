/* SPDX-License-Identifier: Apache-2.0 */
#include "init/rights.h"

#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/capability.h"
#include "config/schema.h"
#include "init/filter.h"

_Static_assert(CONFIG_LIMITS == (int)RLIM_NLIMITS, "config.h has one for each");

enum { LIMIT_TEXT = 24 };

static const char *limit_text(rlim_t limit, char text[static LIMIT_TEXT]) {
	if (limit == RLIM_INFINITY)
		(void)snprintf(text, LIMIT_TEXT, "unlimited");
	else
		(void)snprintf(text, LIMIT_TEXT, "%llu", (unsigned long long)limit);
	return text;
}

static const char *limit_name(int resource) {
	const struct schema_section *section = schema_section("limits");

	for (SCHEMA_EACH_KEY(section, k))
		if (k->offset == offsetof(struct config_limits, of[resource]))
			return schema_text(k->name);
	return "";
}

/* Whether the hard limit may be raised is not for CAP_SYS_RESOURCE alone to say: it has to be held
 * in the initial user namespace, and fs.nr_open bounds nofile even then. So it is tried, on us. */
static int try_limit(int resource, rlim_t hard, struct error *e) {
	struct rlimit ours, raised;
	char texts[2][LIMIT_TEXT];

	if (syscall(SYS_prlimit64, 0, resource, NULL, &ours) < 0 || hard <= ours.rlim_max)
		return 0;
	raised = (struct rlimit){ .rlim_cur = ours.rlim_cur, .rlim_max = hard };
	if (syscall(SYS_prlimit64, 0, resource, &raised, NULL) == 0)
		return (int)syscall(SYS_prlimit64, 0, resource, &ours, NULL);
	return fail(e,
		    "[limits] %s: %s is above the hard limit of %s, and raising that takes docker "
		    "run --ulimit or the capability SYS_RESOURCE: %m",
		    limit_name(resource), limit_text(hard, texts[0]),
		    limit_text(ours.rlim_max, texts[1]));
}

static int try_limits(struct rights *r, const struct config_limits *limits, struct error *e) {
	int result = 0;

	for (int i = 0; i < CONFIG_LIMITS; i++) {
		if (!limits->of[i].given)
			continue;
		r->limits = limits->of;
		if (try_limit(i, rights_limit(limits->of[i].hard), e) < 0)
			result = RIGHTS_LACKING;
	}
	return result;
}

static int find_user(struct rights *r, const char *user, struct error *e) {
	if (user_find(&r->user, user, e) < 0)
		return -1;
	r->changes_user = r->changes_groups = true;
	r->leaves_root = geteuid() == 0 && r->user.uid != 0;
	return 0;
}

static int find_groups(struct rights *r, const struct config_word *groups, struct error *e) {
	r->changes_groups = r->exact_groups = true;
	return user_set_groups(&r->user, groups, e) < 0 ? fail(e, "[app] groups") : 0;
}

uint64_t rights_bounding_set(void) {
	uint64_t set = 0;
	int is_there;

	for (unsigned long i = 0; (is_there = prctl(PR_CAPBSET_READ, i, 0, 0, 0)) >= 0; i++)
		set |= (uint64_t)is_there << i;
	return set;
}

/* The kernel's conditions for an ambient one: permitted, and inheritable, for which it must be in
 * the bounding set, capabilities(7). */
static uint64_t available(void) {
	struct rights_sets ours = { 0 };

	return rights_read_sets(&ours) < 0 ? 0 : ours.permitted & rights_bounding_set();
}

static int find_ambient(struct rights *r, const struct config_capabilities *wanted,
			struct error *e) {
	char names[CAPABILITY_TEXT];
	uint64_t ours;

	r->changes_ambient = wanted->given;
	if (!wanted->set)
		return 0;
	ours = available();
	r->ambient = wanted->set & r->keep & ours;
	if (wanted->set == CONFIG_CAPABILITIES_ALL || !(wanted->set & ~ours))
		return 0;
	capability_text(wanted->set & ~ours, names);
	fail(e, "[app] ambient: pintle has no %s to give: it takes docker run --cap-add, as root",
	     names);
	return RIGHTS_LACKING;
}

static int find_capabilities(struct rights *r, const struct config_app *app, struct error *e) {
	if (app->capabilities.given)
		r->keep = app->capabilities.set;
	r->changes_capabilities = app->capabilities.given || app->ambient.given;
	r->no_new_privs = app->no_new_privileges == CONFIG_YES;
	r->may_gain = app->no_new_privileges == CONFIG_NO;
	return find_ambient(r, &app->ambient, e);
}

static int find_all(struct rights *r, const struct config *c, struct error *e) {
	int lacks_ambient, lacks_limits;

	if (c->app.user && find_user(r, c->app.user, e) < 0)
		return fail(e, "[app] user");
	if (c->app.groups && find_groups(r, c->app.groups, e) < 0)
		return -1;
	r->filter = filter_is_wanted(&c->seccomp) ? filter_program() : NULL;
	lacks_ambient = find_capabilities(r, &c->app, e);
	lacks_limits = try_limits(r, &c->limits, e);
	return lacks_ambient | lacks_limits;
}

int rights_prepare(struct rights *r, const struct config *c, const char *user, struct error *e) {
	int result;

	*r = (struct rights){ .keep = CONFIG_CAPABILITIES_ALL };
	result = user ? find_user(r, user, e) : find_all(r, c, e);
	r->asked = r->changes_groups || r->changes_capabilities || r->no_new_privs || r->limits ||
		   r->filter;
	return result;
}

struct rights_sets rights_reduce(struct rights_sets now, const struct rights *r) {
	const uint64_t permitted = now.permitted & (r->leaves_root ? r->ambient : r->keep);

	return (struct rights_sets){
		.effective = r->leaves_root ? permitted : now.effective & permitted,
		.permitted = permitted,
		.inheritable = (now.inheritable & r->keep) | r->ambient,
	};
}
