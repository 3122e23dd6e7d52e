/* SPDX-License-Identifier: Apache-2.0 */
#include "init/bpf.h"

#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>

#include "config/syscall.h"

enum {
	LOAD = BPF_LD | BPF_W | BPF_ABS,
	GO = BPF_JMP | BPF_JA,
	IF_AT_LEAST = BPF_JMP | BPF_JGE | BPF_K,
	IF_EQUAL = BPF_JMP | BPF_JEQ | BPF_K,
	RETURN = BPF_RET | BPF_K,
	REACH = 250, /* of a condition's jump: 255, and something may come in between */
};

void bpf_from(struct bpf_runs *r, uint32_t number, uint32_t action) {
	if (r->count > 0 && r->run[r->count - 1].first == number)
		r->count--;
	if (r->count > 0 && r->run[r->count - 1].action == action)
		return;
	r->run[r->count++] = (struct bpf_run){ .first = number, .action = action };
}

void bpf_at(struct bpf_runs *r, uint32_t number, uint32_t action, uint32_t other) {
	bpf_from(r, number, action);
	bpf_from(r, number + 1, other);
}

void bpf_append(struct bpf_program *p, const struct sock_filter *code, unsigned count) {
	p->full = p->full || count > BPF_MAXINSNS - p->length;
	if (p->full)
		return;
	memcpy(p->code + p->length, code, count * sizeof(*code));
	p->length += count;
}

void bpf_return(struct bpf_program *p, uint32_t action) {
	const struct sock_filter instruction = { RETURN, 0, 0, action };

	bpf_append(p, &instruction, 1);
}

/* A search is written from its end, at the end of the program's space: then all that a condition
 * can jump to is there already, and equal endings are shared. */
struct writing {
	struct bpf_program *program;
	unsigned top; /* the index of what was written last */
};

static unsigned put(struct writing *w, uint16_t code, uint8_t if_true, uint8_t if_false,
		    uint32_t k) {
	if (w->top == w->program->length)
		w->program->full = true;
	else
		w->program->code[--w->top] = (struct sock_filter){ code, if_true, if_false, k };
	return w->top;
}

static unsigned go(struct writing *w, unsigned target) {
	return put(w, GO, 0, 0, target - w->top);
}

/* Where an action is: at an ending that can be reached from here, or at a new one. */
static unsigned end(struct writing *w, uint32_t action) {
	if (action == BPF_NEXT)
		return BPF_MAXINSNS - w->top <= REACH ? BPF_MAXINSNS : go(w, BPF_MAXINSNS);
	for (unsigned i = w->top; i < BPF_MAXINSNS && i - w->top <= REACH; i++)
		if (w->program->code[i].code == RETURN && w->program->code[i].k == action)
			return i;
	return put(w, RETURN, 0, 0, action);
}

static unsigned search(struct writing *w, const struct bpf_run *run, unsigned count) {
	unsigned half = count / 2, lower, upper;

	if (count == 1)
		return end(w, run->action);
	upper = search(w, run + half, count - half);
	lower = search(w, run, half);
	if (upper - w->top > REACH)
		upper = count == 2 ? end(w, run[half].action) : go(w, upper);
	return put(w, IF_AT_LEAST, (uint8_t)(upper - w->top), (uint8_t)(lower - w->top),
		   run[half].first);
}

void bpf_search(struct bpf_program *p, const struct bpf_runs *r) {
	struct writing w = { .program = p, .top = BPF_MAXINSNS };
	unsigned count;

	if (r->count > 0)
		search(&w, r->run, r->count);
	put(&w, LOAD, 0, 0, offsetof(struct seccomp_data, nr));
	put(&w, RETURN, 0, 0, SECCOMP_RET_KILL_PROCESS);
	put(&w, IF_EQUAL, 1, 0, syscall_architecture);
	put(&w, LOAD, 0, 0, offsetof(struct seccomp_data, arch));
	count = BPF_MAXINSNS - w.top;
	memmove(p->code + p->length, p->code + w.top, count * sizeof(*p->code));
	p->length += count;
}

/* What the accumulator may hold. */
enum { NUMBER = 1, ARCHITECTURE = 2, SOMETHING = 4 };

static unsigned loaded(uint32_t offset) {
	switch (offset) {
	case offsetof(struct seccomp_data, nr):
		return NUMBER;
	case offsetof(struct seccomp_data, arch):
		return ARCHITECTURE;
	default:
		return SOMETHING;
	}
}

static bool holds(const struct sock_filter *i, uint32_t value) {
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return value == i->k;
	case BPF_JGT:
		return value > i->k;
	case BPF_JGE:
		return value >= i->k;
	default:
		return value & i->k;
	}
}

/* Of a condition with what the accumulator may hold: where it may go on. */
static void branch(const struct sock_filter *i, uint8_t *next, unsigned state, uint32_t number) {
	const uint32_t values[] = { [NUMBER] = number, [ARCHITECTURE] = syscall_architecture };

	for (unsigned one = NUMBER; one <= SOMETHING; one <<= 1) {
		if (!(state & one))
			continue;
		if (one == SOMETHING || holds(i, values[one]))
			next[i->jt] |= (uint8_t)one;
		if (one == SOMETHING || !holds(i, values[one]))
			next[i->jf] |= (uint8_t)one;
	}
}

static unsigned verdict(uint32_t action) {
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return BPF_ALLOWS;
	case SECCOMP_RET_LOG:
		return BPF_LOGS;
	default:
		return BPF_DENIES;
	}
}

/* Jumps only go forward, so that one pass sees all there is. The kernel has not looked at the
 * program yet: what leads behind its end leads nowhere. */
unsigned bpf_verdicts(const struct bpf_program *p, uint32_t number) {
	uint8_t reached[BPF_MAXINSNS + UINT8_MAX + 2] = { SOMETHING };
	unsigned verdicts = 0;

	for (unsigned n = 0; n < p->length; n++) {
		const struct sock_filter *i = &p->code[n];
		uint8_t *next = &reached[n + 1];

		if (!reached[n])
			continue;
		if (BPF_CLASS(i->code) == BPF_RET)
			verdicts |= verdict(i->k);
		else if (i->code == LOAD)
			*next |= (uint8_t)loaded(i->k);
		else if (i->code == GO && i->k < p->length - n)
			next[i->k] |= reached[n];
		else if (BPF_CLASS(i->code) == BPF_JMP && i->code != GO)
			branch(i, next, reached[n], number);
		else if (i->code != GO)
			*next |= SOMETHING;
	}
	return verdicts;
}
