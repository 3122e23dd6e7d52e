/* SPDX-License-Identifier: Apache-2.0 */
/* The benchmark: pintle against other inits and against the floor, measured side by side.
 *
 * How a figure comes about: all candidates are started from this one process as PID 1 of fresh
 * namespaces, interleaved, in an order that is shuffled each round. The clock is stamped in a
 * vfork-like child right before execve, and by an application without a C library (app.c) as its
 * first act. Candidates and harness are pinned to one CPU each, or all to one where a goal says so.
 * Figures are medians, goals are ratios: microseconds say little about a shared machine. All is in
 * a CPU cgroup of the greatest weight, as containers are in one of theirs.
 * tini-static runs twice under two names; how far these two differ is how far any ratio can be
 * trusted.
 *
 * A new goal is a row in report.c; a new metric a name here and whoever calls sample_add; a new
 * candidate a name here and a row in candidate.c. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum candidate_id {
	NONE, /* the application itself is PID 1 */
	REF0,
	REF,
	TINI,
	TINI_STATIC,
	CONTROL, /* tini-static once more */
	DUMB_INIT,
	CATATONIT,
	CATATONIT_MUSL,
	PINTLE,
	PINTLE_CONFIG, /* 1 kB of settings */
	PINTLE_PORT, /* and a port, proven free */
	PINTLE_NET, /* PINTLE_CONFIG and lo, an address, a route */
	PINTLE_VETH, /* PINTLE_CONFIG and eth0 with address and gateway, as in a container */
	PINTLE_FULL, /* PINTLE_NET and a service in Consul */
	PINTLE_ONE, /* nothing but eth0 with address and gateway */
	PINTLE_MANY, /* nothing but eth0 with 100 addresses and 100 routes */
	BARE_ONE, /* the limits of these two */
	BARE_MANY,
	BATCH_ONE, /* `ip -batch` */
	BATCH_MANY,
	STEPS_ONE, /* a script with one `ip` for each step */
	STEPS_MANY,
	CANDIDATES
};

enum metric {
	START, /* us */
	START_NET, /* us, in a network namespace of its own */
	WHOLE, /* us, from exec to the end, the application's included */
	WHOLE_1000, /* beside so many routes of the kernel's */
	WHOLE_10000,
	REGISTERED, /* us from exec to the registry's knowledge */
	SIGNAL, /* us */
	SIGNAL_CPU, /* us of CPU for each that is delivered, in a storm */
	EXIT, /* us */
	ORPHAN_CPU, /* us of CPU */
	ORPHAN_WALL, /* us, of the application that leaves it */
	RSS, /* kB */
	RSS_START, /* kB, as the application is executed: all of the start is in it */
	RSS_10000, /* kB, the same beside 10,000 routes */
	PSS, /* kB, all processes of the init */
	ANONYMOUS, /* kB */
	PRIVATE_DIRTY, /* kB */
	WAKEUPS, /* in idle_seconds */
	THREADS,
	PROCESSES,
	DESCRIPTORS, /* beyond 0-2 */
	SIZE, /* kB */
	SYSCALLS, /* from exec of the init to exec of the application */
	METRICS
};

enum { SAMPLES_MAX = 4096 };

struct options {
	const char *folder; /* of app, the limits and the configurations */
	const char *pintle;
	bool quick;
	bool check; /* a missed goal of the plain path is a failure */
};

/* candidate.c */
struct candidate {
	const char *name;
	const char *arguments[4]; /* before "-- application"; [0] is the program */
	enum { DASHES, DIRECT, ALONE } form; /* without "--"; without "-- application" */
	bool present;
	unsigned failures;
};
extern struct candidate candidates[CANDIDATES];
void candidate_find(const struct options *);
/* netcfg.c: the same for those that configure networks and nothing else. */
void netcfg_find(const struct options *);
/* Whether it is there, and has not failed too often. */
bool candidate_usable(enum candidate_id);

/* sample.c */
void sample_add(enum metric, enum candidate_id, double value);
unsigned sample_count(enum metric, enum candidate_id);
/* The value below which share (0 to 1) of the samples lie; NAN if there are none. */
double sample_quantile(enum metric, enum candidate_id, double share);
/* The usable ones of list, ended by CANDIDATES, in a new order; returns how many. */
unsigned sample_shuffle(const enum candidate_id *list, enum candidate_id order[CANDIDATES]);

/* spawn.c */
struct run {
	pid_t pid; /* of the init, as the harness sees it */
	int commands; /* to the application */
	int moments; /* from it */
	int64_t executed; /* ns: right before the init's execve */
	int64_t started; /* ns: the application's first act */
};
enum spawn_flags {
	SPAWN_MOUNTS = 1, /* a mount namespace with a /proc of its own */
	SPAWN_TRACED = 2, /* stopped at the first exec, for ptrace */
	SPAWN_IDLE = 4, /* commands stay open until spawn_end */
};
int64_t spawn_now(void);
/* Pins the harness, and what it starts from now on. */
void spawn_pin(bool apart);
/* Starts the candidate; true if its application has told its start. */
bool spawn(enum candidate_id, int flags, struct run *);
/* The same without waiting for the application. */
void spawn_only(enum candidate_id, int flags, struct run *);
/* The next moment from the application; -1 if none comes within 5 s. */
int64_t spawn_moment(const struct run *);
/* Takes all moments that are there, and counts them. */
unsigned spawn_moments(const struct run *);
bool spawn_command(const struct run *, char command);
/* Waits for the init's own end (5 s, then it is killed); the wait status, or -1. */
int spawn_wait(const struct run *);
/* Closes what connects with the application. */
void spawn_close(struct run *);
/* Kills the init, and with it all of its namespace, and closes. */
void spawn_end(struct run *);
/* CPU time of the init in ns, exact. */
int64_t spawn_cpu(const struct run *);

/* world.c: namespaces, and a CPU cgroup where there can be one */
void world_enter(void);
/* A new network namespace for the harness and what it starts; with eth0 if veth. */
bool world_new_network(bool veth);
void world_old_network(void);

/* registry.c: a stand-in for a Consul agent, in a thread, in the network namespace where it was
 * opened. It accepts everything. */
void registry_start(void);
bool registry_open(void);
void registry_close(void);
/* When it was first told of a service since it was opened; -1 if not within 3 s. */
int64_t registry_registered(void);

/* trace.c: the system calls of all processes from the init's exec to the application's, that one
 * included, and the init's RSS then, in kB. */
bool trace(enum candidate_id, int *calls, double *rss);

/* start.c, netcfg.c, signal.c, idle.c, trace.c */
void start_measure(const struct options *);
void start_measure_network(const struct options *);
void netcfg_measure(const struct options *);
void signal_measure(const struct options *);
void exit_measure(const struct options *);
void orphan_measure(const struct options *);
void idle_measure(const struct options *);
void trace_measure(const struct options *);
extern unsigned idle_seconds;

/* report.c; false if a goal of the plain path is missed by more than the noise. */
bool report_print(const struct options *);

#endif
