/* SPDX-License-Identifier: Apache-2.0 */
/* The goals, what became of them, and all medians. */
#include <math.h>
#include <stdio.h>

#include "tests/bench/bench.h"

/* A goal is a ratio to a peer, or absolute where the peer is CANDIDATES. Lower is better. */
struct goal {
	const char *id;
	const char *what;
	enum metric metric;
	enum candidate_id subject, peer;
	double must, stretch; /* 0: none */
	bool plain; /* its must is to be reached at any time: --check */
	double quantile; /* 0: the median */
};

static const struct goal goals[] = {
	{ "G1", "start", START, PINTLE, TINI_STATIC, 0.42, 0.36, true },
	{ "G1b", "start", START, PINTLE, TINI, 0.30, 0.26 },
	{ "G1c", "start", START, PINTLE, CATATONIT_MUSL, 0.88, 0.78 },
	{ "G1e", "start, p99 (quiet machines only)", START, PINTLE, TINI_STATIC, 0.60, 0.50,
	  .quantile = 0.99 },
	{ "", "start, the limit without libc", START, REF0, TINI_STATIC },
	{ "", "start, the limit with musl", START, REF, TINI_STATIC },
	{ "G2", "start, 1 kB of config", START, PINTLE_CONFIG, TINI_STATIC, 0.50, 0.42 },
	{ "", "start, + a port, proven free", START, PINTLE_PORT, TINI_STATIC },
	{ "G3", "start, + lo, address, route", START_NET, PINTLE_NET, TINI_STATIC, 0.75, 0.65 },
	{ "", "start, + eth0 (veth), gateway", START_NET, PINTLE_VETH, TINI_STATIC },
	{ "G4", "start, + Consul, asynchronous", START_NET, PINTLE_FULL, TINI_STATIC, 0.85, 0.70 },
	{ "G8", "eth0: a bare program", START_NET, PINTLE_ONE, BARE_ONE, 1.50, 1.20 },
	{ "G8", "the same, the whole process", WHOLE, PINTLE_ONE, BARE_ONE, 1.50, 1.20 },
	{ "", "eth0: ip -batch", START_NET, PINTLE_ONE, BATCH_ONE, 0.333 },
	{ "", "... the limit: the bare program", START_NET, BARE_ONE, BATCH_ONE },
	{ "", "eth0: one ip for each step", START_NET, PINTLE_ONE, STEPS_ONE, 0.10 },
	{ "", "... the limit: the bare program", START_NET, BARE_ONE, STEPS_ONE },
	{ "G8", "200 objects: a bare program", START_NET, PINTLE_MANY, BARE_MANY, 1.50, 1.20 },
	{ "G8", "the same, the whole process", WHOLE, PINTLE_MANY, BARE_MANY, 1.50, 1.20 },
	{ "", "200 objects: ip -batch", START_NET, PINTLE_MANY, BATCH_MANY, 0.333 },
	{ "", "... the limit: the bare program", START_NET, BARE_MANY, BATCH_MANY },
	{ "", "200 objects: one ip for each step", START_NET, PINTLE_MANY, STEPS_MANY, 0.10 },
	{ "", "eth0, beside 10,000 routes", WHOLE_10000, PINTLE_ONE, BARE_ONE },
	{ "", "RSS of a start, eth0, kB", RSS_START, PINTLE_ONE, CANDIDATES, 400 },
	{ "", "the same, beside 10,000 routes", RSS_10000, PINTLE_ONE, CANDIDATES, 400 },
	{ "", "RSS of a start, 200 objects, kB", RSS_START, PINTLE_MANY, CANDIDATES, 400 },
	{ "", "the same, beside 10,000 routes", RSS_10000, PINTLE_MANY, CANDIDATES, 400 },
	{ "", "exec to registered, us", REGISTERED, PINTLE_FULL, CANDIDATES },
	{ "G10", "TERM to handler", SIGNAL, PINTLE, TINI_STATIC, 1.05, 1.00, true },
	{ "G11", "app's exit to init's exit, one CPU", EXIT, PINTLE, TINI_STATIC, 0.70, 0.62,
	  true },
	{ "G12", "CPU per orphan", ORPHAN_CPU, PINTLE, TINI_STATIC, 1.05, 0.97 },
	{ "G13", "time per orphan", ORPHAN_WALL, PINTLE, NONE, 1.22, 1.18 },
	{ "G14", "CPU per delivered signal, storm", SIGNAL_CPU, PINTLE, TINI_STATIC, 1.10, 1.00 },
	{ "G15", "RSS, no config", RSS, PINTLE, TINI_STATIC, 0.25, 0.14, true },
	{ "G15", "Pss of all, network + Consul, kB", PSS, PINTLE_FULL, CANDIDATES, 300 },
	{ "G15", "RssAnon of PID 1, the same, kB", ANONYMOUS, PINTLE_FULL, CANDIDATES, 64 },
	{ "G16", "private dirty, the same", PRIVATE_DIRTY, PINTLE_FULL, TINI_STATIC, 1.00, 0.50 },
	{ "G17", "wake-ups while idle", WAKEUPS, PINTLE, CANDIDATES, 0.0001, 0.0001, true },
	{ "", "the same, network + Consul", WAKEUPS, PINTLE_FULL, CANDIDATES },
	{ "G18", "threads", THREADS, PINTLE, CANDIDATES, 1, 1 },
	{ "G18", "processes", PROCESSES, PINTLE, CANDIDATES, 1, 1 },
	{ "G18", "own descriptors", DESCRIPTORS, PINTLE, CANDIDATES, 4, 2 },
	{ "G19", "size, kB (the goal: TLS=no)", SIZE, PINTLE, CANDIDATES, 262, 177, true },
	{ "G20", "system calls, exec to exec", SYSCALLS, PINTLE, CANDIDATES, 16, 12, true },
	{ "G20b", "the same, config + lo ...", SYSCALLS, PINTLE_NET, CANDIDATES, 30, 24 },
	{ "", "the same, 200 objects", SYSCALLS, PINTLE_MANY, CANDIDATES, 42 },
};

