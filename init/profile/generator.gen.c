/* SPDX-License-Identifier: Apache-2.0 */
#include "init/profile/generator.gen.h"

#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/syscall.h"
#include "init/profile/rules.h"

static struct error failure;

static void must(int result) {
	if (result >= 0)
		return;
	fprintf(stderr, "generator: %s\n", failure.text);
	exit(EXIT_FAILURE);
}

void generator_begin(uint32_t otherwise) {
	rules_begin(otherwise);
}

void generator_add(const char *name, uint32_t action, unsigned count,
		   const struct scmp_arg_cmp *compare) {
	int number = syscall_find(name);

	if (number == SYSCALL_UNKNOWN)
		must(fail(&failure, "no architecture has %s", name));
	if (number >= 0)
		must(rules_add(number, action, count, compare, &failure));
}

void generator_add_all(const char *const *names, size_t count, uint32_t action) {
	for (size_t i = 0; i < count; i++)
		generator_add(names[i], action, 0, NULL);
}

void generator_add_conditions(const struct generator_condition *c, size_t count) {
	for (; count > 0; c++, count--) {
		const struct scmp_arg_cmp compare = { c->argument, SCMP_CMP_MASKED_EQ, c->mask,
						      c->value };

		generator_add(c->name, SCMP_ACT_ALLOW, 1, &compare);
	}
}

void generator_print(const char *name) {
	static struct sock_filter code[BPF_MAXINSNS];
	int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t size;

	must(rules_write(fd, &failure));
	size = pread(fd, code, sizeof(code), 0);
	if (size <= 0 || size == sizeof(code))
		must(fail(&failure, "%s is empty or too long", name));
	printf("\nconst struct sock_filter %s[] = {\n", name);
	for (size_t i = 0; i < (size_t)size / sizeof(*code); i++)
		printf("\t{ 0x%02x, %u, %u, 0x%x },\n", code[i].code, code[i].jt, code[i].jf,
		       code[i].k);
	printf("};\nconst unsigned short %s_length = %zu;\n", name, (size_t)size / sizeof(*code));
	close(fd);
}
