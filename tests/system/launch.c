/* SPDX-License-Identifier: Apache-2.0 */
/* Runs one program in namespaces of its own, as a container runtime would, and tells what became of
 * it: launch [OPTION]... -- PROGRAM [ARG]...
 *
 * On the descriptor of --report it writes, one per line,
 *	pid N         the program's process, as seen from out here
 *	exec T        it has been executed, at T ns of CLOCK_MONOTONIC
 *	status N      it has ended; N as from waitpid
 * When the launcher is killed, so is the program, and with it its PID namespace. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct {
	bool second; /* not PID 1 but the second process of its namespace */
	bool mounts; /* /run, /dev/shm and /etc of its own */
	bool read_only; /* all of / but /dev/shm */
	bool no_proc; /* nothing in /proc */
	bool network; /* a network namespace of its own, lo up */
	bool user_namespace; /* root there is root here */
	bool tty; /* stdin is its controlling terminal */
	bool no_new_privs;
	const char *netns; /* a network namespace to enter, by path */
	uint64_t ignore, block; /* signals: bit n-1 is number n */
	uint64_t drop; /* capabilities: bit n is number n */
	unsigned close; /* of the descriptors 0-2 */
	int uid, report;
	int signal, after; /* to be sent so many us after the exec */
} want = { .uid = -1, .report = -1 };

static void must(int result, const char *what) {
	if (result < 0)
		err(125, "launch: %s", what);
}

static void write_file(const char *path, const char *text) {
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	must(fd, path);
	must(write(fd, text, strlen(text)), path);
	close(fd);
}

/* Puts a tmpfs over a directory; what is there is still seen, and can be changed for us alone. */
static void cover(const char *path) {
	char options[256];

	must(mount("tmpfs", "/mnt", "tmpfs", 0, "mode=755"), "mount /mnt");
	must(mkdir("/mnt/upper", 0755), "mkdir upper");
	must(mkdir("/mnt/work", 0755), "mkdir work");
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=/mnt/upper,workdir=/mnt/work",
		 path);
	must(mount("overlay", path, "overlay", 0, options), path);
	must(umount2("/mnt", MNT_DETACH), "umount /mnt");
}

static void own_mounts(void) {
	must(mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777"), "/dev/shm");
	if (want.read_only) {
		must(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "read-only /");
		return;
	}
	cover("/etc");
	must(mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755"), "/run");
}

static void loopback_up(void) {
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	must(ioctl(fd, SIOCSIFFLAGS, &request), "lo up");
	close(fd);
}

static void enter_netns(const char *path) {
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	must(fd, path);
	must(setns(fd, CLONE_NEWNET), path);
	close(fd);
}

static void enter_user_namespace(void) {
	must(unshare(CLONE_NEWUSER), "user namespace");
	write_file("/proc/self/setgroups", "deny");
	write_file("/proc/self/uid_map", "0 0 1");
	write_file("/proc/self/gid_map", "0 0 1");
}

static void enter_namespaces(void) {
	if (want.user_namespace)
		enter_user_namespace();
	if (want.netns)
		enter_netns(want.netns);
	must(unshare(CLONE_NEWNS | CLONE_NEWPID), "namespaces");
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "private mounts");
	if (want.network) {
		must(unshare(CLONE_NEWNET), "network namespace");
		loopback_up();
	}
	if (want.mounts)
		own_mounts();
}

static void mount_proc(void) {
	if (want.no_proc)
		must(mount("tmpfs", "/proc", "tmpfs", MS_RDONLY, NULL), "cover /proc");
	else
		must(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL),
		     "/proc");
}

static void limit_privileges(void) {
	for (int i = 0; i <= CAP_LAST_CAP; i++)
		if (want.drop >> i & 1)
			must(prctl(PR_CAPBSET_DROP, i), "drop capability");
	if (want.no_new_privs)
		must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs");
	if (want.uid >= 0) {
		must(setgroups(0, NULL), "setgroups");
		must(setresgid(want.uid, want.uid, want.uid), "setresgid");
		must(setresuid(want.uid, want.uid, want.uid), "setresuid");
	}
}

/* By raw calls: glibc keeps 32 and 33 to itself, which make passes on ignored. */
static void set_signals(void) {
	struct {
		void (*handler)(int);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} action = { 0 };

	for (int i = 1; i <= 64; i++) {
		action.handler = want.ignore >> (i - 1) & 1 ? SIG_IGN : SIG_DFL;
		(void)syscall(SYS_rt_sigaction, i, &action, NULL, sizeof(action.mask));
	}
	must((int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &want.block, NULL, 8), "mask");
}

/* Where time is what a test is about, others on the machine are not to be: where it may, a process
 * that is to be signalled runs at once. Its children are as others. */