/* Goals that can't be measured here, so that nobody looks for them in vain. */
static const char *const elsewhere[][2] = {
	{ "G1d", "start against containerpilot: it is not to be had here" },
	{ "G15b", "RSS against containerpilot: likewise" },
};

static double quantile(const struct goal *g, enum candidate_id c) {
	return sample_quantile(g->metric, c, g->quantile > 0 ? g->quantile : 0.5);
}

/* What the two tini-statics differ by; NAN where a figure is exact. */
static double control_of(const struct goal *g) {
	return g->metric < RSS ? quantile(g, CONTROL) / quantile(g, TINI_STATIC) : NAN;
}

static double figure_of(const struct goal *g) {
	double own = quantile(g, g->subject);
	return g->peer == CANDIDATES ? own : own / quantile(g, g->peer);
}

static const char *verdict_of(const struct goal *g, double figure) {
	if (isnan(figure))
		return "not measured";
	if (g->must == 0)
		return "";
	if (g->stretch > 0 && figure <= g->stretch)
		return "stretch reached";
	return figure <= g->must ? "must reached" : "MISSED";
}

/* Missed by more than 5 %, or than what the same file differs from itself. */
static bool is_failure(const struct goal *g, double figure) {
	double noise = fmax(0.05, fabs(control_of(g) - 1));
	if (!g->plain || isnan(figure))
		return g->plain;
	return figure > g->must * (g->metric < RSS ? 1 + noise : 1);
}

static void print_number(double value, int width, const char *format) {
	char text[32] = "-";
	if (!isnan(value))
		snprintf(text, sizeof text, format, value);
	printf(" %*s", width, text);
}

static void print_limit(double limit, const struct goal *g) {
	print_number(limit == 0 ? NAN : limit, 7, g->peer == CANDIDATES ? "%.0f" : "%.2f");
}

