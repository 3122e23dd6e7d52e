/* SPDX-License-Identifier: Apache-2.0 */
/* Programs for seccomp(2): a search among system call numbers is written here, and what a finished
 * program says about a number is found out. What depends on arguments is written in
 * init/profile/rules.c. Pure; the generators of built-in filters use it too. */
#ifndef INIT_BPF_H
#define INIT_BPF_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	BPF_RUNS = 1024,
	BPF_NEXT = 1, /* instead of an action: what follows the search decides */
	BPF_FOREIGN_ABI = 0x40000000, /* __X32_SYSCALL_BIT; no other has numbers from there on */
};

/* Zeroed at first. */
struct bpf_program {
	unsigned length;
	bool full; /* something did not fit, BPF_MAXINSNS: it can't be used */
	struct sock_filter code[BPF_MAXINSNS];
};

/* The system calls from one number on, up to the next run, which meet the same action,
 * SECCOMP_RET_*. */
struct bpf_run {
	uint32_t first;
	uint32_t action;
};

/* Zeroed at first; the first run begins at 0. BPF_RUNS are enough for every second number of the
 * longest table. */
struct bpf_runs {
	unsigned count;
	struct bpf_run run[BPF_RUNS];
};

/* From this number on, which is not lower than any before. */
void bpf_from(struct bpf_runs *, uint32_t number, uint32_t action);
/* This number only; what comes after it meets the other action. */
void bpf_at(struct bpf_runs *, uint32_t number, uint32_t action, uint32_t other);

void bpf_append(struct bpf_program *, const struct sock_filter *, unsigned count);
void bpf_return(struct bpf_program *, uint32_t action);

/* Appends the search. What is not of this architecture is killed: its numbers mean something
 * else. */
void bpf_search(struct bpf_program *, const struct bpf_runs *);

/* What a program does to a system call, as its arguments may be: */
enum { BPF_ALLOWS = 1, BPF_LOGS = 2, BPF_DENIES = 4 };
unsigned bpf_verdicts(const struct bpf_program *, uint32_t number);

#endif