static void hurry(void) {
	struct sched_param first = { .sched_priority = 1 };

	(void)sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first);
}

static void run_program(char **argv) {
	must(setsid(), "setsid");
	if (want.tty)
		must(ioctl(STDIN_FILENO, TIOCSCTTY, 0), "controlling terminal");
	mount_proc();
	limit_privileges();
	must(prctl(PR_SET_PDEATHSIG, SIGKILL), "parent-death signal");
	set_signals();
	for (int i = 0; i < 3; i++)
		if (want.close >> i & 1)
			close(i);
	if (want.signal)
		hurry();
	execvp(argv[0], argv);
	err(125, "launch: %s", argv[0]);
}

/* The first process of a namespace in which the program is to be the second. */
static pid_t start_first(void) {
	pid_t pid = fork();

	must(pid, "fork");
	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGCHLD, SIG_IGN);
	for (;;)
		pause();
}

static long long nanoseconds(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* executed: its other end is closed by the exec. */
static void follow(pid_t child, int executed) {
	struct timespec pause = { .tv_sec = want.after / 1000000,
				  .tv_nsec = want.after % 1000000 * 1000L };
	long long at;
	int status;
	char byte;

	dprintf(want.report, "pid %d\n", child);
	while (read(executed, &byte, 1) < 0 && errno == EINTR)
		;
	at = nanoseconds();
	if (want.signal) {
		nanosleep(&pause, NULL);
		kill(child, want.signal);
	}
	dprintf(want.report, "exec %lld\n", at);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	dprintf(want.report, "status %d\n", status);
}

static uint64_t set_of(const char *numbers, int lowest) {
	uint64_t set = 0;
	char *end;

	for (; *numbers; numbers = *end ? end + 1 : end)
		set |= 1ULL << (((strtol(numbers, &end, 10) - lowest) & 63));
	return set;
}

static void read_signal(char *text) {
	want.signal = (int)strtol(text, &text, 10);
	want.after = *text ? atoi(text + 1) : 0;
}

static void read_options(int argc, char **argv) {
	static const struct option options[] = {
		{ "report", 1, NULL, 'r' },  { "second", 0, NULL, '2' },
		{ "mounts", 0, NULL, 'm' },  { "read-only", 0, NULL, 'o' },
		{ "no-proc", 0, NULL, 'p' }, { "network", 0, NULL, 'n' },
		{ "netns", 1, NULL, 'N' },   { "user-namespace", 0, NULL, 'U' },
		{ "tty", 0, NULL, 't' },     { "no-new-privs", 0, NULL, 'P' },
		{ "ignore", 1, NULL, 'i' },  { "block", 1, NULL, 'b' },
		{ "drop", 1, NULL, 'd' },    { "close", 1, NULL, 'c' },
		{ "user", 1, NULL, 'u' },    { "signal", 1, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};

	for (int c; (c = getopt_long(argc, argv, "+", options, NULL)) >= 0;) {
		switch (c) {
		case 'r':
			want.report = atoi(optarg);
			break;
		case '2':
			want.second = true;
			break;
		case 'm':
			want.mounts = true;
			break;
		case 'o':
			want.mounts = want.read_only = true;
			break;
		case 'p':
			want.no_proc = true;
			break;
		case 'n':
			want.network = true;
			break;
		case 'N':
			want.netns = optarg;
			break;
		case 'U':
			want.user_namespace = true;
			break;
		case 't':
			want.tty = true;
			break;
		case 'P':
			want.no_new_privs = true;
			break;
		case 'i':
			want.ignore = set_of(optarg, 1);
			break;
		case 'b':
			want.block = set_of(optarg, 1);
			break;
		case 'd':
			want.drop = set_of(optarg, 0);
			break;
		case 'c':
			want.close = (unsigned)set_of(optarg, 0);
			break;
		case 'u':
			want.uid = atoi(optarg);
			break;
		case 's':
			read_signal(optarg);
			break;
		default:
			exit(125);
		}
	}
}

int main(int argc, char **argv) {
	int executed[2];
	pid_t first, child;

	read_options(argc, argv);
	must(fcntl(want.report, F_SETFD, FD_CLOEXEC), "--report");
	must(prctl(PR_SET_PDEATHSIG, SIGKILL), "parent-death signal");
	enter_namespaces();
	first = want.second ? start_first() : 0;
	must(pipe2(executed, O_CLOEXEC), "pipe");
	child = fork();
	must(child, "fork");
	if (!child)
		run_program(argv + optind);
	close(executed[1]);
	if (want.signal)
		hurry();
	follow(child, executed[0]);
	if (first)
		kill(first, SIGKILL);
	return 0;
}
