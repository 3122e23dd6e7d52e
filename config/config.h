/* SPDX-License-Identifier: Apache-2.0 */
/* What the user wants, complete and typed: the nouns of pintle.ini.
 * A new setting is a field here, a row in schema.gen.c, and whoever reads the field; a default that
 * is not 0 stands in load.c, too, where a test looks for it. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config_item.h"
#include "config/config_network.h"
#include "config/error.h"

enum {
	CONFIG_NONE = -1, /* a number, duration or size that was not set and has no default */
	CONFIG_MEMORY = 4 << 20, /* bytes for all values; untouched pages cost nothing */
	CONFIG_LINE = 4095, /* bytes in a line of the file */
	CONFIG_HEADER = 255, /* bytes in a section header */
	CONFIG_FILE_SIZE = 1 << 20,
	CONFIG_VARIABLE = 255, /* bytes in the name of an environment variable */
	CONFIG_PORTS = 64,
	CONFIG_INTERFACES = 256,
	CONFIG_SERVICES = 64,
	CONFIG_JOBS = 64,
	CONFIG_CHECKS = 64,
	CONFIG_WATCHES = 128, /* each has a connection of its own */
	CONFIG_MEMBERS = 256, /* of a service, that a setting follows */
	CONFIG_TEMPLATES = 64,
	CONFIG_ITEMS = 1024, /* in a list */
	CONFIG_HOPS = 16, /* of one route */
	CONFIG_SYSCTL = 64, /* bytes in the value of a sysctl with its NUL */
	CONFIG_HOST_NAME = 64, /* bytes: __NEW_UTS_LEN, uts_namespaces(7) */
};

/* capabilities(7); not given: as pintle has them. */
struct config_capabilities {
	uint64_t set; /* bit n: capability n */
	bool given;
};
#define CONFIG_CAPABILITIES_ALL UINT64_MAX

enum config_scope { CONFIG_PROCESS, CONFIG_GROUP, CONFIG_ALL };
enum config_choice { CONFIG_AUTO, CONFIG_YES, CONFIG_NO };
enum config_ready {
	CONFIG_READY_STARTED,
	CONFIG_READY_PORT,
	CONFIG_READY_NOTIFY,
	CONFIG_READY_CHECK,
};

/* One step of an escalation: the signal, then the wait before the next one. */
struct config_stop {
	struct config_head head;
	int signal;
	int64_t wait; /* ms; CONFIG_NONE: for ever */
};

struct config_exit {
	struct config_head head;
	int from, to; /* 0-255 */
	bool stopped; /* only when a stop was asked for */
};

enum config_restart { CONFIG_RESTART_NEVER, CONFIG_RESTART_ON_FAILURE, CONFIG_RESTART_ALWAYS };

struct config_app {
	struct config_head head;
	const char *const *command; /* argv, NULL at its end; NULL: not set */
	const char *directory;
	const char *user; /* name or uid[:gid] */
	struct config_word *groups; /* names or gids; "none" alone: none; NULL: the user's */
	struct config_capabilities capabilities; /* to keep */
	struct config_capabilities ambient;
	enum config_choice no_new_privileges;
	int64_t umask;
	uint64_t stop_on; /* bit n-1: signal n */
	struct config_stop *stop_signal; /* NULL: the signal that asked */
	int64_t stop_timeout; /* ms */
	int64_t drain; /* ms */
	int64_t leftover_timeout; /* ms */
	enum config_scope signal_scope;
	enum config_choice tty;
	enum config_restart restart;
	int64_t restart_delay; /* ms */
	int64_t restart_delay_max; /* ms */
	int64_t restart_limit; /* failures in a row; 0: none */
	struct config_exit *exit_map;
	enum config_ready ready;
	int64_t ready_timeout; /* ms */
};

enum { CONFIG_LIMITS = 16 }; /* RLIM_NLIMITS */
#define CONFIG_UNLIMITED INT64_MAX

struct config_limit {
	int64_t soft, hard;
	bool given;
};

struct config_limits {
	struct config_head head;
	struct config_limit of[CONFIG_LIMITS]; /* by RLIMIT_* */
};

enum config_denial { CONFIG_ERRNO, CONFIG_KILL, CONFIG_LOG_ONLY };

struct config_seccomp {
	struct config_head head;
	const char *profile; /* "none", "default", "strict", or the path of a file */
	struct config_word *allow, *deny; /* names, perhaps of other architectures */
	enum config_denial action;
};

