/* SPDX-License-Identifier: Apache-2.0 */
/* The settings. */
#include "config/row.gen.h"

#include <sys/resource.h>

#define KEY ROW
#define ROWS(list) .rows = (list), .count = sizeof(list) / sizeof((list)[0])
#define ONE(member, rows) ROWS(rows), .offset = offsetof(struct config, member)
#define MANY(member, rows, most)                                                                   \
	ONE(member, rows), .size = sizeof(*((struct config *)0)->member), .limit = (most)

static const struct row app_keys[] = {
	{ KEY(app, command, WORDS, "command"), .late = true,
	  .help = "The program and its arguments, quoted as for a shell; there is no shell." },
	{ KEY(app, directory, TEXT, "directory"),
	  .help = "Where it runs; unset, where pintle was started." },
	{ KEY(app, umask, OCTAL, "umask"), .max = 0777,
	  .help = "Its file mode creation mask, in octal; unset, as inherited." },
	{ KEY(app, user, USER, "user"),
	  .help = "Who it runs as: a name, or uid[:gid]; unset, whom pintle was started as." },
	{ KEY(app, groups, GROUPS, "groups"),
	  .help = "Its supplementary groups: names or numbers, or none; unset, the user's in "
		  "/etc/group." },
	{ KEY(app, capabilities, CAPABILITIES, "capabilities"),
	  .help = "The capabilities that it and what it starts may have at most; unset, those of "
		  "pintle." },
	{ KEY(app, ambient, CAPABILITIES, "ambient"),
	  .help = "The capabilities that it has although its user is not root." },
	{ KEY(app, no_new_privileges, CHOICE, "no-new-privileges"), .preset = "auto",
	  .choices = "auto|yes|no",
	  .help = "Whether sudo and the like stop working for it; auto: if a seccomp profile needs "
		  "it." },
	{ KEY(app, stop_on, SIGNALS, "stop-on"), .preset = "TERM INT",
	  .help = "The signals that ask for the shutdown; name the image's STOPSIGNAL here." },
	{ KEY(app, stop_signal, STOPS, "stop-signal"),
	  .help = "What it is told: another signal, or an escalation as in USR1 5s, TERM 3s; "
		  "unset, "
		  "the signal that asked." },
	{ KEY(app, stop_timeout, DURATION, "stop-timeout"), .preset = "none", .none = true,
	  .help = "How long it may take to end before it is killed; none: the container runtime's "
		  "limit rules." },
	{ KEY(app, drain, DURATION, "drain"), .preset = "0",
	  .help = "How long it goes on between the request to stop and the stop signal." },
	{ KEY(app, leftover_timeout, DURATION, "leftover-timeout"), .preset = "5s",
	  .help = "How long processes that outlive it have between TERM and KILL." },
	{ KEY(app, signal_scope, CHOICE, "signal-scope"), .preset = "process",
	  .choices = "process|group|all",
	  .help = "Who gets the signals: its process, its group, or all in the namespace." },
	{ KEY(app, tty, CHOICE, "tty"), .preset = "auto", .choices = "auto|yes|no",
	  .help = "Whether it gets the terminal; auto: if standard input is one of ours." },
	{ KEY(app, restart, CHOICE, "restart"), .preset = "never",
	  .choices = "never|on-failure|always",
	  .help = "Whether it is started again when it has ended without being asked to." },
	{ KEY(app, restart_delay, DURATION, "restart-delay"), .preset = "1s",
	  .help = "The wait before it is started again; doubles each time." },
	{ KEY(app, restart_delay_max, DURATION, "restart-delay-max"), .preset = "30s",
	  .help = "What that wait grows to." },
	{ KEY(app, restart_limit, NUMBER, "restart-limit"), .preset = "0", .max = 1000000,
	  .help = "How often it is started again after failures in a row, with no 60s up in "
		  "between; 0: no limit." },
	{ KEY(app, exit_map, EXITS, "exit-map"),
	  .help = "Exit statuses to change: 143=0, or stop:143=0 only after a request to stop." },
	{ KEY(app, ready, CHOICE, "ready"), .preset = "started",
	  .choices = "started|port|notify|check",
	  .help = "When it is ready: started; something listens on its ports; it says READY=1; its "
		  "checks pass." },
	{ KEY(app, ready_timeout, DURATION, "ready-timeout"), .preset = "60s", .none = true,
	  .help = "After which time without readiness to warn; it is announced when it is ready." },
};

