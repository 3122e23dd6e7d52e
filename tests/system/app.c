/* SPDX-License-Identifier: Apache-2.0 */
/* An application that does what a test tells it: app STEP..., one after the other, exit 0 after the
 * last.
 *	say=TEXT            print a line
 *	report              print what it was started with, as JSON
 *	trap                from now on print "signal N" for each signal (all of 1-64 that can be)
 *	quit=N,CODE,MS      trap, and at signal N: sleep MS, print "done", exit CODE
 *	sleep=MS, pause     wait, for ever with pause
 *	exit=CODE, die=N    end, by a signal with die
 *	stop                stop itself, as SIGSTOP does
 *	ignore=N            ignore a signal
 *	setsid              a session of its own
 *	orphans=N,MS        leave N processes behind, each of which ends after MS
 *	zombies=N           N children that end at once and are not waited for
 *	child ... end       a child does what stands between; "daemon ... end": it is an orphan
 *	listen=PORT         bind and listen; "listen=PORT_WEB": the number is that variable's
 *	touch=PATH          make a file
 *	foreground          print whether it is in the terminal's foreground
 *	eat=MB              take so much memory
 *	headless            end the first thread; the rest is done by another one
 *	root                become root in all respects, from a program with the set-user-ID bit
 *
 * Signals are blocked and waited for, not handled: none is lost, and real-time ones queue. */
#include <arpa/inet.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct { int signal, code, ms; } quit;

/* ---- signals: raw calls, since glibc keeps 32 and 33 to itself ---- */

static void trap(void) {
	uint64_t all = ~0ULL;

	if (syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, NULL, 8))
		err(1, "trap");
}

static void rest(int ms) {
	struct timespec pause = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&pause, NULL);
}

static void take(int number) {
	printf("signal %d\n", number);
	if (number != quit.signal)
		return;
	rest(quit.ms);
	puts("done");
	exit(quit.code);
}

static int64_t now_ms(void) {
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Waits for ms, for ever if negative, and takes signals meanwhile if they are trapped. */
static void wait_for(int ms) {
	uint64_t mask, all;
	int64_t end = now_ms() + ms;

	syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, 8);
	all = mask & ~(1ULL << (SIGCHLD - 1));
	for (;;) {
		int64_t left = ms < 0 ? 3600000 : end - now_ms();
		struct timespec time = { left / 1000, left % 1000 * 1000000L };
		int number;

		if (left < 0)
			return;
		number = (int)syscall(SYS_rt_sigtimedwait, &all, NULL, &time, 8);
		if (number > 0)
			take(number);
		else if (errno == EAGAIN)
			return;
	}
}

/* ---- report ---- */

static void text(const char *s) {
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\' || (unsigned char)*s < 32)
			printf("\\u%04x", (unsigned char)*s);
		else
			putchar(*s);
	}
	putchar('"');
}

static void list(const char *name, char **items) {
	printf(", \"%s\": [", name);
	for (char **item = items; *item; item++) {
		fputs(item == items ? "" : ", ", stdout);
		text(*item);
	}
	putchar(']');
}

/* Numbers of 1-64 in a mask of /proc/self/status. */
static void mask(const char *name, const char *hex) {
	uint64_t bits = strtoull(hex, NULL, 16);
	const char *comma = "";

	printf(", \"%s\": [", name);
	for (int i = 1; i <= 64; i++)
		if (bits >> (i - 1) & 1) {
			printf("%s%d", comma, i);
			comma = ", ";
		}
	putchar(']');
}

static void status(void) {
	static const struct {
		const char *label, *name;
		bool set;
	} rows[] = {
		{ "SigBlk:", "blocked", true },
		{ "SigIgn:", "ignored", true },
		{ "SigCgt:", "caught", true },
		{ "CapEff:", "effective", false },
		{ "CapPrm:", "permitted", false },
		{ "CapBnd:", "bounding", false },
		{ "CapAmb:", "ambient", false },
		{ "CapInh:", "inheritable", false },
		{ "NoNewPrivs:", "no_new_privs", false },
		{ "Seccomp:", "seccomp", false },
	};
	FILE *file = fopen("/proc/self/status", "re");
	char line[512];

	while (file && fgets(line, sizeof(line), file))
		for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			size_t length = strlen(rows[i].label);

			if (strncmp(line, rows[i].label, length))
				continue;
			if (rows[i].set)
				mask(rows[i].name, line + length);
			else
				printf(", \"%s\": %llu", rows[i].name,
				       strtoull(line + length, NULL, 16));
		}
	if (file)
		fclose(file);
}

static void descriptors(void) {
	const char *comma = "";

	printf(", \"fds\": [");
	for (int i = 0; i < 1024; i++)
		if (fcntl(i, F_GETFD) >= 0) {
			printf("%s%d", comma, i);
			comma = ", ";
		}
	putchar(']');
}

static void limits(void) {
	printf(", \"limits\": [");
	for (int i = 0; i < RLIMIT_NLIMITS; i++) {
		struct rlimit limit = { 0 };

		getrlimit(i, &limit);
		printf("%s[%lld, %lld]", i ? ", " : "", (long long)limit.rlim_cur,
		       (long long)limit.rlim_max);
	}
	putchar(']');
}

static void groups(void) {
	gid_t ids[256];
	int count = getgroups(256, ids);

	printf(", \"groups\": [");
	for (int i = 0; i < count; i++)
		printf("%s%u", i ? ", " : "", ids[i]);
	putchar(']');
}