enum { CONFIG_PORT_AUTO = 0 }; /* in preset; CONFIG_NONE: no default */
enum config_protocol { CONFIG_TCP, CONFIG_UDP };
enum config_taken { CONFIG_TAKEN_FAIL, CONFIG_TAKEN_NEXT };
enum config_handover { CONFIG_NUMBER, CONFIG_SOCKET };

struct config_range {
	uint16_t first, last;
};

struct config_port {
	struct config_head head;
	struct config_word *from; /* variables in order; NULL: the conventional ones */
	int64_t preset; /* "default": a number, CONFIG_PORT_AUTO or CONFIG_NONE */
	struct config_range range;
	enum config_protocol protocol;
	struct config_ip bind;
	enum config_handover handover;
	struct config_word *export;
	enum config_taken taken;
	enum config_choice reserve;
	bool share;
};

enum config_registry {
	CONFIG_REGISTRY_NONE,
	CONFIG_REGISTRY_CONSUL,
	CONFIG_REGISTRY_ETCD,
	CONFIG_REGISTRY_FILE,
};

enum config_layout { CONFIG_SKYDNS, CONFIG_REGISTRATOR, CONFIG_PLAIN };

struct config_discovery {
	struct config_head head;
	enum config_registry registry;
	const char *address; /* NULL: the registry's own default */
	const char *token; /* secret */
	const char *user, *password; /* the latter is secret */
	const char *prefix; /* of keys; NULL: the layout's */
	enum config_layout layout;
	const char *ca; /* a file or a directory; NULL: the image's own */
	const char *certificate, *key; /* files */
	const char *server_name; /* NULL: the address's host */
	bool verify;
	int64_t timeout; /* ms */
	bool required;
};

enum config_initial { CONFIG_CRITICAL, CONFIG_PASSING };

struct config_service {
	struct config_head head;
	const char *port; /* a [port] name, a number or env:NAME; NULL: the convention */
	struct config_word *address; /* selectors in order; NULL: the default ones */
	const char *title; /* "name": in the registry; NULL: the section's */
	const char *id;
	struct config_word *tags;
	struct config_pair *meta;
	int64_t ttl; /* ms */
	int64_t deregister_after; /* ms */
	int64_t drain; /* ms */
	enum config_initial initial;
};

enum config_reaction {
	CONFIG_CHANGE_NONE,
	CONFIG_CHANGE_SIGNAL,
	CONFIG_CHANGE_EXEC,
	CONFIG_CHANGE_RESTART,
};

/* on-change: what is done when something has changed. */
struct config_change {
	enum config_reaction what;
	int signal; /* of CONFIG_CHANGE_SIGNAL */
	const char *const *command; /* of CONFIG_CHANGE_EXEC: argv, NULL at its end */
};

/* The members of a service, as they are believed: the only part of a configuration that changes. */
struct config_members {
	bool known; /* the registry has answered */
	unsigned count;
	struct config_neighbour items[CONFIG_MEMBERS]; /* ip; and in an overlay, mac and vtep */
};

struct config_watch {
	struct config_head head;
	const char *service; /* NULL: the one of the section's name */
	struct config_word *tags; /* that an instance has to have, all of them */
	const char *near; /* NULL: in no order of the registry's */
	int64_t wait; /* ms */
	struct config_change on_change;
	int64_t debounce, splay, empty_after; /* ms */
	struct config_members *members; /* NULL: no setting follows them */
};

struct config_template {
	struct config_head head;
	const char *path; /* NULL: the section's name */
	const char *source;
	int64_t mode; /* CONFIG_NONE: the old file's; as owner, if it is NULL */
	const char *owner; /* name or uid[:gid] */
	const char *const *check; /* argv, NULL at its end; NULL: none */
	struct config_change on_change;
};

enum config_when {
	CONFIG_PRE_START,
	CONFIG_POST_START,
	CONFIG_PRE_STOP,
	CONFIG_POST_STOP,
	CONFIG_ALONGSIDE,
	CONFIG_EVERY,
};

struct config_moment {
	enum config_when at;
	int64_t interval; /* ms; only of CONFIG_EVERY */
};

enum config_on_failure {
	CONFIG_ON_FAILURE_FAIL,
	CONFIG_ON_FAILURE_IGNORE,
	CONFIG_ON_FAILURE_RESTART
};