static const struct row env_keys[] = {
	{ ROW_OF(struct config, env, PAIRS, "*"), .late = true,
	  .help = "A variable of the application; an empty value unsets it." },
};

static const struct row signals_keys[] = {
	{ ROW_OF(struct config, signals, PAIRS, "*"),
	  .help = "What goes on to the application when this signal comes in: another, or "
		  "ignore." },
};

#define LIMIT(resource, kind, name) KEY(limits, of[RLIMIT_##resource], kind, name)

static const struct row limits_keys[] = {
	{ LIMIT(AS, LIMIT_SIZE, "as"), .help = "Its virtual memory." },
	{ LIMIT(CORE, LIMIT_SIZE, "core"), .help = "The core files that it leaves; 0: none." },
	{ LIMIT(CPU, LIMIT, "cpu"), .help = "Its processor time in seconds." },
	{ LIMIT(DATA, LIMIT_SIZE, "data"), .help = "Its data and heap." },
	{ LIMIT(FSIZE, LIMIT_SIZE, "fsize"), .help = "The files that it writes." },
	{ LIMIT(LOCKS, LIMIT, "locks"),
	  .help = "File locks; Linux has not looked at it since 2.4." },
	{ LIMIT(MEMLOCK, LIMIT_SIZE, "memlock"), .help = "The memory that it locks." },
	{ LIMIT(MSGQUEUE, LIMIT_SIZE, "msgqueue"), .help = "POSIX message queues of its user." },
	{ LIMIT(NICE, LIMIT, "nice"), .help = "How far it may go up: to the nice value 20 - N." },
	{ LIMIT(NOFILE, LIMIT, "nofile"), .help = "Its open files: the highest descriptor + 1." },
	{ LIMIT(NPROC, LIMIT, "nproc"), .help = "Processes and threads of its user." },
	{ LIMIT(RSS, LIMIT_SIZE, "rss"),
	  .help = "Its resident memory; Linux does not look at it." },
	{ LIMIT(RTPRIO, LIMIT, "rtprio"), .help = "Its real-time priority." },
	{ LIMIT(RTTIME, LIMIT, "rttime"),
	  .help = "Real-time processor time without a pause, in microseconds." },
	{ LIMIT(SIGPENDING, LIMIT, "sigpending"), .help = "Signals pending for its user." },
	{ LIMIT(STACK, LIMIT_SIZE, "stack"), .help = "The stack of its first thread." },
};

static const struct row seccomp_keys[] = {
	{ KEY(seccomp, profile, PROFILE, "profile"), .preset = "none",
	  .choices = "none|default|strict",
	  .help = "Which system calls it may use: Docker's default, those of a plain server, or a "
		  "file of Docker's JSON." },
	{ KEY(seccomp, allow, SYSCALLS, "allow"),
	  .help = "What is allowed besides; if there is no profile and no deny, all that is "
		  "allowed." },
	{ KEY(seccomp, deny, SYSCALLS, "deny"), .help = "What is denied besides." },
	{ KEY(seccomp, action, CHOICE, "action"), .preset = "errno", .choices = "errno|kill|log",
	  .help = "What denying means: EPERM, the process's end by SIGSYS, or only a line in the "
		  "kernel's log." },
};

static const struct row port_keys[] = {
	{ KEY(port, from, VARIABLES, "from"),
	  .help = "The variables that may hold the number, in order; unset, PORT_<NAME>, "
		  "NOMAD_PORT_<name>, PORT or PORT<n>." },
	{ KEY(port, preset, PORT, "default"),
	  .help = "The number if no variable gives one; auto: a free one." },
	{ KEY(port, range, RANGE, "range"), .preset = "20000-32000",
	  .help = "Where auto looks for a free one." },
	{ KEY(port, protocol, CHOICE, "protocol"), .preset = "tcp", .choices = "tcp|udp",
	  .help = "What listens there." },
	{ KEY(port, bind, IP, "bind"),
	  .help = "The address that it has to be free on; unset, all of them." },
	{ KEY(port, handover, CHOICE, "handover"), .preset = "environment",
	  .choices = "environment|socket",
	  .help = "What the application gets: the number, or a socket that pintle has bound, from "
		  "descriptor 3 on." },
	{ KEY(port, export, VARIABLES, "export"),
	  .help = "Further names under which the application gets the number." },
	{ KEY(port, taken, CHOICE, "taken"), .preset = "fail", .choices = "fail|next",
	  .help = "What to do if it is taken: fail, or take the next free one." },
	{ KEY(port, reserve, CHOICE, "reserve"), .preset = "auto", .choices = "auto|yes|no",
	  .help = "Hold it until the container ends; auto: if it was chosen by auto or next." },
	{ KEY(port, share, FLAG, "share"), .preset = "no",
	  .help = "Neighbours with SO_REUSEPORT do not count as taking it." },
};

