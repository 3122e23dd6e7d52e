/* SPDX-License-Identifier: Apache-2.0 */
#include "init/holder.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	LISTENS = 0x0a, /* TCP_LISTEN, include/net/tcp_states.h */
	ANY_STATE = 0,
	LINE = 512, /* the tables pad theirs to 150 and 180 bytes */
};

static const struct table {
	const char *name;
	unsigned state;
	const char *paths[2]; /* IPv6 first: a dual-stack socket is there only */
} tables[] = {
	[CONFIG_TCP] = { "tcp", LISTENS, { "/proc/net/tcp", "/proc/net/tcp6" } },
	[CONFIG_UDP] = { "udp", ANY_STATE, { "/proc/net/udp", "/proc/net/udp6" } },
};

/* A row of a table. */
struct row {
	struct config_ip address;
	unsigned long port, state, uid, inode;
};

struct search {
	enum config_protocol protocol;
	uint16_t number;
	const struct config_ip *bind;
	struct row found;
};

/* Looks at a line, which it may change; true: it is the wanted one. */
typedef bool line_taker(char *line, void *context);

const char *holder_protocol(enum config_protocol protocol) {
	return tables[protocol].name;
}

static bool is_any(const struct config_ip *ip) {
	static const uint8_t zero[sizeof(ip->bytes)];

	return memcmp(ip->bytes, zero, sizeof(zero)) == 0;
}

/* Whether both can't be bound: [::] is taken for both families, as it is unless V6ONLY is set. */
static bool overlap(const struct config_ip *a, const struct config_ip *b) {
	if (is_any(a) && is_any(b))
		return true;
	if (is_any(a))
		return a->family != AF_INET || b->family == AF_INET;
	if (is_any(b))
		return b->family != AF_INET || a->family == AF_INET;
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* The kernel prints addresses as words of 32 bits in the machine's order. */
static void read_address(const char *text, struct config_ip *ip) {
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	size_t words = strspn(text, "0123456789ABCDEF") / 8;

	*ip = (struct config_ip){ .family = words == 4 ? AF_INET6 : AF_INET };
	for (size_t i = 0; i < words && i < 4; i++) {
		char digits[9] = "";
		uint32_t word;

		memcpy(digits, text + 8 * i, 8);
		word = (uint32_t)strtoul(digits, NULL, 16);
		memcpy(ip->bytes + 4 * i, &word, sizeof(word));
	}
	if (words != 4 || memcmp(ip->bytes, mapped, sizeof(mapped)) != 0)
		return;
	ip->family = AF_INET;
	memmove(ip->bytes, ip->bytes + 12, 4);
	memset(ip->bytes + 4, 0, 12);
}

/* The first fields of a line; false if there are fewer. */
static bool split(char *line, char *fields[], int count) {
	char *rest = line;

	for (int i = 0; i < count; i++)
		if (!(fields[i] = strtok_r(i ? NULL : line, " ", &rest)))
			return false;
	return true;
}

/* proc(5): "sl: local:port remote:port state queues timer retransmits uid timeout inode ..." */
static bool read_row(char *line, struct row *row) {
	enum { LOCAL = 1, STATE = 3, UID = 7, INODE = 9, FIELDS };
	char *fields[FIELDS], *port;

	if (!split(line, fields, FIELDS))
		return false;
	port = strchr(fields[LOCAL], ':');
	if (!port)
		return false;
	read_address(fields[LOCAL], &row->address);
	row->port = strtoul(port + 1, NULL, 16);
	row->state = strtoul(fields[STATE], NULL, 16);
	row->uid = strtoul(fields[UID], NULL, 10);
	row->inode = strtoul(fields[INODE], NULL, 10);
	return true;
}

static bool is_wanted(char *line, void *context) {
	struct search *search = context;
	const struct row *row = &search->found;
	unsigned state = tables[search->protocol].state;

	return read_row(line, &search->found) && row->port == search->number &&
	       (state == ANY_STATE || row->state == state) && overlap(&row->address, search->bind);
}

/* Takes whole lines off the start of text; what is left is moved to the front. */
static bool take_lines(char *text, size_t *len, line_taker *take, void *context) {
	char *line = text, *end;
	bool found = false;

	while (!found && (end = memchr(line, '\n', *len - (size_t)(line - text)))) {
		*end = '\0';
		found = take(line, context);
		line = end + 1;
	}
	*len -= (size_t)(line - text);
	memmove(text, line, *len);
	return found;
}

/* Calls take for each line of a table until it returns true. */
static bool each_line(const char *path, line_taker *take, void *context) {
	char text[8 * LINE];
	size_t len = 0;
	ssize_t n;
	bool found = false;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	while (!found && len < sizeof(text) && (n = read(fd, text + len, sizeof(text) - len)) > 0) {
		len += (size_t)n;
		found = take_lines(text, &len, take, context);
	}
	close(fd);
	return found;
}

static bool search_tables(struct search *search) {
	const struct table *table = &tables[search->protocol];

	return each_line(table->paths[0], is_wanted, search) ||
	       each_line(table->paths[1], is_wanted, search);
}

typedef bool entry_taker(int directory, const char *name, void *context);

/* Calls take for each entry of a directory until it returns true. opendir would allocate. */
static bool each_entry(int directory, entry_taker *take, void *context) {
	_Alignas(struct dirent) char entries[4096];
	long n;

	while ((n = syscall(SYS_getdents64, directory, entries, sizeof(entries))) > 0)
		for (long at = 0; at < n;) {
			const struct dirent *entry = (const struct dirent *)(entries + at);

			if (take(directory, entry->d_name, context))
				return true;
			at += entry->d_reclen;
		}
	return false;
}

static bool is_link_to(int directory, const char *name, void *context) {
	char target[64];
	ssize_t n = readlinkat(directory, name, target, sizeof(target) - 1);

	if (n < 0)
		return false;
	target[n] = '\0';
	return strcmp(target, context) == 0;
}

struct owner {
	char socket[64]; /* "socket:[12345]" */
	pid_t pid;
};

static bool is_owner(int proc, const char *name, void *context) {
	struct owner *owner = context;
	char path[64];
	bool found;
	int fds;

	if (*name < '1' || *name > '9')
		return false;
	snprintf(path, sizeof(path), "%.20s/fd", name);
	fds = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fds < 0)
		return false;
	found = each_entry(fds, is_link_to, owner->socket);
	close(fds);
	if (found)
		owner->pid = (pid_t)strtol(name, NULL, 10);
	return found;
}