struct config_job {
	struct config_head head;
	const char *const *command; /* argv, NULL at its end */
	struct config_moment when;
	const char *user; /* NULL, and a umask of CONFIG_NONE: as the application */
	const char *directory;
	int64_t umask;
	int64_t timeout; /* ms; like on_failure, unset it is what suits the moment */
	enum config_on_failure on_failure;
};

/* One of http, tcp and exec is set. */
struct config_check {
	struct config_head head;
	const char *service; /* NULL: the one of the same name, else all */
	const char *http; /* the target of the request: a path, perhaps with a query */
	bool tcp;
	const char *const *exec; /* argv, NULL at its end */
	int64_t interval, timeout; /* ms */
	int64_t rise, fall; /* results in a row */
};

/* Where a server listens. */
struct config_listen {
	struct config_ip ip; /* family 0: on all addresses */
	uint16_t port; /* 0: nowhere */
};

struct config_metrics {
	struct config_head head;
	struct config_listen listen;
};

enum config_level { CONFIG_LOG_ERROR, CONFIG_LOG_WARN, CONFIG_LOG_INFO, CONFIG_LOG_DEBUG };
enum config_format { CONFIG_TEXT, CONFIG_JSON };

struct config_log {
	struct config_head head;
	enum config_level level;
	enum config_format format;
};

struct config_control {
	struct config_head head;
	const char *socket; /* NULL: where there is room for it; "none": nowhere */
};

struct config_agent {
	struct config_head head;
	const char *user;
	struct config_word *groups; /* names or gids; NULL, and "none" alone: none */
};

struct config {
	struct config_app app;
	struct config_pair *env;
	struct config_pair
		*signals; /* what comes in, and what goes on for it: a signal, "ignore" */
	struct config_limits limits;
	struct config_seccomp seccomp;
	struct config_port *ports;
	struct config_net net;
	struct config_interface *interfaces;
	struct config_dns dns;
	struct config_hosts hosts;
	struct config_host host;
	struct config_discovery discovery;
	struct config_service *services;
	struct config_watch *watches;
	struct config_template *templates;
	struct config_job *jobs;
	struct config_check *checks;
	struct config_log log;
	struct config_control control;
	struct config_metrics metrics;
	struct config_agent agent;

	const char *path; /* of the file; NULL: there was none */
	bool given; /* a file, a variable of ours or -o: not a plain init */
};

/* All mistakes of a configuration, a line each, then "... and N more". Untouched if there is none.
 */
struct config_report {
	unsigned mistakes;
	size_t len;
	char text[32768];
};

/* Where the settings come from, the weakest first. */
struct config_input {
	const char *path; /* NULL: no file */
	bool optional; /* a file that does not exist is no mistake */
	char *const *environment; /* "NAME=value", NULL at its end; NULL: none */
	const char *const *options; /* "KIND[ NAME].KEY=VALUE" each, NULL at its end; NULL: none */
};

/* Fills the one zeroed config. What it points to lives for ever and belongs to it; input may go.
 * Returns -1 if there was any mistake: the report names all of them, each with file:line or
 * variable. */
int config_load(struct config *, const struct config_input *, struct config_report *);

/* Whether NAME=value is a setting of ours, which the application must not see. */
bool config_is_ours(const char *variable);

/* Writes where a value comes from: "pintle.ini:12", "PINTLE_APP_USER", "-o". */
void config_where(const struct config *, const struct config_origin *, char *text, size_t size);

/* Writes every setting in effect with its origin as an ini file, secrets as (set), to fd. */
void config_print(const struct config *, int fd);

enum config_reference { CONFIG_REFERENCE_INI, CONFIG_REFERENCE_MAN, CONFIG_REFERENCE_MARKDOWN };

/* Writes the table of all settings, from the schema, to fd. */
void config_reference(enum config_reference, int fd);

/* The value of a name that pintle computes (PORT_WEB), NULL if it is not known. */
typedef const char *config_lookup(void *context, const char *name);

/* Whether the value holds such a name, so that it needs config_expand. */
bool config_is_late(const char *value);

/* Writes a value, with the names filled in that are known only while running ("${PORT_WEB}" in
 * [app] command). Fails if it does not fit. */
int config_expand(const char *value, config_lookup *, void *context, char *text, size_t size,
		  struct error *);

#endif
