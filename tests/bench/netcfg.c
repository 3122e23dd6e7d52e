/* SPDX-License-Identifier: Apache-2.0 */
/* Configuring a network against a bare program and against ip(8): eth0, which exists, gets an
 * address and a gateway, or 100 addresses and 100 routes; whole processes, in namespaces of their
 * own. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/bench/bench.h"

enum { ROUNDS = 100, ROUNDS_QUICK = 25, SCRIPT_EACH = 4, BESIDE_ROUNDS = 12, MANY = 100 };

static const char control_socket[] = "/run/pintle.sock";

/* ---- what is to be done, for each in its own words ---- */

static void write_settings(FILE *f, const char *before, unsigned count) {
	(void)before;
	fprintf(f, "[net]\nmode = apply\n\n[interface eth0]\n");
	for (unsigned n = 0; n < count; n++)
		fprintf(f, "address = 10.99.%u.2/24\n", n);
	if (count == 1)
		fprintf(f, "gateway = 10.99.0.1\n");
	for (unsigned n = 0; n < count && count > 1; n++)
		fprintf(f, "route = 10.98.%u.0/24 via 10.99.0.1\n", n);
}

static void write_steps(FILE *f, const char *before, unsigned count) {
	for (unsigned n = 0; n < count; n++)
		fprintf(f, "%saddr add 10.99.%u.2/24 dev eth0\n", before, n);
	fprintf(f, "%slink set eth0 up\n", before);
	if (count == 1)
		fprintf(f, "%sroute add default via 10.99.0.1\n", before);
	for (unsigned n = 0; n < count && count > 1; n++)
		fprintf(f, "%sroute add 10.98.%u.0/24 via 10.99.0.1\n", before, n);
}

/* The kernel's own, on lo. */
static void write_beside(FILE *f, const char *before, unsigned count) {
	fprintf(f, "%slink set lo up\n", before);
	for (unsigned n = 0; n < count; n++)
		fprintf(f, "%sroute add 11.%u.%u.0/24 dev lo\n", before, n / 256, n % 256);
}

static const struct file {
	enum candidate_id of; /* CANDIDATES: nobody's */
	const char *name;
	void (*write)(FILE *, const char *before, unsigned count);
	const char *before;
	unsigned count;
	const char *program[2];
} files[] = {
	{ PINTLE_ONE, "one.ini", write_settings, "", 1, { NULL, "-c" } },
	{ PINTLE_MANY, "many.ini", write_settings, "", MANY, { NULL, "-c" } },
	{ BATCH_ONE, "one.batch", write_steps, "", 1, { "/sbin/ip", "-batch" } },
	{ BATCH_MANY, "many.batch", write_steps, "", MANY, { "/sbin/ip", "-batch" } },
	{ STEPS_ONE, "one.sh", write_steps, "ip ", 1, { "/bin/sh", "-e" } },
	{ STEPS_MANY, "many.sh", write_steps, "ip ", MANY, { "/bin/sh", "-e" } },
	{ CANDIDATES, "1000.batch", write_beside, "", 1000 },
	{ CANDIDATES, "10000.batch", write_beside, "", 10000 },
};

static char *write_file(const struct options *o, const struct file *file) {
	char *path;
	if (asprintf(&path, "%s/%s", o->folder, file->name) < 0)
		exit(1);
	FILE *f = fopen(path, "we");
	if (!f)
		exit(1);
	file->write(f, file->before, file->count);
	fclose(f);
	return path;
}

void netcfg_find(const struct options *o) {
	char *bare;
	if (asprintf(&bare, "%s/bare", o->folder) < 0)
		exit(1);
	candidates[BARE_ONE].arguments[0] = candidates[BARE_MANY].arguments[0] = bare;
	candidates[BARE_ONE].arguments[1] = "1";
	candidates[BARE_MANY].arguments[1] = "100";
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		const struct file *f = &files[i];
		char *path = write_file(o, f);
		if (f->of == CANDIDATES)
			continue;
		candidates[f->of].arguments[0] = f->program[0] ? f->program[0] : o->pintle;
		candidates[f->of].arguments[1] = f->program[1];
		candidates[f->of].arguments[2] = path;
	}
}