static pid_t find_owner(unsigned long inode) {
	struct owner owner = { .pid = 0 };
	int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (proc < 0)
		return 0;
	snprintf(owner.socket, sizeof(owner.socket), "socket:[%lu]", inode);
	(void)each_entry(proc, is_owner, &owner);
	close(proc);
	return owner.pid;
}

/* A process names itself as it likes: what could disturb a terminal or a log becomes '?'. */
static void read_name(struct holder *holder) {
	char path[32];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/comm", (int)holder->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, holder->name, sizeof(holder->name));
		close(fd);
	}
	holder->name[n > 0 ? n - 1 : 0] = '\0';
	for (char *c = holder->name; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static void identify(struct holder *holder, unsigned long inode) {
	holder->pid = find_owner(inode);
	if (holder->pid)
		read_name(holder);
}

static bool find(struct search *search, struct holder *holder) {
	if (!search_tables(search))
		return false;
	*holder = (struct holder){
		.address = search->found.address,
		.uid = (uid_t)search->found.uid,
	};
	return true;
}

bool holder_find(enum config_protocol protocol, uint16_t number, const struct config_ip *bind,
		 struct holder *holder) {
	struct search search = { .protocol = protocol, .number = number, .bind = bind };

	return find(&search, holder);
}

bool holder_identify(enum config_protocol protocol, uint16_t number, const struct config_ip *bind,
		     struct holder *holder) {
	struct search search = { .protocol = protocol, .number = number, .bind = bind };

	if (!find(&search, holder))
		return false;
	identify(holder, search.found.inode);
	return true;
}

struct unix_search {
	const char *name;
	unsigned long inode;
};

/* "num: references protocol flags type state inode @name", net/unix/af_unix.c */
static bool is_called(char *line, void *context) {
	struct unix_search *search = context;
	enum { INODE = 6, NAME, FIELDS };
	char *fields[FIELDS];

	if (!split(line, fields, FIELDS))
		return false;
	search->inode = strtoul(fields[INODE], NULL, 10);
	return fields[NAME][0] == '@' && strcmp(fields[NAME] + 1, search->name) == 0;
}

void holder_identify_unix(const char *name, struct holder *holder) {
	struct unix_search search = { .name = name };

	holder->pid = 0;
	if (each_line("/proc/net/unix", is_called, &search))
		identify(holder, search.inode);
}
