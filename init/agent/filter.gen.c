/* SPDX-License-Identifier: Apache-2.0 */
/* Runs at build time and prints the agent's seccomp filter as C. The agent may do what is in the
 * table; anything else is refused with EPERM, so that a libc that tries something newer first goes
 * on with the older way. What only an intruder would try kills the process: PID 1 starts a fresh
 * one, and whatever got hold of the old one has to begin again. */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "init/profile/generator.gen.h"

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
	"accept4",
	/* files: /etc/hosts, /etc/resolv.conf, the file registry */
	"open",
	"openat",
	"unlink",
	"unlinkat",
	"rename",
	"renameat",
	"renameat2",
	"utimensat",
	"getdents64",
	"inotify_init1",
	"inotify_add_watch",
	"memfd_create",
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

/* fork() is clone(2) on newer architectures, and with the two flags of glibc's; PR_SET_PDEATHSIG is
 * for the resolver, which ends with the agent. */
static const struct generator_condition conditional[] = {
	{ "socket", 0, UINT32_MAX, AF_UNIX },
	{ "socket", 0, UINT32_MAX, AF_INET },
	{ "socket", 0, UINT32_MAX, AF_INET6 },
	{ "mmap", 2, PROT_EXEC, 0 },
	{ "mprotect", 2, PROT_EXEC, 0 },
	{ "prctl", 0, UINT32_MAX, PR_SET_PDEATHSIG },
	{ "clone", 0, ~(uint64_t)(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID), SIGCHLD },
};

int main(void) {
	printf("/* Made by init/agent/filter.gen.c. */\n#include \"init/agent/filter.h\"\n");
	generator_begin(SCMP_ACT_ERRNO(EPERM));
	generator_add_all(allowed, GENERATOR_COUNT(allowed), SCMP_ACT_ALLOW);
	generator_add_all(fatal, GENERATOR_COUNT(fatal), SCMP_ACT_KILL_PROCESS);
	generator_add_conditions(conditional, GENERATOR_COUNT(conditional));
	generator_print("agent_filter");
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