static void print_goal(const struct goal *g) {
	double figure = figure_of(g);
	bool ratio = g->peer != CANDIDATES;
	printf("%-5s%-34s", g->id, g->what);
	print_number(quantile(g, g->subject), 8, "%.1f");
	printf("  %-15.15s", ratio ? candidates[g->peer].name : "");
	print_number(ratio ? quantile(g, g->peer) : NAN, 8, "%.1f");
	print_number(ratio ? figure : NAN, 6, "%.2f");
	print_number(control_of(g), 6, "%.2f");
	print_limit(g->must, g);
	print_limit(g->stretch, g);
	printf("  %s\n", verdict_of(g, figure));
}

static const struct column {
	enum metric metric;
	const char *title;
	const char *format;
	double quantile;
} columns[] = {
	{ START, "start", "%.0f", 0.5 },
	{ START, "p99", "%.0f", 0.99 },
	{ START_NET, "in netns", "%.0f", 0.5 },
	{ WHOLE, "whole", "%.0f", 0.5 },
	{ SIGNAL, "TERM", "%.1f", 0.5 },
	{ SIGNAL_CPU, "CPU/sig", "%.1f", 0.5 },
	{ EXIT, "exit", "%.0f", 0.5 },
	{ ORPHAN_CPU, "CPU/orph", "%.1f", 0.5 },
	{ ORPHAN_WALL, "orphan", "%.1f", 0.5 },
	{ RSS, "RSS", "%.0f", 0.5 },
	{ PSS, "Pss", "%.0f", 0.5 },
	{ ANONYMOUS, "anon", "%.0f", 0.5 },
	{ PRIVATE_DIRTY, "dirty", "%.0f", 0.5 },
	{ SIZE, "size", "%.0f", 0.5 },
	{ WAKEUPS, "wakeups", "%.0f", 0.5 },
	{ DESCRIPTORS, "own fds", "%.0f", 0.5 },
	{ SYSCALLS, "syscalls", "%.0f", 0.5 },
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static double in_column(const struct column *column, enum candidate_id c) {
	return sample_quantile(column->metric, c, column->quantile);
}

static void print_titles(const char *what) {
	printf("\n%-34s", what);
	for (int i = 0; i < COLUMNS; i++)
		printf(" %8s", columns[i].title);
	printf("\n");
}

/* A line for each candidate: what it has, or the ratio of that to the peer's. */
static void print_candidates(const char *what, enum candidate_id peer) {
	print_titles(what);
	for (enum candidate_id c = 0; c < CANDIDATES; c++) {
		if (!candidates[c].present)
			continue;
		printf("%-34s", candidates[c].name);
		for (const struct column *i = columns; i < columns + COLUMNS; i++)
			if (peer == CANDIDATES)
				print_number(in_column(i, c), 8, i->format);
			else if (in_column(i, peer) > 0)
				print_number(in_column(i, c) / in_column(i, peer), 8, "%.2f");
			else
				print_number(NAN, 8, "");
		printf("\n");
	}
}

static void print_failures(void) {
	for (int c = 0; c < CANDIDATES; c++)
		if (candidates[c].failures > 0)
			printf("%s: did not do its job %u times%s\n", candidates[c].name,
			       candidates[c].failures,
			       candidate_usable(c) ? "" : ", so it was left out");
}

bool report_print(const struct options *o) {
	bool good = true;
	printf("\n%-5s%-34s %8s  %-15s %8s %6s %6s %7s %7s\n", "goal", "what", "pintle", "peer",
	       "peer's", "ratio", "A/A", "must", "stretch");
	for (size_t i = 0; i < sizeof goals / sizeof *goals; i++) {
		print_goal(&goals[i]);
		good = good && !is_failure(&goals[i], figure_of(&goals[i]));
	}
	for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
		printf("%-5s%s\n", elsewhere[i][0], elsewhere[i][1]);
	print_candidates("ratio to tini-static", TINI_STATIC);
	print_candidates("medians: us, kB, counts", CANDIDATES);
	print_failures();
	if (o->check)
		printf("check: %s\n", good ? "the plain path reaches its goals"
					   : "a goal of the plain path is missed");
	return good;
}