static const struct row net_keys[] = {
	{ KEY(net, mode, CHOICE, "mode"), .preset = "auto", .choices = "auto|apply|verify|leave",
	  .help = "Change the network, only verify it, or leave it alone; auto decides by what is "
		  "there." },
	{ KEY(net, wait, DURATION, "wait"), .preset = "10s",
	  .help = "How long to wait for interfaces, carrier and addresses." },
	{ KEY(net, on_error, CHOICE, "on-error"), .preset = "fail", .choices = "fail|warn",
	  .help = "Whether a network that is not as wanted ends the start." },
	{ KEY(net, reconcile, CHOICE, "reconcile"), .preset = "log", .choices = "log|repair|no",
	  .help = "What to do when it is no longer as wanted while the application runs." },
};

static const struct row interface_keys[] = {
	{ KEY(interface, up, FLAG, "up"), .preset = "yes", .help = "Whether it is to be up." },
	{ KEY(interface, mtu, NUMBER, "mtu"), .min = 68, .max = 65536,
	  .help = "Bytes in a packet; 1280 at least for IPv6; unset, as it is." },
	{ KEY(interface, match, MATCH, "match"),
	  .help = "How to find it; unset, by the section's name." },
	{ KEY(interface, kind, KIND, "kind"), .preset = "existing",
	  .help = "What it is; all but existing ones are created if they are missing." },
	{ KEY(interface, rename, LINK, "rename"), .help = "What it is to be called." },
	{ KEY(interface, mac, MAC, "mac"),
	  .help = "Its MAC address; unset, as it is, and for vxlan 02:42 and the IPv4 address." },
	{ KEY(interface, tx_queue, NUMBER, "tx-queue"), .max = INT32_MAX,
	  .help = "Packets that may wait to be sent; unset, as it is." },
	{ KEY(interface, master, LINK, "master"), .help = "The bridge that it is a port of." },
	{ KEY(interface, parent, LINK, "parent"),
	  .help = "The interface below a vlan, macvlan, ipvlan or vxlan." },
	{ KEY(interface, vlan_id, NUMBER, "vlan-id"), .min = 1, .max = 4094,
	  .help = "The tag of a vlan." },
	{ KEY(interface, addresses, ADDRESSES, "address"),
	  .help = "An address: IP/N [peer P] [nodad|dad] [scope S] [label L] [metric M]." },
	{ KEY(interface, gateways, GATEWAYS, "gateway"),
	  .help = "A default gateway: A [metric M] [onlink]." },
	{ KEY(interface, routes, ROUTES, "route"),
	  .help = "As in ip route: DEST [via A] [src A] [metric M] [table T] [onlink] [mtu N] "
		  "[nexthop via A ...]." },
	{ KEY(interface, rules, RULES, "rule"),
	  .help = "A policy rule in the words of ip rule: from 10.0.0.2 table 100 priority 1000." },
	{ KEY(interface, neighbours, NEIGHBOURS, "neighbour"),
	  .help = "The MAC address of a neighbour, for good." },
	{ KEY(interface, sysctls, PAIRS, "sysctl.*"),
	  .help = "A kernel setting of it: ipv4.rp_filter, ipv6.accept_ra, "
		  "ipv4.neigh.app_solicit." },
	{ KEY(interface, announce, NUMBER, "announce"), .preset = "3", .max = 100,
	  .help = "How often neighbours are told of new addresses, half a second apart." },
	{ KEY(interface, hotplug, FLAG, "hotplug"), .preset = "no",
	  .help = "Whether it may come and go while the application runs; it is not waited for." },
	{ KEY(interface, vni, NUMBER, "vni"), .min = 1, .max = 0xffffff,
	  .help = "The number of a vxlan network." },
	{ KEY(interface, local, IP, "local"),
	  .help = "The address of ours that a vxlan's packets come from." },
	{ KEY(interface, port, NUMBER, "port"), .preset = "4789", .min = 1, .max = 65535,
	  .help = "The UDP port of a vxlan, here and there." },
	{ KEY(interface, peers, PEERS, "peer"),
	  .help = "Who is where in a vxlan: address, MAC, and the host's address; of a veth, the "
		  "other end's name." },
	{ KEY(interface, members, TEXT, "peers"),
	  .help = "service:NAME: the instances of this service are peers of a vxlan as well." },
	{ KEY(interface, floods, FLOODS, "flood"),
	  .help = "The hosts that get what a vxlan has for all or for strangers." },
};