static void report(char **argv) {
	char directory[4096] = "";
	mode_t mask_of_files = umask(0);

	umask(mask_of_files);
	if (!getcwd(directory, sizeof(directory)))
		strcpy(directory, "?");
	printf("{\"pid\": %d, \"ppid\": %d, \"pgid\": %d, \"sid\": %d, \"foreground\": %d",
	       getpid(), getppid(), getpgrp(), getsid(0), tcgetpgrp(0));
	printf(", \"uid\": %u, \"gid\": %u, \"umask\": %u, \"cwd\": ", getuid(), getgid(),
	       (unsigned)mask_of_files);
	text(directory);
	printf(", \"euid\": %u, \"egid\": %u, \"securebits\": %d", geteuid(), getegid(),
	       prctl(PR_GET_SECUREBITS));
	descriptors();
	status();
	groups();
	limits();
	list("argv", argv);
	list("env", environ);
	puts("}");
}

/* ---- processes ---- */

static void orphans(int count, int ms) {
	for (int i = 0; i < count; i++) {
		int status;
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (!pid) {
			if (fork() == 0)
				rest(ms);
			_exit(0);
		}
		waitpid(pid, &status, 0);
	}
}

static void zombies(int count) {
	while (count-- > 0)
		if (fork() == 0)
			_exit(0);
}

/* Where the steps of a child or daemon end. */
static char **after_end(char **step) {
	int depth = 1;

	for (; *step && depth; step++) {
		if (!strcmp(*step, "child") || !strcmp(*step, "daemon"))
			depth++;
		else if (!strcmp(*step, "end"))
			depth--;
	}
	return step;
}

static pid_t fork_daemon(void) {
	int status;
	pid_t pid = fork();

	if (pid) {
		waitpid(pid, &status, 0);
		return pid;
	}
	if (fork())
		_exit(0);
	return 0;
}

static void listen_on(const char *where) {
	const char *number = getenv(where) ? getenv(where) : where;
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(number)) };
	int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 16))
		err(1, "listen %s", number);
	printf("listening on %s\n", number);
}

static void die(int number) {
	struct rlimit none = { 0 };

	setrlimit(RLIMIT_CORE, &none);
	kill(getpid(), number);
}

static void eat(int megabytes) {
	size_t size = (size_t)megabytes << 20;
	char *memory = malloc(size);

	if (!memory)
		err(1, "eat");
	memset(memory, 1, size);
	__asm__ volatile("" : : "r"(memory) : "memory");
}

static void must_be_root(void) {
	if (setresuid(0, 0, 0))
		err(1, "root");
}

static char **rest_of_steps;

static void run_steps(char **step, char **argv);

static void *other_thread(void *argv) {
	run_steps(rest_of_steps, argv);
	exit(0);
}

static void headless(char **step, char **argv) {
	pthread_t thread;

	rest_of_steps = step;
	if (pthread_create(&thread, NULL, other_thread, argv))
		errx(1, "headless");
	syscall(SYS_exit, 0);
}

/* ---- the steps ---- */

static int argument(const char *step, int which) {
	const char *at = strchr(step, '=');

	for (; at && which-- > 0;)
		at = strchr(at + 1, ',');
	return at ? atoi(at + 1) : 0;
}

static bool is(const char *step, const char *name) {
	size_t length = strlen(name);

	return !strncmp(step, name, length) && (!step[length] || step[length] == '=');
}

static void do_step(const char *step, char **argv) {
	const char *value = strchr(step, '=') ? strchr(step, '=') + 1 : "";

	if (is(step, "say"))
		puts(value);
	else if (is(step, "report"))
		report(argv);
	else if (is(step, "trap"))
		trap();
	else if (is(step, "sleep"))
		wait_for(argument(step, 0));
	else if (is(step, "pause"))
		wait_for(-1);
	else if (is(step, "exit"))
		exit(argument(step, 0));
	else if (is(step, "die"))
		die(argument(step, 0));
	else if (is(step, "stop"))
		kill(getpid(), SIGSTOP);
	else if (is(step, "ignore"))
		signal(argument(step, 0), SIG_IGN);
	else if (is(step, "setsid"))
		setsid();
	else if (is(step, "orphans"))
		orphans(argument(step, 0), argument(step, 1));
	else if (is(step, "zombies"))
		zombies(argument(step, 0));
	else if (is(step, "listen"))
		listen_on(value);
	else if (is(step, "touch"))
		close(open(value, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	else if (is(step, "eat"))
		eat(argument(step, 0));
	else if (is(step, "root"))
		must_be_root();
	else if (is(step, "foreground"))
		printf("foreground %s\n", tcgetpgrp(0) == getpgrp() ? "yes" : "no");
	else
		errx(2, "no such step: %s", step);
}

static void set_quit(const char *step) {
	trap();
	quit.signal = argument(step, 0);
	quit.code = argument(step, 1);
	quit.ms = argument(step, 2);
}

static void run_steps(char **step, char **argv) {
	while (*step) {
		const char *now = *step++;
		bool daemon = is(now, "daemon");

		if (is(now, "quit"))
			set_quit(now);
		else if (is(now, "headless"))
			headless(step, argv);
		else if (is(now, "end"))
			return;
		else if (!daemon && !is(now, "child"))
			do_step(now, argv);
		else if (daemon ? fork_daemon() : fork())
			step = after_end(step);
	}
}

int main(int argc, char **argv) {
	(void)argc;
	setvbuf(stdout, NULL, _IOLBF, 0);
	run_steps(argv + 1, argv);
	return 0;
}
