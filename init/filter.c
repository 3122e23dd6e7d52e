/* SPDX-License-Identifier: Apache-2.0 */
#include "init/filter.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/memory.h"
#include "config/syscall.h"
#include "init/bpf.h"
#include "init/profile/builtin.h"
#include "init/profile/profile.h"
#include "init/rights.h"

enum {
	PATIENCE = 5
}; /* seconds of processor time for a profile; one of Docker's size takes 0.001 */

static MEMORY_BULK struct bpf_program program;
static struct sock_fprog handed_over;

/* Where [seccomp] allow is all there is: without these a program would neither start nor end, nor
 * come back from a signal. */
static const char *const essential[] = { "execve",       "exit",      "exit_group",
					 "rt_sigreturn", "sigreturn", "restart_syscall" };

static uint32_t denial(const struct config_seccomp *s) {
	static const uint32_t actions[] = {
		[CONFIG_ERRNO] = BUILTIN_OTHERWISE,
		[CONFIG_KILL] = SECCOMP_RET_KILL_PROCESS,
		[CONFIG_LOG_ONLY] = SECCOMP_RET_LOG,
	};

	return actions[s->action];
}

static bool lists(const struct config_word *list, const char *name) {
	for (; list; list = list->head.next)
		if (strcmp(list->text, name) == 0)
			return true;
	return false;
}

static bool is_essential(const char *name) {
	for (size_t i = 0; i < sizeof(essential) / sizeof(*essential); i++)
		if (strcmp(essential[i], name) == 0)
			return true;
	return false;
}

/* The lists are searched before anything else, so that they are stronger than the profile. What is
 * not listed meets the other action. */
static void add_lists(const struct config_seccomp *s, struct bpf_runs *runs, uint32_t other) {
	struct syscall_entry call = { 0 };
	bool alone = other == denial(s);

	bpf_from(runs, 0, other);
	while (syscall_next(&call) && call.number >= 0) {
		if (lists(s->deny, call.name))
			bpf_at(runs, (uint32_t)call.number, denial(s), other);
		else if (lists(s->allow, call.name) || (alone && is_essential(call.name)))
			bpf_at(runs, (uint32_t)call.number, SECCOMP_RET_ALLOW, other);
	}
}

/* There is no profile that goes on. A number that pintle does not know is allowed where all is that
 * is not denied; else it is said not to exist, so that a libc goes on with an older way. */
static void add_lists_alone(const struct config_seccomp *s, struct bpf_runs *runs) {
	const uint32_t unknown = SECCOMP_RET_ERRNO | ENOSYS;

	add_lists(s, runs, s->allow ? denial(s) : SECCOMP_RET_ALLOW);
	if (s->allow && s->action != CONFIG_LOG_ONLY)
		bpf_from(runs, (uint32_t)syscall_last() + 1, unknown);
	bpf_from(runs, BPF_FOREIGN_ABI, SECCOMP_RET_KILL_PROCESS);
	bpf_from(runs, UINT32_MAX, SECCOMP_RET_ALLOW);
}

static void search_lists(const struct config_seccomp *s, bool alone) {
	static MEMORY_BULK struct bpf_runs runs;

	if (!s->allow && !s->deny)
		return;
	runs.count = 0;
	if (alone)
		add_lists_alone(s, &runs);
	else
		add_lists(s, &runs, BPF_NEXT);
	bpf_search(&program, &runs);
}

static void append_builtin(const struct config_seccomp *s, const struct sock_filter *code,
			   unsigned length) {
	unsigned start = program.length;

	bpf_append(&program, code, length);
	for (unsigned i = start; i < program.length; i++)
		if (BPF_CLASS(program.code[i].code) == BPF_RET &&
		    program.code[i].k == BUILTIN_OTHERWISE)
			program.code[i].k = denial(s);
}

/* What Docker calls the container's capabilities. */
static uint64_t capabilities(const struct config_app *app) {
	return rights_bounding_set() &
	       (app->capabilities.given ? app->capabilities.set : UINT64_MAX);
}

/* In a process of its own: the program, or what is wrong, is what fd holds at its end. */
static _Noreturn void compile(const char *path, uint64_t had, int fd) {
	const struct rlimit limit = { .rlim_cur = PATIENCE, .rlim_max = PATIENCE };
	const struct profile_machine machine = profile_machine(had);
	struct error why = { 0 };

	(void)prlimit(0, RLIMIT_CPU, &limit, NULL);
	if (profile_compile(path, &machine, fd, &why) == 0)
		_exit(0);
	(void)ftruncate(fd, 0);
	(void)!pwrite(fd, why.text, why.len, 0);
	_exit(1);
}

