/* SPDX-License-Identifier: Apache-2.0 */
#include "netcfg/etc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "config/follow.h"
#include "config/ip.h"
#include "config/memory.h"

static const char begin[] = "# pintle: begin";
static const char end[] = "# pintle: end";
static const char instead[] = "# pintle: instead of: ";
static const char docker[] = "127.0.0.11"; /* its own name server on the networks of a user */

/* ---- what is there ---- */

struct piece {
	const char *at;
	size_t len;
};

static void skip(struct piece *p, size_t len) {
	p->at += len;
	p->len -= len;
}

static bool is(const struct piece *p, const char *text) {
	return p->len == strlen(text) && !memcmp(p->at, text, p->len);
}

static bool next_line(struct piece *rest, struct piece *line) {
	const char *stop = memchr(rest->at, '\n', rest->len);
	*line = *rest;
	if (stop)
		line->len = (size_t)(stop - rest->at);
	skip(rest, line->len + (stop != NULL));
	return line->len || stop;
}

/* A block without its end was not written by us: only its first line is left out. */
static void skip_block(struct piece *rest) {
	struct piece ahead = *rest, line;
	while (next_line(&ahead, &line))
		if (is(&line, end)) {
			*rest = ahead;
			return;
		}
}

/* The next line as others have written it. */
static bool next_foreign(struct piece *rest, struct piece *line) {
	const size_t mark = sizeof instead - 1;
	while (next_line(rest, line)) {
		while (line->len >= mark && !memcmp(line->at, instead, mark))
			skip(line, mark);
		if (is(line, begin))
			skip_block(rest);
		else if (!is(line, end))
			return true;
	}
	return false;
}

/* Up to a comment. */
static bool next_word(struct piece *line, struct piece *word) {
	while (line->len && strchr(" \t\r", *line->at))
		skip(line, 1);
	*word = (struct piece){ line->at, 0 };
	while (word->len < line->len && !strchr(" \t\r#;", word->at[word->len]))
		word->len++;
	skip(line, word->len);
	return word->len > 0;
}

/* ---- what is to be there ---- */

struct text {
	char *bytes;
	size_t len; /* beyond NET_ETC_SIZE it only counts */
};

static void put(struct text *t, const char *bytes, size_t len) {
	if (t->len + len <= NET_ETC_SIZE)
		memcpy(t->bytes + t->len, bytes, len);
	t->len += len;
}

static void put_text(struct text *t, const char *text) {
	put(t, text, strlen(text));
}

static void put_mark(struct text *t, const char *mark) {
	put_text(t, mark);
	put_text(t, "\n");
}

static void put_foreign(struct text *t, const struct piece *line, bool superseded) {
	if (superseded)
		put_text(t, instead);
	put(t, line->at, line->len);
	put_text(t, "\n");
}

static bool is_host(const struct config *c, const struct piece *name) {
	for (const struct config_pair *h = c->hosts.list; h; h = h->head.next)
		if (name->len == strlen(h->key) && !strncasecmp(name->at, h->key, name->len))
			return true;
	return false;
}

/* A line that is about hosts of ours alone: --add-host, or an earlier image. */
static bool is_about_ours(const struct config *c, struct piece line) {
	struct piece word;
	bool any = false;
	if (!next_word(&line, &word))
		return false;
	for (; next_word(&line, &word); any = true)
		if (!is_host(c, &word))
			return false;
	return any;
}

static void put_host(struct text *t, const char *ip, const char *name) {
	put_text(t, ip);
	put_text(t, "\t");
	put_mark(t, name);
}

/* All of one family: who asks for any gets some of what may be tried in turn. */
static void put_members(struct text *t, const struct config_members *m, const char *name) {
	char ip[IP_TEXT];
	unsigned lines = 0;
	for (unsigned i = 0; i < m->count && lines < NET_ETC_MEMBERS; i++) {
		if (m->items[i].ip.family != m->items[0].ip.family)
			continue;
		put_host(t, ip_text(&m->items[i].ip, ip), name);
		lines++;
	}
}

/* Ours come first: who asks gets the first that fits. */
size_t net_etc_hosts(const struct config *c, const char *old, size_t len,
		     char text[static NET_ETC_SIZE]) {
	struct piece rest = { old, len }, line;
	struct text t = { .bytes = text };
	put_mark(&t, begin);
	for (const struct config_pair *h = c->hosts.list; h; h = h->head.next) {
		const struct config_members *m = follow_members(c, h->value);
		if (m)
			put_members(&t, m, h->key);
		else
			put_host(&t, h->value, h->key);
	}
	if (t.len == sizeof begin)
		t.len = 0; /* no service is known yet */
	else
		put_mark(&t, end);
	while (next_foreign(&rest, &line))
		put_foreign(&t, &line, is_about_ours(c, line));
	return t.len;
}

