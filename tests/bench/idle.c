/* SPDX-License-Identifier: Apache-2.0 */
/* What an init is while nothing happens: memory, wake-ups, threads, descriptors, size. */
#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/bench.h"

enum { WINDOW = 10, WINDOW_QUICK = 4, TEXT = 8192, PROCESSES_MAX = 16 };

unsigned idle_seconds;

static const enum candidate_id list[] = { REF0,    REF,         TINI,      TINI_STATIC,
					  CONTROL, DUMB_INIT,   CATATONIT, CATATONIT_MUSL,
					  PINTLE,  PINTLE_FULL, CANDIDATES };

/* The processes of an init: itself, and its children but for the application. */
struct family {
	unsigned count;
	pid_t pids[PROCESSES_MAX];
};

static void sleep_ms(long ms) {
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	nanosleep(&t, NULL);
}

/* Fills text with a file of /proc/PID; "" if it can't be read. */
static void read_proc(pid_t pid, const char *name, char text[TEXT]) {
	char path[128];
	snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, TEXT - 1);
	text[n > 0 ? n : 0] = '\0';
	if (fd >= 0)
		close(fd);
}

/* The number after "\nlabel:"; -1 if there is none. */
static double number_of(const char *text, const char *label) {
	char wanted[64];
	snprintf(wanted, sizeof wanted, "\n%s:", label);
	const char *found = strstr(text, wanted);
	return found ? strtod(found + strlen(wanted), NULL) : -1;
}

static bool is_application(pid_t pid) {
	char text[TEXT];
	read_proc(pid, "comm", text);
	return strcmp(text, "app\n") == 0;
}

static struct family family_of(pid_t init) {
	struct family f = { .count = 1, .pids = { init } };
	char name[64], text[TEXT], *rest = text;

	snprintf(name, sizeof name, "task/%d/children", init);
	read_proc(init, name, text);
	for (char *word; f.count < PROCESSES_MAX && (word = strtok_r(rest, " \n", &rest));)
		if (!is_application(atoi(word)))
			f.pids[f.count++] = atoi(word);
	return f;
}

static void add_memory(enum candidate_id c, const struct family *f) {
	double pss = 0;
	char text[TEXT] = "";
	for (unsigned i = f->count; i > 0; i--) {
		read_proc(f->pids[i - 1], "smaps_rollup", text);
		pss += number_of(text, "Pss");
	}
	sample_add(PSS, c, pss);
	sample_add(RSS, c, number_of(text, "Rss"));
	sample_add(ANONYMOUS, c, number_of(text, "Anonymous"));
	sample_add(PRIVATE_DIRTY, c, number_of(text, "Private_Dirty"));
}

static int count_descriptors(pid_t pid) {
	char path[64];
	int n = 0;
	snprintf(path, sizeof path, "/proc/%d/fd", pid);
	DIR *folder = opendir(path);
	if (!folder)
		return -1;
	for (struct dirent *entry; (entry = readdir(folder));)
		n += entry->d_name[0] != '.' && atoi(entry->d_name) > 2;
	closedir(folder);
	return n;
}

static void add_processes(enum candidate_id c, const struct family *f) {
	char text[TEXT];
	double threads = 0;
	for (unsigned i = 0; i < f->count; i++) {
		read_proc(f->pids[i], "status", text);
		threads += number_of(text, "Threads");
	}
	sample_add(THREADS, c, threads);
	sample_add(PROCESSES, c, f->count);
	sample_add(DESCRIPTORS, c, count_descriptors(f->pids[0]));
}

static double switches(const struct family *f) {
	char text[TEXT];
	double n = 0;
	for (unsigned i = 0; i < f->count; i++) {
		read_proc(f->pids[i], "status", text);
		n += number_of(text, "voluntary_ctxt_switches") +
		     number_of(text, "nonvoluntary_ctxt_switches");
	}
	return n;
}

static bool start_idle(enum candidate_id c, struct run *r) {
	bool full = c == PINTLE_FULL;
	if (full && !(world_new_network(false) && registry_open()))
		return false;
	if (!spawn(c, SPAWN_MOUNTS | SPAWN_IDLE, r))
		return false;
	return !full || registry_registered() >= 0;
}

static void leave_idle(enum candidate_id c, struct run *r) {
	spawn_end(r);
	if (c != PINTLE_FULL)
		return;
	registry_close();
	(void)unlink("/run/pintle.sock");
	world_old_network();
}

/* One at a time: two runs of one binary would share its pages, and Pss would flatter both. */
static void measure_memory(enum candidate_id c) {
	struct run r;
	struct stat s;
	if (!start_idle(c, &r))
		return;
	sleep_ms(300);
	struct family f = family_of(r.pid);
	add_memory(c, &f);
	add_processes(c, &f);
	leave_idle(c, &r);
	if (stat(candidates[c].arguments[0], &s) == 0)
		sample_add(SIZE, c, (double)s.st_size / 1000);
}

/* All at once, with PINTLE_FULL as the last of list: it changes the network namespace. */
static void measure_wakeups(void) {
	static struct run runs[CANDIDATES];
	static struct family families[CANDIDATES];
	double before[CANDIDATES];

	for (const enum candidate_id *c = list; *c != CANDIDATES; c++)
		if (candidate_usable(*c) && !start_idle(*c, &runs[*c]))
			candidates[*c].present = false;
	sleep_ms(1000);
	for (const enum candidate_id *c = list; *c != CANDIDATES; c++) {
		if (!candidate_usable(*c))
			continue;
		families[*c] = family_of(runs[*c].pid);
		before[*c] = switches(&families[*c]);
	}
	sleep_ms(idle_seconds * 1000);
	for (const enum candidate_id *c = list; *c != CANDIDATES; c++) {
		if (!candidate_usable(*c))
			continue;
		sample_add(WAKEUPS, *c, switches(&families[*c]) - before[*c]);
		leave_idle(*c, &runs[*c]);
	}
}

/* Pages of a file that is not yet written back would count as dirty. */
void idle_measure(const struct options *o) {
	idle_seconds = o->quick ? WINDOW_QUICK : WINDOW;
	sync();
	spawn_pin(true);
	for (const enum candidate_id *c = list; *c != CANDIDATES; c++)
		if (candidate_usable(*c))
			measure_memory(*c);
	measure_wakeups();
}