static const struct row dns_keys[] = {
	{ KEY(dns, nameservers, FLOODS, "nameserver"), .help = "The name servers; three at most." },
	{ KEY(dns, search, LIST, "search"), .help = "The domains that short names are tried in." },
	{ KEY(dns, options, LIST, "options"),
	  .help = "The resolver's options: ndots:1, timeout:2." },
	{ KEY(dns, force, FLAG, "force"), .preset = "no",
	  .help = "Whether nameserver replaces Docker's own 127.0.0.11, too." },
};

static const struct row hosts_keys[] = {
	{ KEY(hosts, list, PAIRS, "*"),
	  .help = "The IP address of this host; or service:NAME, whose instances it follows." },
};

static const struct row host_keys[] = {
	{ KEY(host, name, TEXT, "name"),
	  .help = "The container's own host name; unset, as it is." },
};

static const struct row discovery_keys[] = {
	{ KEY(discovery, registry, CHOICE, "registry"), .preset = "none",
	  .choices = "none|consul|etcd|file", .help = "Where services are announced." },
	{ KEY(discovery, address, TEXT, "address"),
	  .help = "http[s]://HOST:PORT, HOST:PORT or unix:PATH (of etcd several, after commas); "
		  "the directory of file." },
	{ KEY(discovery, token, TEXT, "token"), .secret = true,
	  .help = "The access token of consul; file:PATH reads it from a file." },
	{ KEY(discovery, user, TEXT, "user"), .help = "Who it is to etcd." },
	{ KEY(discovery, password, TEXT, "password"), .secret = true,
	  .help = "That user's password; file:PATH reads it from a file." },
	{ KEY(discovery, prefix, TEXT, "prefix"),
	  .help = "What keys in etcd begin with; unset, /skydns/local/cluster for skydns, else "
		  "/services." },
	{ KEY(discovery, layout, CHOICE, "layout"), .preset = "skydns",
	  .choices = "skydns|registrator|plain",
	  .help = "What stands in etcd: what CoreDNS reads, address:port, or all as JSON." },
	{ KEY(discovery, ca, PATH, "ca"),
	  .help = "Who may sign the certificate of https: a file or a directory, PEM; unset, the "
		  "image's own." },
	{ KEY(discovery, certificate, PATH, "certificate"),
	  .help = "Our own certificate for https, and who signed it: a file, PEM." },
	{ KEY(discovery, key, PATH, "key"), .help = "The certificate's private key: a file, PEM." },
	{ KEY(discovery, server_name, TEXT, "server-name"),
	  .help = "The name that the server's certificate has to be for; unset, the address's." },
	{ KEY(discovery, verify, FLAG, "verify"), .preset = "yes",
	  .help = "Whether the server has to prove with its certificate who it is." },
	{ KEY(discovery, timeout, DURATION, "timeout"), .preset = "5s", .min = 100,
	  .help = "How long one request may take." },
	{ KEY(discovery, required, FLAG, "required"), .preset = "no",
	  .help = "Do not start the application while the registry can't be reached." },
};

static const struct row service_keys[] = {
	{ KEY(service, port, TEXT, "port"),
	  .help = "What others connect to: a [port] name, a number or env:NAME; unset, the port of "
		  "the same name or the only one." },
	{ KEY(service, address, LIST, "address"),
	  .help = "The first that matches: eth0, eth0:inet6, eth0[1], inet, inet6, 10.0.0.0/8, "
		  "static:IP, env:NAME." },
	{ KEY(service, title, TEXT, "name"), .late = true,
	  .help = "Its name in the registry; unset, the section's." },
	{ KEY(service, id, TEXT, "id"), .late = true,
	  .help = "Its id in the registry; unset, name-hostname-address-port." },
	{ KEY(service, tags, LIST, "tags"), .late = true, .help = "Its tags." },
	{ KEY(service, meta, PAIRS, "meta.*"), .late = true,
	  .help = "Something to tell others about it." },
	{ KEY(service, ttl, DURATION, "ttl"), .preset = "15s", .min = 5000,
	  .help = "How long it stays listed if pintle does not renew it." },
	{ KEY(service, initial, CHOICE, "initial"), .preset = "critical",
	  .choices = "critical|passing", .help = "Its state until the first check." },
	{ KEY(service, deregister_after, DURATION, "deregister-after"), .preset = "1m",
	  .help = "How long it may be critical before the registry forgets it." },
	{ KEY(service, drain, DURATION, "drain"), .preset = "2s",
	  .help = "How long the application goes on after it was withdrawn." },
};

