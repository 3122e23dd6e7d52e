/* SPDX-License-Identifier: Apache-2.0 */
#include "init/user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 8192, FIELDS = 7 };

static const char passwd[] = "/etc/passwd", groups[] = "/etc/group";

struct search {
	struct user *user;
	const char *name; /* looked for; NULL: by number */
	unsigned long number;
	const char *member; /* whose groups are collected */
	gid_t gid; /* of the group found */
	bool found;
	bool too_many;
	char login[USER_HOME]; /* the name found, for /etc/group */
};

typedef void take_entry(struct search *, char *fields[FIELDS]);

/* Ids are at most 2^32-2: the kernel takes -1 for "leave as it is". */
static bool is_number(const char *text, unsigned long *number) {
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*number = strtoul(text, &end, 10);
	return *end == '\0' && errno == 0 && *number < 0xffffffff;
}

/* Splits a line of passwd(5) or group(5) in place; fields that are missing are empty. */
static void split(char *line, char *fields[FIELDS]) {
	char *end = line + strlen(line);

	for (int i = 0; i < FIELDS; i++) {
		fields[i] = strsep(&line, ":");
		if (!fields[i])
			fields[i] = end;
	}
}

static void take_line(char *line, take_entry *take, struct search *s) {
	char *fields[FIELDS];

	split(line, fields);
	if (*fields[0] && *fields[0] != '#')
		take(s, fields);
}

/* Calls take for each line of the file; a file that does not exist has none. */
static int read_entries(const char *path, take_entry *take, struct search *s, struct error *e) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[LINE];
	size_t len = 0;
	ssize_t n;
	char *end;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : fail(e, "%s: %m", path);
	while ((n = read(fd, text + len, sizeof(text) - 1 - len)) > 0) {
		len += (size_t)n;
		while ((end = memchr(text, '\n', len))) {
			*end++ = '\0';
			take_line(text, take, s);
			len -= (size_t)(end - text);
			memmove(text, end, len);
		}
		if (len == sizeof(text) - 1)
			break;
	}
	close(fd);
	if (n != 0)
		return n < 0 ? fail(e, "%s: %m", path)
			     : fail(e, "%s: a line is longer than %d bytes", path, LINE - 2);
	text[len] = '\0';
	take_line(text, take, s);
	return 0;
}

static bool matches(const struct search *s, const char *name, const char *number) {
	unsigned long n;

	if (s->name)
		return strcmp(s->name, name) == 0;
	return is_number(number, &n) && n == s->number;
}

/* name:password:uid:gid:comment:home:shell, passwd(5). The first match counts. */
static void take_user(struct search *s, char *fields[FIELDS]) {
	unsigned long uid, gid;

	if (s->found || !matches(s, fields[0], fields[2]) || !is_number(fields[2], &uid) ||
	    !is_number(fields[3], &gid))
		return;
	s->found = true;
	s->user->uid = (uid_t)uid;
	s->user->gid = (gid_t)gid;
	snprintf(s->login, sizeof(s->login), "%s", fields[0]);
	if (*fields[5] == '/')
		snprintf(s->user->home, sizeof(s->user->home), "%s", fields[5]);
}

/* name:password:gid:member,member, group(5). */
static void take_group(struct search *s, char *fields[FIELDS]) {
	unsigned long gid;

	if (s->found || !matches(s, fields[0], fields[2]) || !is_number(fields[2], &gid))
		return;
	s->found = true;
	s->gid = (gid_t)gid;
}

static void take_membership(struct search *s, char *fields[FIELDS]) {
	struct user *u = s->user;
	unsigned long gid;
	char *member;

	if (!is_number(fields[2], &gid) || gid == u->gid)
		return;
	while ((member = strsep(&fields[3], ",")) && strcmp(member, s->member) != 0)
		;
	if (!member)
		return;
	if (u->groups_count == USER_GROUPS)
		s->too_many = true;
	else
		u->groups[u->groups_count++] = (gid_t)gid;
}

static int find_user(struct user *u, char *login, const char *name, struct error *e) {
	struct search s = { .user = u, .name = name };

	if (is_number(name, &s.number))
		s.name = NULL;
	u->uid = (uid_t)s.number;
	if (read_entries(passwd, take_user, &s, e) < 0)
		return -1;
	if (!s.found && s.name)
		return fail(e, "user '%s' is not in %s", name, passwd);
	memcpy(login, s.login, sizeof(s.login));
	return 0;
}

static int find_group(gid_t *gid, const char *name, struct error *e) {
	struct search s = { .name = name };

	if (is_number(name, &s.number)) {
		*gid = (gid_t)s.number;
		return 0;
	}
	if (read_entries(groups, take_group, &s, e) < 0)
		return -1;
	if (!s.found)
		return fail(e, "group '%s' is not in %s", name, groups);
	*gid = s.gid;
	return 0;
}

static int find_memberships(struct user *u, const char *login, struct error *e) {
	struct search s = { .user = u, .member = login };

	if (!*login)
		return 0;
	if (read_entries(groups, take_membership, &s, e) < 0)
		return -1;
	return s.too_many ? fail(e, "user '%s' is in more than %d groups", login, USER_GROUPS) : 0;
}

int user_find(struct user *u, const char *text, struct error *e) {
	char name[USER_HOME], login[USER_HOME];
	char *group;

	if ((size_t)snprintf(name, sizeof(name), "%s", text) >= sizeof(name))
		return fail(e, "user '%s' is longer than %d bytes", text, USER_HOME - 1);
	group = strchr(name, ':');
	if (group)
		*group++ = '\0';
	if (!*name || (group && !*group))
		return fail(e, "user '%s' is neither a name nor uid[:gid]", text);
	*u = (struct user){ .home = "/" };
	if (find_user(u, login, name, e) < 0)
		return -1;
	return group ? find_group(&u->gid, group, e) : find_memberships(u, login, e);
}

int user_set_groups(struct user *u, const struct config_word *names, struct error *e) {
	u->groups_count = 0;
	for (; names && strcmp(names->text, "none") != 0; names = names->head.next) {
		if (u->groups_count == USER_GROUPS)
			return fail(e, "more than %d groups", USER_GROUPS);
		if (find_group(&u->groups[u->groups_count], names->text, e) < 0)
			return -1;
		u->groups_count++;
	}
	return 0;
}
