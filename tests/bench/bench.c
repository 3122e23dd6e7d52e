/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <linux/close_range.h>

#include "tests/bench/bench.h"

static const struct section {
	const char *name;
	void (*measure)(const struct options *);
} sections[] = {
	{ "start", start_measure },   { "network", start_measure_network },
	{ "netcfg", netcfg_measure }, { "signal", signal_measure },
	{ "exit", exit_measure },     { "orphan", orphan_measure },
	{ "idle", idle_measure },     { "trace", trace_measure },
};
enum { SECTIONS = sizeof sections / sizeof *sections };

static void print_header(void) {
	struct utsname u;
	double load = 0;
	(void)getloadavg(&load, 1);
	uname(&u);
	printf("%s %s, %ld CPUs, load %.1f\n", u.sysname, u.release, sysconf(_SC_NPROCESSORS_ONLN),
	       load);
}

/* Whether a section is asked for: by name, or because none is. */
static bool asked(const char *name, char **names) {
	if (!*names)
		return true;
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

static char **parse(struct options *o, char **arguments) {
	for (; *arguments; arguments++) {
		if (strcmp(*arguments, "quick") == 0)
			o->quick = true;
		else if (strcmp(*arguments, "--check") == 0)
			o->check = true;
		else
			break;
	}
	return arguments;
}

int main(int argc, char **argv) {
	struct options o = { .folder = getenv("BENCH_FOLDER"), .pintle = getenv("PINTLE") };
	char **names = parse(&o, argv + 1);

	if (argc < 1 || !o.folder || !o.pintle)
		return fprintf(stderr, "bench: is started by tests/bench/run\n"), 64;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	(void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	srandom((unsigned)spawn_now());
	print_header();
	candidate_find(&o);
	world_enter();
	spawn_pin(true);
	registry_start();
	for (int i = 0; i < SECTIONS; i++) {
		if (!asked(sections[i].name, names))
			continue;
		int64_t began = spawn_now();
		sections[i].measure(&o);
		printf("%s: %.1f s\n", sections[i].name, (double)(spawn_now() - began) / 1e9);
	}
	return report_print(&o) || !o.check ? 0 : 1;
}
