/* SPDX-License-Identifier: Apache-2.0 */
/* A seccomp profile in Docker's format. What is accepted is a program that the kernel would take.
 */
#include <linux/filter.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init/bpf.h"
#include "init/profile/profile.h"

static const struct profile_machine machine = {
	.capabilities = 0xa80425fb, /* Docker's default */
	.kernel = 6,
	.revision = 1,
	.architecture = "amd64",
};

/* What bpf_check_classic and seccomp_check_filter of the kernel look at, as far as it can fail
 * here. */
static void check(const struct bpf_program *p) {
	for (unsigned n = 0; n < p->length; n++) {
		const struct sock_filter *i = &p->code[n];
		uint32_t most = i->code == (BPF_JMP | BPF_JA) ? i->k
				: i->jt > i->jf               ? i->jt
							      : i->jf;

		if (BPF_CLASS(i->code) == BPF_JMP && most >= p->length - n - 1)
			abort();
	}
	if (p->length == 0 || p->code[p->length - 1].code != (BPF_RET | BPF_K))
		abort();
	(void)bpf_verdicts(p, SYS_execve);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	static char text[PROFILE_SIZE + 1];
	static struct bpf_program program;
	struct error e = { 0 };
	int fd = memfd_create("program", MFD_CLOEXEC), result;
	ssize_t written;

	if (size > PROFILE_SIZE)
		size = PROFILE_SIZE;
	memcpy(text, data, size);
	text[size] = '\0';
	result = profile_read(text, size, &machine, fd, &e);
	if ((result < 0) != (e.len > 0))
		abort();
	written = pread(fd, program.code, sizeof(program.code), 0);
	program.length = (unsigned)((size_t)written / sizeof(*program.code));
	if (result == 0 && (size_t)lseek(fd, 0, SEEK_END) <= sizeof(program.code))
		check(&program);
	close(fd);
	return 0;
}