static bool keeps_docker(const struct config *c, const char *old, size_t len) {
	struct piece rest = { old, len }, line, word;
	while (!c->dns.force && c->dns.nameservers && next_foreign(&rest, &line))
		if (next_word(&line, &word) && is(&word, "nameserver") && next_word(&line, &word) &&
		    is(&word, docker))
			return true;
	return false;
}

static void put_words(struct text *t, const char *key, const struct config_word *w) {
	if (!w)
		return;
	put_text(t, key);
	for (; w; w = w->head.next) {
		put_text(t, " ");
		put_text(t, w->text);
	}
	put_text(t, "\n");
}

/* Of resolv.conf(5) the last options count, and one search or domain. */
size_t net_etc_resolver(const struct config *c, const char *old, size_t len,
			char text[static NET_ETC_SIZE]) {
	bool servers = c->dns.nameservers && !keeps_docker(c, old, len);
	struct piece rest = { old, len }, line, word;
	struct text t = { .bytes = text };
	char ip[IP_TEXT];
	while (next_foreign(&rest, &line)) {
		struct piece words = line;
		(void)next_word(&words, &word);
		put_foreign(
			&t, &line,
			(servers && is(&word, "nameserver")) ||
				(c->dns.search && (is(&word, "search") || is(&word, "domain"))));
	}
	put_mark(&t, begin);
	for (const struct config_neighbour *n = servers ? c->dns.nameservers : NULL; n;
	     n = n->head.next) {
		put_text(&t, "nameserver ");
		put_mark(&t, ip_text(&n->vtep, ip));
	}
	put_words(&t, "search", c->dns.search);
	put_words(&t, "options", c->dns.options);
	put_mark(&t, end);
	return t.len;
}

static size_t put_name(const struct config *c, const char *old, size_t len,
		       char text[static NET_ETC_SIZE]) {
	struct text t = { .bytes = text };
	(void)old;
	(void)len;
	put_mark(&t, c->host.name);
	return t.len;
}

/* ---- the files ---- */

static MEMORY_BULK struct { char old[NET_ETC_SIZE], new[NET_ETC_SIZE]; } work;

/* One that is not there is empty. */
static ssize_t read_file(const char *path) {
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : read(fd, work.old, sizeof work.old);
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	(void)close(fd);
	return n;
}

/* In one write, so that nobody ever reads half of it; rename(2) is refused on a mount. */
static int write_file(const char *path, size_t len) {
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
	if (fd < 0)
		return -1;
	bool written = write(fd, work.new, len) == (ssize_t)len && ftruncate(fd, (off_t)len) == 0;
	int error = errno;
	(void)close(fd);
	errno = error;
	return written ? 0 : -1;
}

/* option: of docker run, to the same end. */
static int bring(const char *path,
		 size_t compose(const struct config *, const char *, size_t, char *),
		 const struct config *c, bool may_write, const char *option, struct error *e) {
	ssize_t was = read_file(path);
	if (was < 0)
		return fail(e, "%s: %m", path);
	size_t len = compose(c, work.old, (size_t)was, work.new);
	if (was == NET_ETC_SIZE || len > NET_ETC_SIZE)
		return fail(e, "%s: more than %d bytes", path, NET_ETC_SIZE);
	if (len == (size_t)was && !memcmp(work.old, work.new, len))
		return 0;
	if (!may_write)
		return fail(e, "%s is not as configured", path);
	return write_file(path, len) < 0 ? fail(e, "%s: %m; docker: %s", path, option) : 0;
}

static int bring_name(const struct config *c, bool may_write, struct error *e) {
	const char *name = c->host.name;
	char is[CONFIG_HOST_NAME + 1] = "";
	(void)gethostname(is, sizeof is - 1);
	if (strcmp(is, name) != 0) {
		if (!may_write)
			return fail(e, "the host's name is %s, wanted %s", is, name);
		if (sethostname(name, strlen(name)) < 0)
			return fail(e, "host name %s: %m; docker: --hostname %s", name, name);
	}
	return bring("/etc/hostname", put_name, c, may_write, "--hostname", e);
}

int net_etc_hosts_again(const struct config *c, bool may_write, struct error *e) {
	return bring("/etc/hosts", net_etc_hosts, c, may_write, "--add-host", e);
}

int net_etc(const struct config *c, bool may_write, struct error *odd, struct error *e) {
	const struct config_dns *dns = &c->dns;
	int result = 0;
	if (c->hosts.list)
		result |= net_etc_hosts_again(c, may_write, e);
	if (dns->nameservers || dns->search || dns->options) {
		result |= bring("/etc/resolv.conf", net_etc_resolver, c, may_write, "--dns", e);
		ssize_t len = read_file("/etc/resolv.conf");
		if (len > 0 && keeps_docker(c, work.old, (size_t)len))
			(void)fail(odd,
				   "/etc/resolv.conf: [dns] nameserver: left out, as Docker's "
				   "own %s is there; 'force = yes' replaces it",
				   docker);
	}
	if (c->host.name)
		result |= bring_name(c, may_write, e);
	return result;
}
