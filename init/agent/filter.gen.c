/* SPDX-License-Identifier: Apache-2.0 */
/* Runs at build time and prints the agent's seccomp filter as C. The agent may do what is in the
 * table; anything else is refused with EPERM, so that a libc that tries something newer first goes
 * on with the older way. What only an intruder would try kills the process: PID 1 starts a fresh
 * one, and whatever got hold of the old one has to begin again.
 * Usage: filter.gen [ARCHITECTURE], as libseccomp names them; default: the one it runs on. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { INSTRUCTIONS = 4096 };

static const char *const allowed[] = {
	/* descriptors */
	"read",
	"readv",
	"write",
	"writev",
	"pwritev2",
	"close",
	"close_range",
	"lseek",
	"fcntl",
	"fstat",
	"newfstatat",
	"statx",
	"pipe",
	"pipe2",
	"poll",
	"ppoll",
	"epoll_create1",
	"epoll_ctl",
	"epoll_wait",
	"epoll_pwait",
	/* sockets; which families: see below */
	"connect",
	"bind",
	"getsockname",
	"getpeername",
	"getsockopt",
	"setsockopt",
	"sendto",
	"sendmsg",
	"recvfrom",
	"recvmsg",
	"shutdown",
	/* files: /etc/hosts, /etc/resolv.conf, the file registry */
	"open",
	"openat",
	"unlink",
	"unlinkat",
	"rename",
	"renameat",
	"renameat2",
	"utimensat",
	/* memory; what may be executed: see below */
	"brk",
	"munmap",
	"mremap",
	"madvise",
	/* time */
	"clock_gettime",
	"gettimeofday",
	"nanosleep",
	"clock_nanosleep",
	"setitimer",
	/* itself and its resolver */
	"getpid",
	"getppid",
	"gettid",
	"getuid",
	"geteuid",
	"getgid",
	"getegid",
	"uname",
	"fork",
	"set_tid_address",
	"set_robust_list",
	"rseq",
	"futex",
	"sched_yield",
	"getrandom",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"restart_syscall",
	"wait4",
	"waitid",
	"exit",
	"exit_group",
};

static const char *const fatal[] = {
	"execve",
	"execveat",
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"kcmp",
	"pidfd_getfd",
	"mount",
	"umount2",
	"move_mount",
	"open_tree",
	"fsopen",
	"fsmount",
	"fsconfig",
	"fspick",
	"mount_setattr",
	"pivot_root",
	"chroot",
	"unshare",
	"setns",
	"bpf",
	"perf_event_open",
	"userfaultfd",
	"io_uring_setup",
	"keyctl",
	"add_key",
	"request_key",
	"init_module",
	"finit_module",
	"delete_module",
	"kexec_load",
	"kexec_file_load",
	"reboot",
	"swapon",
	"swapoff",
	"setuid",
	"setgid",
	"setresuid",
	"setresgid",
	"setreuid",
	"setregid",
	"setgroups",
	"capset",
	"mknod",
	"mknodat",
	"open_by_handle_at",
	"modify_ldt",
	"personality",
};

/* Allowed if the argument, masked, is value. fork() is clone(2) on newer architectures, and with
 * the two flags of glibc's; PR_SET_PDEATHSIG is for the resolver, which ends with the agent. */
static const struct {
	const char *name;
	unsigned argument;
	uint64_t mask, value;
} conditional[] = {
	{ "socket", 0, UINT32_MAX, AF_UNIX },
	{ "socket", 0, UINT32_MAX, AF_INET },
	{ "socket", 0, UINT32_MAX, AF_INET6 },
	{ "mmap", 2, PROT_EXEC, 0 },
	{ "mprotect", 2, PROT_EXEC, 0 },
	{ "prctl", 0, UINT32_MAX, PR_SET_PDEATHSIG },
	{ "clone", 0, ~(uint64_t)(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID), SIGCHLD },
};

static _Noreturn void quit(const char *what, int error) {
	fprintf(stderr, "filter.gen: %s: %s\n", what, strerror(error < 0 ? -error : error));
	exit(EXIT_FAILURE);
}

/* A system call that the architecture does not have (open on arm64) needs no rule. */
static void add(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned count,
		const struct scmp_arg_cmp *compare) {
	int number = seccomp_syscall_resolve_name(name);
	int result;

	if (number < 0)
		return;
	result = seccomp_rule_add_array(filter, action, number, count, compare);
	if (result < 0)
		quit(name, result);
}

static void add_all(scmp_filter_ctx filter) {
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		add(filter, SCMP_ACT_ALLOW, allowed[i], 0, NULL);
	for (size_t i = 0; i < sizeof(fatal) / sizeof(*fatal); i++)
		add(filter, SCMP_ACT_KILL_PROCESS, fatal[i], 0, NULL);
	for (size_t i = 0; i < sizeof(conditional) / sizeof(*conditional); i++) {
		struct scmp_arg_cmp compare = { conditional[i].argument, SCMP_CMP_MASKED_EQ,
						conditional[i].mask, conditional[i].value };

		add(filter, SCMP_ACT_ALLOW, conditional[i].name, 1, &compare);
	}
}

static void choose(scmp_filter_ctx filter, const char *name) {
	uint32_t architecture = seccomp_arch_resolve_name(name);
	int result;

	if (!architecture)
		quit(name, EINVAL);
	if (architecture == seccomp_arch_native())
		return;
	result = seccomp_arch_add(filter, architecture);
	if (result == 0)
		result = seccomp_arch_remove(filter, seccomp_arch_native());
	if (result < 0)
		quit(name, result);
}

static void print(scmp_filter_ctx filter) {
	static struct sock_filter code[INSTRUCTIONS];
	int fd = memfd_create("filter", MFD_CLOEXEC);
	int result = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);
	ssize_t size = result < 0 ? result : pread(fd, code, sizeof(code), 0);

	if (size <= 0 || size == sizeof(code))
		quit("export", result < 0 ? result : EFBIG);
	printf("/* Made by init/agent/filter.gen.c. */\n#include \"init/agent/filter.h\"\n\n"
	       "const struct sock_filter agent_filter[] = {\n");
	for (size_t i = 0; i < (size_t)size / sizeof(*code); i++)
		printf("\t{ 0x%02x, %u, %u, 0x%x },\n", code[i].code, code[i].jt, code[i].jf,
		       code[i].k);
	printf("};\n\nconst unsigned short agent_filter_length = %zu;\n",
	       (size_t)size / sizeof(*code));
}

int main(int argc, char *argv[]) {
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));

	if (!filter)
		quit("init", ENOMEM);
	(void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (argc > 1)
		choose(filter, argv[1]);
	add_all(filter);
	print(filter);
	seccomp_release(filter);
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