static const struct row watch_keys[] = {
	{ KEY(watch, service, TEXT, "service"),
	  .help = "Its name in the registry; unset, the section's." },
	{ KEY(watch, tags, LIST, "tag"), .help = "Only instances that have it; several: all." },
	{ KEY(watch, near, TEXT, "near"),
	  .help = "Of consul: the nearest to this node first, _agent to the one asked." },
	{ KEY(watch, wait, DURATION, "wait"), .preset = "30s",
	  .help = "How long the start waits for a healthy instance; 0: it does not." },
	{ KEY(watch, on_change, CHANGE, "on-change"), .preset = "none", .late = true,
	  .help = "What is done when they have changed: the application gets a signal, a command "
		  "runs, or it restarts." },
	{ KEY(watch, debounce, DURATION, "debounce"), .preset = "200ms",
	  .help = "The least time from one change to the next; what comes in between is one." },
	{ KEY(watch, splay, DURATION, "splay"), .preset = "0",
	  .help = "A change takes effect by chance up to so much later, so that not all do at "
		  "once." },
	{ KEY(watch, empty_after, DURATION, "empty-after"), .preset = "10s",
	  .help = "How long there have to be none before that is believed." },
};

static const struct row template_keys[] = {
	{ KEY(template, path, PATH, "path"),
	  .help = "The file that is written; unset, the section's name." },
	{ KEY(template, source, PATH, "source"),
	  .help = "The Mustache file that it is made from." },
	{ KEY(template, mode, OCTAL, "mode"), .max = 0777,
	  .help = "Its file mode, in octal; unset, as the old file has it, else 644." },
	{ KEY(template, owner, USER, "owner"),
	  .help = "Whose it is: a name, or uid[:gid]; unset, as the old file has it, else "
		  "root's." },
	{ KEY(template, check, WORDS, "check"), .late = true,
	  .help = "A command that has to accept the new file, {} or its last word, before it "
		  "replaces the old." },
	{ KEY(template, on_change, CHANGE, "on-change"), .preset = "none", .late = true,
	  .help = "What is done when it was replaced: the application gets a signal, a command "
		  "runs, or it restarts." },
};

static const struct row job_keys[] = {
	{ KEY(job, command, WORDS, "command"), .late = true,
	  .help = "The program and its arguments, quoted as for a shell; there is no shell." },
	{ KEY(job, when, WHEN, "when"), .preset = "pre-start",
	  .help = "When it runs: once, before or after the start or the stop; or as long as the "
		  "application does." },
	{ KEY(job, user, USER, "user"),
	  .help = "Who it runs as: a name, or uid[:gid]; unset, as the application." },
	{ KEY(job, directory, PATH, "directory"),
	  .help = "Where it runs; unset, where the application does." },
	{ KEY(job, umask, OCTAL, "umask"), .max = 0777,
	  .help = "Its file mode creation mask, in octal; unset, the application's." },
	{ KEY(job, timeout, DURATION, "timeout"), .min = 1, .none = true,
	  .help = "How long it may take before its group is killed; unset, 3s for pre-stop and "
		  "post-stop, else none." },
	{ KEY(job, on_failure, CHOICE, "on-failure"), .choices = "fail|ignore|restart",
	  .help = "If it fails; unset, fail for pre-start, restart for alongside, ignore for the "
		  "others." },
};

