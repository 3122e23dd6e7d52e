/* SPDX-License-Identifier: Apache-2.0 */
/* Linux without a C library, for programs that must cost nothing: an entry point that calls
 * begin(the kernel's stack), and system calls. Another machine is another branch below. */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <asm/unistd.h>

void begin(long *stack); /* argc, argv..., NULL, environ..., NULL */

/* struct sigaction as the kernel has it. */
struct raw_action {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

#if defined(__x86_64__)

enum { RAW_RESTORER = 0x04000000 }; /* SA_RESTORER, asm/signal.h */

__asm__(".globl _start\n_start: xor %ebp, %ebp\n mov %rsp, %rdi\n and $-16, %rsp\n call begin\n"
	".globl raw_return\nraw_return: mov $15, %eax\n syscall\n"); /* 15: rt_sigreturn */

static inline long raw_call(long number, long a, long b, long c, long d) {
	register long r10 __asm__("r10") = d;
	long result;
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
			 : "rcx", "r11", "memory");
	return result;
}

#elif defined(__aarch64__)

enum { RAW_RESTORER = 0x04000000 };

__asm__(".globl _start\n_start: mov x0, sp\n bl begin\n"
	".globl raw_return\nraw_return: mov x8, #139\n svc #0\n"); /* 139: rt_sigreturn */

static inline long raw_call(long number, long a, long b, long c, long d) {
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	return x0;
}

#endif

void raw_return(void);

/* clone's fifth argument is only looked at with flags that are not used here. */
static inline long raw_clone(unsigned long flags) {
	return raw_call(__NR_clone, (long)flags, 0, 0, 0);
}

#endif
