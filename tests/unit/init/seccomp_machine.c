/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/init/seccomp_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static uint32_t load(const struct seccomp_data *data, uint32_t offset) {
	uint32_t word;

	assert_true(offset % sizeof(word) == 0 && offset < sizeof(*data));
	memcpy(&word, (const char *)data + offset, sizeof(word));
	return word;
}

static size_t jump(const struct sock_filter *i, uint32_t a) {
	switch (i->code) {
	case BPF_JMP | BPF_JA:
		return i->k;
	case BPF_JMP | BPF_JEQ | BPF_K:
		return a == i->k ? i->jt : i->jf;
	case BPF_JMP | BPF_JGT | BPF_K:
		return a > i->k ? i->jt : i->jf;
	case BPF_JMP | BPF_JGE | BPF_K:
		return a >= i->k ? i->jt : i->jf;
	case BPF_JMP | BPF_JSET | BPF_K:
		return a & i->k ? i->jt : i->jf;
	default:
		fail_msg("jump 0x%x", i->code);
		return 0;
	}
}

uint32_t seccomp_machine_run(const struct sock_filter *code, size_t length,
			     const struct seccomp_data *data) {
	uint32_t a = 0;

	assert_true(length > 0 && length <= BPF_MAXINSNS);
	assert_int_equal(code[length - 1].code, BPF_RET | BPF_K);
	for (size_t n = 0; n < length; n++) {
		const struct sock_filter *i = &code[n];

		if (i->code == (BPF_RET | BPF_K))
			return i->k;
		if (i->code == (BPF_LD | BPF_W | BPF_ABS))
			a = load(data, i->k);
		else if (i->code == (BPF_ALU | BPF_AND | BPF_K))
			a &= i->k;
		else
			n += jump(i, a);
	}
	fail_msg("the program goes on behind its end");
	return 0;
}
