/* SPDX-License-Identifier: Apache-2.0 */
#include "config/capability.h"

#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config/suggest.h"

static const char names[][19] = {
	[CAP_CHOWN] = "CHOWN",
	[CAP_DAC_OVERRIDE] = "DAC_OVERRIDE",
	[CAP_DAC_READ_SEARCH] = "DAC_READ_SEARCH",
	[CAP_FOWNER] = "FOWNER",
	[CAP_FSETID] = "FSETID",
	[CAP_KILL] = "KILL",
	[CAP_SETGID] = "SETGID",
	[CAP_SETUID] = "SETUID",
	[CAP_SETPCAP] = "SETPCAP",
	[CAP_LINUX_IMMUTABLE] = "LINUX_IMMUTABLE",
	[CAP_NET_BIND_SERVICE] = "NET_BIND_SERVICE",
	[CAP_NET_BROADCAST] = "NET_BROADCAST",
	[CAP_NET_ADMIN] = "NET_ADMIN",
	[CAP_NET_RAW] = "NET_RAW",
	[CAP_IPC_LOCK] = "IPC_LOCK",
	[CAP_IPC_OWNER] = "IPC_OWNER",
	[CAP_SYS_MODULE] = "SYS_MODULE",
	[CAP_SYS_RAWIO] = "SYS_RAWIO",
	[CAP_SYS_CHROOT] = "SYS_CHROOT",
	[CAP_SYS_PTRACE] = "SYS_PTRACE",
	[CAP_SYS_PACCT] = "SYS_PACCT",
	[CAP_SYS_ADMIN] = "SYS_ADMIN",
	[CAP_SYS_BOOT] = "SYS_BOOT",
	[CAP_SYS_NICE] = "SYS_NICE",
	[CAP_SYS_RESOURCE] = "SYS_RESOURCE",
	[CAP_SYS_TIME] = "SYS_TIME",
	[CAP_SYS_TTY_CONFIG] = "SYS_TTY_CONFIG",
	[CAP_MKNOD] = "MKNOD",
	[CAP_LEASE] = "LEASE",
	[CAP_AUDIT_WRITE] = "AUDIT_WRITE",
	[CAP_AUDIT_CONTROL] = "AUDIT_CONTROL",
	[CAP_SETFCAP] = "SETFCAP",
	[CAP_MAC_OVERRIDE] = "MAC_OVERRIDE",
	[CAP_MAC_ADMIN] = "MAC_ADMIN",
	[CAP_SYSLOG] = "SYSLOG",
	[CAP_WAKE_ALARM] = "WAKE_ALARM",
	[CAP_BLOCK_SUSPEND] = "BLOCK_SUSPEND",
	[CAP_AUDIT_READ] = "AUDIT_READ",
	[CAP_PERFMON] = "PERFMON",
	[CAP_BPF] = "BPF",
	[CAP_CHECKPOINT_RESTORE] = "CHECKPOINT_RESTORE",
};
enum { NAMES = sizeof(names) / sizeof(names[0]) };
_Static_assert(NAMES * sizeof(names[0]) < CAPABILITY_TEXT, "the names of all have to fit");

void capability_text(uint64_t set, char text[static CAPABILITY_TEXT]) {
	size_t len = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < NAMES; i++)
		if (set >> i & 1)
			len += (size_t)snprintf(text + len, CAPABILITY_TEXT - len, "%s%s",
						len ? " " : "", names[i]);
}

static int read_name(const char *word, uint64_t *set, struct error *e) {
	const char *name = strncasecmp(word, "CAP_", 4) == 0 ? word + 4 : word;
	struct suggest s = { .written = name };

	for (unsigned i = 0; i < NAMES; i++) {
		if (strcasecmp(name, names[i]) == 0) {
			*set = UINT64_C(1) << i;
			return 0;
		}
		suggest_try(&s, names[i]);
	}
	return fail(e, "'%s' is not a capability%s", word, suggest_hint(&s));
}

static int read_word(const char *word, uint64_t *set, struct error *e) {
	if (strcasecmp(word, "all") == 0)
		*set = CONFIG_CAPABILITIES_ALL;
	else if (strcasecmp(word, "none") == 0)
		*set = 0;
	else
		return read_name(word, set, e);
	return 0;
}

int capability_parse(const struct schema_key *key, char *text, void *field, struct error *e) {
	struct config_capabilities c = *(struct config_capabilities *)field;
	char *rest = text;
	bool named = false;

	(void)key;
	for (char *word; (word = strtok_r(rest, " \t\n,", &rest)) != NULL; named = true) {
		uint64_t more;

		if (read_word(word, &more, e) < 0)
			return -1;
		if (c.given && (more == 0 || c.set == 0))
			return fail(e, "none stands alone");
		c.set |= more;
		c.given = true;
	}
	if (!named)
		return fail(e, "names no capability; to have no capabilities, say none");
	*(struct config_capabilities *)field = c;
	return 0;
}

void capability_write(const struct schema_key *key, const void *field, struct writer *w) {
	uint64_t set = ((const struct config_capabilities *)field)->set;
	char text[CAPABILITY_TEXT] = "none";

	(void)key;
	if (set == CONFIG_CAPABILITIES_ALL)
		(void)snprintf(text, sizeof(text), "all");
	else if (set)
		capability_text(set, text);
	writer_text(w, text);
}
