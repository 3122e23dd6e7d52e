/* SPDX-License-Identifier: Apache-2.0 */
/* What the filters that this runs under say about system calls, without making any. A filter of its
 * own hands those with a mark in their last argument to a thread of its own, which refuses them:
 * but a filter that was there before and denies is stronger, seccomp(2). Prints "NUMBER A B C
 * RESULT" for each line "NUMBER A B C" of stdin, and for all numbers up to 511 with 0: "allowed" or
 * an errno. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	MARK = 0x70696e74,
	REFUSED = EXDEV,
	NUMBERS = 512,
	/* Of x86-64: since Linux 6.14 they are made whatever a filter says, and this is none of the
	 * kernel's trampolines that they are for. */
	URETPROBE = 335,
	UPROBE = 336,
};

static void quit(const char *doing) {
	perror(doing);
	exit(EXIT_FAILURE);
}

static int listen_here(void) {
	static struct sock_filter code[] = {
		{ BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, args[5]) },
		{ BPF_JMP | BPF_JEQ | BPF_K, 0, 1, MARK },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF },
		{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW },
	};
	struct sock_fprog program = { sizeof(code) / sizeof(*code), code };
	int fd;

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	fd = (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			  &program);
	if (fd < 0)
		quit("seccomp");
	return fd;
}

static int listener;
static pthread_mutex_t ready = PTHREAD_MUTEX_INITIALIZER;

static void *refuse(void *nothing) {
	pthread_mutex_lock(&ready);
	for (;;) {
		struct seccomp_notif ask = { 0 };
		struct seccomp_notif_resp answer = { .error = -REFUSED };

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &ask) < 0)
			return nothing;
		answer.id = ask.id;
		(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	}
}

static void probe(long number, unsigned long a, unsigned long b, unsigned long c) {
	long result = syscall(number, a, b, c, 0, 0, MARK);

	printf("%ld %lu %lu %lu ", number, a, b, c);
	if (result == 0)
		quit("not refused");
	if (errno == REFUSED)
		puts("allowed");
	else
		printf("%d\n", errno);
}

int main(void) {
	unsigned long number, a, b, c;
	pthread_t thread;

	pthread_mutex_lock(&ready);
	if (pthread_create(&thread, NULL, refuse, NULL) != 0)
		quit("thread");
	listener = listen_here();
	pthread_mutex_unlock(&ready);
	for (long n = 0; n < NUMBERS; n++)
		if (n != URETPROBE && n != UPROBE)
			probe(n, 0, 0, 0);
	while (scanf("%lu %lu %lu %lu", &number, &a, &b, &c) == 4)
		probe((long)number, a, b, c);
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
