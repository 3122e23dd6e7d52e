/* SPDX-License-Identifier: Apache-2.0 */
#include <linux/audit.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "config/capability.h"
#include "config/syscall.h"
#include "init/profile/profile.h"

/* As Go names them, and so does Docker. */
static const struct {
	uint32_t audit;
	char name[8];
} architectures[] = {
	{ AUDIT_ARCH_X86_64, "amd64" },    { AUDIT_ARCH_AARCH64, "arm64" },
	{ AUDIT_ARCH_ARM, "arm" },         { AUDIT_ARCH_I386, "x86" },
	{ AUDIT_ARCH_RISCV64, "riscv64" }, { AUDIT_ARCH_PPC64LE, "ppc64le" },
	{ AUDIT_ARCH_S390X, "s390x" },     { AUDIT_ARCH_LOONGARCH64, "loong64" },
};

/* Returns what stands behind the version, NULL if it is none. */
static const char *read_version(const char *text, unsigned *kernel, unsigned *revision) {
	char *dot, *end;

	*kernel = (unsigned)strtoul(text, &dot, 10);
	if (dot == text || *dot != '.')
		return NULL;
	*revision = (unsigned)strtoul(dot + 1, &end, 10);
	return end == dot + 1 ? NULL : end;
}

struct profile_machine profile_machine(uint64_t had) {
	struct profile_machine m = { .capabilities = had, .architecture = "" };
	struct utsname u;

	if (uname(&u) == 0)
		(void)read_version(u.release, &m.kernel, &m.revision);
	for (size_t i = 0; i < sizeof(architectures) / sizeof(*architectures); i++)
		if (architectures[i].audit == syscall_architecture)
			m.architecture = architectures[i].name;
	return m;
}

int profile_has_capability(const struct profile_machine *m, const char *name) {
	struct config_capabilities c = { 0 };
	char text[CAPABILITY_TEXT];

	(void)snprintf(text, sizeof(text), "%s", name);
	if (strncmp(name, "CAP_", 4) != 0 || capability_parse(NULL, text, &c, NULL) < 0)
		return 0;
	return (m->capabilities & c.set) != 0;
}

int profile_is_since(const struct profile_machine *m, const char *version) {
	unsigned kernel, revision;
	const char *end = read_version(version, &kernel, &revision);

	if (!end || *end)
		return -1;
	return m->kernel > kernel || (m->kernel == kernel && m->revision >= revision);
}