static int take_program(int fd, struct error *e) {
	const size_t room = sizeof(program.code) - program.length * sizeof(*program.code);
	ssize_t size = pread(fd, program.code + program.length, room, 0);

	if (size < 0)
		return fail(e, "reading the program: %m");
	program.full = lseek(fd, 0, SEEK_END) != size;
	program.length += (unsigned)((size_t)size / sizeof(*program.code));
	return 0;
}

static int take_failure(int fd, const char *path, int status, struct error *e) {
	ssize_t size;

	if (WIFSIGNALED(status))
		return fail(e, "%s: reading it ended with signal %d", path, WTERMSIG(status));
	size = pread(fd, e->text, sizeof(e->text) - 1, 0);
	e->len = size > 0 ? (size_t)size : 0;
	e->text[e->len] = '\0';
	return -1;
}

static int append_file(const char *path, uint64_t had, struct error *e) {
	int fd = memfd_create("seccomp", MFD_CLOEXEC), status = 0, result;
	pid_t pid = fd < 0 ? -1 : _Fork();

	if (pid == 0)
		compile(path, had, fd);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		fail(e, "a process that reads the profile: %m");
		result = FILTER_UNAVAILABLE;
	} else {
		result = status ? take_failure(fd, path, status, e) : take_program(fd, e);
	}
	if (fd >= 0)
		close(fd);
	return result;
}

static int append_profile(const struct config *c, struct error *e) {
	const struct config_seccomp *s = &c->seccomp;

	if (strcmp(s->profile, "default") == 0)
		append_builtin(s, builtin_default, builtin_default_length);
	else if (strcmp(s->profile, "strict") == 0)
		append_builtin(s, builtin_strict, builtin_strict_length);
	else if (*s->profile == '/')
		return append_file(s->profile, capabilities(&c->app), e);
	return 0;
}

/* What comes after the filter in the child, and at the end of every program. */
static int check_program(struct error *e) {
	static const char *const needed[] = { "execve", "exit_group" };

	if (program.full)
		return fail(e, "it makes a program of more than %d instructions", BPF_MAXINSNS);
	for (int i = 0; i < 2; i++)
		if (bpf_verdicts(&program, (uint32_t)syscall_find(needed[i])) == BPF_DENIES)
			return fail(e, "it denies %s, without which no program can %s", needed[i],
				    i == 0 ? "start" : "end");
	return 0;
}

int filter_prepare(const struct config *c, struct error *e) {
	const struct config_seccomp *s = &c->seccomp;
	struct error why = { 0 };
	int result;

	handed_over.len = 0;
	program.length = 0;
	program.full = false;
	if (!filter_is_wanted(s))
		return 0;
	search_lists(s, strcmp(s->profile, "none") == 0);
	result = append_profile(c, &why);
	if (result == 0)
		result = check_program(&why);
	if (result < 0) {
		fail(e, "[seccomp] %s", why.text);
		return result;
	}
	handed_over = (struct sock_fprog){ .len = (unsigned short)program.length,
					   .filter = program.code };
	return 0;
}

const struct sock_fprog *filter_program(void) {
	return handed_over.len ? &handed_over : NULL;
}

/* The next one by the alphabet. */
static bool next_by_name(struct syscall_entry *call) {
	struct syscall_entry any = { 0 }, best = { 0 };

	while (syscall_next(&any) && any.number >= 0)
		if ((!call->name || strcmp(any.name, call->name) > 0) &&
		    (!best.name || strcmp(any.name, best.name) < 0))
			best = any;
	*call = best;
	return best.name;
}

static void print_calls(const struct config_seccomp *s, const char *doing, bool some,
			unsigned verdict, struct writer *w) {
	struct syscall_entry call = { 0 };
	bool begun = false;

	while (next_by_name(&call)) {
		unsigned verdicts = bpf_verdicts(&program, (uint32_t)call.number);

		if (!(verdicts & verdict) || (verdicts != verdict) != some)
			continue;
		if (!begun)
			writer_texts(w, "# seccomp profile ", s->profile, " ", doing, ":", NULL);
		begun = true;
		writer_texts(w, " ", call.name, NULL);
	}
	if (begun)
		writer_char(w, '\n');
}

static void print_foreign(const struct config_word *list, struct writer *w) {
	for (; list; list = list->head.next)
		if (syscall_find(list->text) == SYSCALL_FOREIGN)
			writer_texts(w, "# seccomp: this architecture has no ", list->text, "\n",
				     NULL);
}

void filter_print(const struct config *c, struct writer *w) {
	const struct config_seccomp *s = &c->seccomp;

	if (!handed_over.len)
		return;
	writer_char(w, '\n');
	print_calls(s, "denies", false, BPF_DENIES, w);
	print_calls(s, "denies some uses of", true, BPF_DENIES, w);
	print_calls(s, "logs", false, BPF_LOGS, w);
	print_calls(s, "logs some uses of", true, BPF_LOGS, w);
	print_foreign(s->allow, w);
	print_foreign(s->deny, w);
}