static const struct row check_keys[] = {
	{ KEY(check, service, TEXT, "service"),
	  .help = "The [service] it speaks for; unset, the one of the same name, else all." },
	{ KEY(check, http, TEXT, "http"),
	  .help = "The path of a GET request; any status from 200 to 399 is good." },
	{ KEY(check, tcp, FLAG, "tcp"), .preset = "no",
	  .help = "Whether a connection is all that is wanted." },
	{ KEY(check, exec, WORDS, "exec"), .late = true,
	  .help = "A command that exits with 0 if all is well, run as the application is." },
	{ KEY(check, interval, DURATION, "interval"), .preset = "5s", .min = 100,
	  .help = "From one check to the next; the first is made at once." },
	{ KEY(check, timeout, DURATION, "timeout"), .preset = "2s", .min = 10,
	  .help = "How long one may take." },
	{ KEY(check, rise, NUMBER, "rise"), .preset = "1", .min = 1, .max = 1000,
	  .help = "How many good results in a row make it pass." },
	{ KEY(check, fall, NUMBER, "fall"), .preset = "2", .min = 1, .max = 1000,
	  .help = "How many bad results in a row make it fail." },
};

static const struct row log_keys[] = {
	{ KEY(log, level, CHOICE, "level"), .preset = "warn", .choices = "error|warn|info|debug",
	  .help = "What is told on standard error." },
	{ KEY(log, format, CHOICE, "format"), .preset = "text", .choices = "text|json",
	  .help = "How it is told." },
};

static const struct row control_keys[] = {
	{ KEY(control, socket, PATH, "socket"), .none = true,
	  .help = "The path of the control socket, or none; unset, /run/pintle.sock or one in "
		  "/dev/shm." },
};

static const struct row metrics_keys[] = {
	{ KEY(metrics, listen, LISTEN, "listen"), .preset = "none",
	  .help = "Where Prometheus gets /metrics: PORT, ADDRESS:PORT, or none." },
};

static const struct row agent_keys[] = {
	{ KEY(agent, user, USER, "user"), .preset = "65534",
	  .help = "Who the process that talks to the registry runs as." },
	{ KEY(agent, groups, GROUPS, "groups"),
	  .help = "Its supplementary groups, names or numbers: those of a socket or a directory it "
		  "needs." },
};

const struct row_section row_sections[] = {
	{ "app", "The application", "The program that the container is for.", ONE(app, app_keys) },
	{ "env", "", "The application's environment, on top of what pintle was given.",
	  ROWS(env_keys), .headless = true },
	{ "limits", "",
	  "The application's resource limits, setrlimit(2); one that is unset is pintle's own.",
	  ONE(limits, limits_keys) },
	{ "signals", "", "Signals that the application gets as others, or not at all: HUP = USR1.",
	  ROWS(signals_keys), .headless = true },
	{ "seccomp", "", "The system calls of the application, and of all that it starts.",
	  ONE(seccomp, seccomp_keys) },
	{ "port", "", "A port of the application, which gets its number as PORT_<NAME>.",
	  MANY(ports, port_keys, CONFIG_PORTS) },
	{ "net", "The network", "How far pintle may configure the network.", ONE(net, net_keys) },
	{ "interface", "", "A network interface.",
	  MANY(interfaces, interface_keys, CONFIG_INTERFACES) },
	{ "dns", "", "What /etc/resolv.conf is to say; what is unset is left as it is.",
	  ONE(dns, dns_keys) },
	{ "hosts", "", "Names in /etc/hosts: redis = 192.168.1.2.", ONE(hosts, hosts_keys) },
	{ "host", "", "The host's own name.", ONE(host, host_keys) },
	{ "discovery", "Discovery", "The registry in which others find this container.",
	  ONE(discovery, discovery_keys) },
	{ "service", "", "What is announced.", MANY(services, service_keys, CONFIG_SERVICES) },
	{ "watch", "", "A service that the application depends on.",
	  MANY(watches, watch_keys, CONFIG_WATCHES) },
	{ "template", "", "A file that is made from what is known here.",
	  MANY(templates, template_keys, CONFIG_TEMPLATES) },
	{ "job", "Jobs", "What else is to be run around the application.",
	  MANY(jobs, job_keys, CONFIG_JOBS) },
	{ "check", "", "Whether the application is well.",
	  MANY(checks, check_keys, CONFIG_CHECKS) },
	{ "log", "pintle itself", "What pintle tells.", ONE(log, log_keys) },
	{ "control", "", "The socket behind pintle --status and its like.",
	  ONE(control, control_keys) },
	{ "metrics", "", "Numbers for Prometheus.", ONE(metrics, metrics_keys) },
	{ "agent", "", "The process that talks to the registry.", ONE(agent, agent_keys) },
	{ .kind = NULL },
};
