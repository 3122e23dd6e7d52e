/* SPDX-License-Identifier: Apache-2.0 */
/* Runs at build time and prints the built-in profiles as C, [seccomp] profile = default and strict.
 * Both allow what is listed and refuse the rest with EPERM.
 *
 * default is what Docker's default profile allows to a container with Docker's default
 * capabilities, as of 2026 (github.com/moby/profiles, seccomp/default.json), on a kernel since 4.8.
 * Older Dockers allowed io_uring, and all socket families but VSOCK.
 *
 * strict is for a plain server: it listens and connects over TCP, UDP and Unix sockets, has files,
 * threads and children, and may give up rights. It makes no devices and no other file systems'
 * handles, looks into no other process, changes no clock and no scheduling class, has no raw or
 * packet sockets, no other namespaces, no keys, no POSIX message queues, no files without a name to
 * execute. */
#include <errno.h>
#include <linux/audit.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "config/syscall.h"
#include "init/profile/generator.gen.h"

/* In both. Those of other architectures than the one it is made for are passed over. */
static const char plain[] =
	"_llseek _newselect accept accept4 access alarm arch_prctl arm_fadvise64_64 "
	"arm_sync_file_range bind breakpoint brk cacheflush capget capset chdir chmod chown "
	"chown32 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep "
	"clock_nanosleep_time64 close close_range connect copy_file_range creat dup dup2 dup3 "
	"epoll_create epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd "
	"eventfd2 execve execveat exit exit_group faccessat faccessat2 fadvise64 fadvise64_64 "
	"fallocate fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat fcntl fcntl64 "
	"fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstat64 "
	"fstatat64 fstatfs fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue "
	"futex_time64 futex_wait futex_waitv futex_wake futimesat get_robust_list getcpu getcwd "
	"getdents getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups "
	"getgroups32 getitimer getpeername getpgid getpgrp getpid getppid getpriority getrandom "
	"getresgid getresgid32 getresuid getresuid32 getrlimit getrusage getsockname getsockopt "
	"gettid gettimeofday getuid getuid32 getxattr getxattrat inotify_add_watch inotify_init "
	"inotify_init1 inotify_rm_watch io_cancel io_destroy io_getevents io_pgetevents "
	"io_pgetevents_time64 io_setup io_submit ioctl kill landlock_add_rule "
	"landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link linkat "
	"listen listxattr listxattrat llistxattr lremovexattr lseek lsetxattr lstat lstat64 "
	"madvise map_shadow_stack membarrier mkdir mkdirat mlock mlock2 mlockall mmap mmap2 "
	"mprotect mremap mseal msgctl msgget msgrcv msgsnd msync munlock munlockall munmap "
	"nanosleep newfstatat open openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 "
	"poll ppoll ppoll_time64 prctl pread64 preadv preadv2 prlimit64 pselect6 "
	"pselect6_time64 pwrite64 pwritev pwritev2 read readahead readlink readlinkat readv "
	"recv recvfrom recvmmsg recvmmsg_time64 recvmsg removexattr removexattrat rename "
	"renameat renameat2 restart_syscall riscv_flush_icache riscv_hwprobe rmdir rseq "
	"rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend "
	"rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo s390_pci_mmio_read "
	"s390_pci_mmio_write s390_runtime_instr sched_get_priority_max sched_get_priority_min "
	"sched_getaffinity sched_getattr sched_getparam sched_getscheduler "
	"sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_yield "
	"seccomp select semctl semget semop semtimedop semtimedop_time64 send sendfile "
	"sendfile64 sendmmsg sendmsg sendto set_robust_list set_thread_area set_tid_address "
	"set_tls setgid setgid32 setgroups setgroups32 setitimer setpgid setpriority setregid "
	"setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32 setrlimit "
	"setsid setsockopt setuid setuid32 setxattr setxattrat shmat shmctl shmdt shmget "
	"shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn socketpair splice stat "
	"stat64 statfs statfs64 statx swapcontext symlink symlinkat sync_file_range "
	"sync_file_range2 syncfs sysinfo tgkill time timer_create timer_delete timer_getoverrun "
	"timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create "
	"timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill "
	"truncate truncate64 ugetrlimit umask uname unlink unlinkat uretprobe utime utimensat "
	"utimensat_time64 utimes vfork wait4 waitid waitpid write writev";