/* ---- the runs ---- */

/* Also what comes before the application begins, which is all where there is none. */
static void run_once(enum candidate_id c, enum metric whole) {
	bool starts = candidates[c].form != ALONE;
	struct run r;
	spawn_only(c, 0, &r);
	int64_t started = starts ? spawn_moment(&r) : 0;
	int status = spawn_wait(&r);
	int64_t ended = spawn_now();
	spawn_close(&r);
	if (status != 0 || started < 0) {
		candidates[c].failures++;
		return;
	}
	sample_add(whole, c, (double)(ended - r.executed) / 1000);
	if (whole == WHOLE)
		sample_add(START_NET, c, (double)((starts ? started : ended) - r.executed) / 1000);
}

static bool enter(const struct options *o, unsigned beside) {
	char command[512];
	if (!world_new_network(true))
		return false;
	snprintf(command, sizeof command, "ip -batch %s/%u.batch", o->folder, beside);
	return !beside || system(command) == 0;
}

static void leave(void) {
	(void)unlink(control_socket);
	world_old_network();
}

static void measure_beside(const struct options *o, enum candidate_id c, unsigned beside,
			   enum metric whole) {
	if (candidate_usable(c) && enter(o, beside))
		run_once(c, whole);
	leave();
}

static double per_route(enum candidate_id c, enum metric whole, unsigned beside) {
	double more = sample_quantile(whole, c, 0.5) - sample_quantile(WHOLE, c, 0.5);
	return more * 1000 / beside;
}

static void print_beside(void) {
	static const enum candidate_id list[] = { PINTLE_ONE, BARE_ONE };
	for (size_t i = 0; i < sizeof list / sizeof *list; i++)
		if (candidates[list[i]].present)
			printf("each of the kernel's routes, of 1,000 and of 10,000: %.0f and "
			       "%.0f ns (%s)\n",
			       per_route(list[i], WHOLE_1000, 1000),
			       per_route(list[i], WHOLE_10000, 10000), candidates[list[i]].name);
}

static void measure_memory(const struct options *o, enum candidate_id c, unsigned beside,
			   enum metric rss) {
	double kilobytes;
	int calls;
	if (enter(o, beside) && trace(c, &calls, &kilobytes))
		sample_add(rss, c, kilobytes);
	leave();
}

void netcfg_measure(const struct options *o) {
	static const enum candidate_id list[] = { PINTLE_ONE, PINTLE_MANY, BARE_ONE,
						  BARE_MANY,  BATCH_ONE,   BATCH_MANY,
						  STEPS_ONE,  STEPS_MANY,  CANDIDATES };
	enum candidate_id order[CANDIDATES];

	spawn_pin(true);
	for (int round = o->quick ? ROUNDS_QUICK : ROUNDS; round > 0; round--) {
		unsigned n = sample_shuffle(list, order);
		for (unsigned i = 0; i < n; i++) {
			if (order[i] == STEPS_MANY && round % SCRIPT_EACH)
				continue;
			if (enter(o, 0))
				run_once(order[i], WHOLE);
			leave();
		}
	}
	for (int round = o->quick ? BESIDE_ROUNDS / 2 : BESIDE_ROUNDS; round > 0; round--) {
		measure_beside(o, PINTLE_ONE, 1000, WHOLE_1000);
		measure_beside(o, BARE_ONE, 1000, WHOLE_1000);
		measure_beside(o, PINTLE_ONE, 10000, WHOLE_10000);
		measure_beside(o, BARE_ONE, 10000, WHOLE_10000);
	}
	measure_memory(o, PINTLE_ONE, 0, RSS_START);
	measure_memory(o, PINTLE_MANY, 0, RSS_START);
	measure_memory(o, PINTLE_ONE, 10000, RSS_10000);
	measure_memory(o, PINTLE_MANY, 10000, RSS_10000);
	print_beside();
}