/* Only in default. */
static const char further[] =
	"adjtimex cachestat chroot clock_adjtime clock_adjtime64 epoll_ctl_old epoll_wait_old "
	"fanotify_mark get_thread_area getsid ioprio_get ioprio_set ipc listmount memfd_create "
	"memfd_secret mincore mknod mknodat modify_ldt mq_getsetattr mq_notify mq_open "
	"mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink "
	"name_to_handle_at pkey_alloc pkey_free pkey_mprotect process_mrelease process_vm_readv "
	"process_vm_writev ptrace remap_file_pages sched_setattr sched_setparam "
	"sched_setscheduler setfsgid setfsgid32 setfsuid setfsuid32 socketcall statmount sync "
	"tee vmsplice";

/* Linux, 32-bit Linux, both with UNAME26, and the question for what it is. */
static const uint32_t personalities[] = { 0, 8, 0x20000, 0x20008, 0xffffffff };

enum { LAST_FAMILY = 45 }; /* AF_MCTP, which an older libc has no name for */

static const struct scmp_arg_cmp families[] = {
	{ 0, SCMP_CMP_LE, LAST_FAMILY, 0 }, { 0, SCMP_CMP_NE, AF_DECnet, 0 },
	{ 0, SCMP_CMP_NE, AF_ECONET, 0 },   { 0, SCMP_CMP_NE, AF_ATMSVC, 0 },
	{ 0, SCMP_CMP_NE, AF_IRDA, 0 },     { 0, SCMP_CMP_NE, AF_WANPIPE, 0 },
	{ 0, SCMP_CMP_NE, AF_ISDN, 0 },     { 0, SCMP_CMP_NE, AF_CAIF, 0 },
	{ 0, SCMP_CMP_NE, AF_ALG, 0 },      { 0, SCMP_CMP_NE, AF_VSOCK, 0 },
};

enum { STREAM = SOCK_STREAM, DATAGRAM = SOCK_DGRAM, TYPE = 0xf /* SOCK_TYPE_MASK */ };

static void allow(const char *names) {
	char copy[sizeof(plain)], *rest = copy;

	snprintf(copy, sizeof(copy), "%s", names);
	for (char *name; (name = strtok_r(rest, " ", &rest));)
		generator_add(name, SCMP_ACT_ALLOW, 0, NULL);
}

/* Without other namespaces. glibc asks clone3 first, whose flags lie in memory that a filter can't
 * see, and falls back if there is none. */
static void add_clone(void) {
	const unsigned where = syscall_architecture == AUDIT_ARCH_S390X ? 1 : 0;
	const struct scmp_arg_cmp flags = { where, SCMP_CMP_MASKED_EQ,
					    CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
						    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
						    CLONE_NEWCGROUP,
					    0 };

	generator_add("clone", SCMP_ACT_ALLOW, 1, &flags);
	generator_add("clone3", SCMP_ACT_ERRNO(ENOSYS), 0, NULL);
}

static void add_personalities(void) {
	for (size_t i = 0; i < GENERATOR_COUNT(personalities); i++) {
		const struct scmp_arg_cmp compare = { 0, SCMP_CMP_EQ, personalities[i], 0 };

		generator_add("personality", SCMP_ACT_ALLOW, 1, &compare);
	}
}

static void add_socket(uint32_t family, unsigned argument, uint32_t mask, uint32_t value) {
	const struct scmp_arg_cmp compare[] = {
		{ 0, SCMP_CMP_EQ, family, 0 },
		{ argument, SCMP_CMP_MASKED_EQ, mask, value },
	};

	generator_add("socket", SCMP_ACT_ALLOW, 2, compare);
}

static void begin(void) {
	generator_begin(SCMP_ACT_ERRNO(EPERM));
	allow(plain);
	add_clone();
}

static void print_default(void) {
	begin();
	allow(further);
	add_personalities();
	generator_add("socket", SCMP_ACT_ALLOW, GENERATOR_COUNT(families), families);
	generator_print("builtin_default");
}

/* Through NETLINK_ROUTE a resolver finds out which families it has addresses of. */
static void print_strict(void) {
	begin();
	add_socket(AF_UNIX, 1, 0, 0);
	add_socket(AF_INET, 1, TYPE, STREAM);
	add_socket(AF_INET, 1, TYPE, DATAGRAM);
	add_socket(AF_INET6, 1, TYPE, STREAM);
	add_socket(AF_INET6, 1, TYPE, DATAGRAM);
	add_socket(AF_NETLINK, 2, UINT32_MAX, 0);
	generator_print("builtin_strict");
}

int main(void) {
	printf("/* Made by init/profile/builtin.gen.c. */\n#include \"init/profile/builtin.h\"\n");
	print_default();
	print_strict();
	return fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
