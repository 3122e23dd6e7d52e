/* SPDX-License-Identifier: Apache-2.0 */
/* The whole way against a real kernel, in a network namespace of each test's own where lo is all
 * there is; without privileges in a user namespace. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "netcfg/apply.h"
#include "netcfg/kernel.h"
#include "tests/unit/netcfg/given.h"

#include <cmocka.h>

static struct net_state state;
static struct net_plan plan;
static struct net_mode mode;
static struct error error;
static struct net_kernel kernel;

static int own_network(void **unused) {
	(void)unused;
	error = (struct error){ 0 };
	return unshare(CLONE_NEWNET) == 0 || unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 ? 0 : -1;
}

static int configure(const char *const settings[]) {
	error = (struct error){ 0 };
	int result = net_configure(&state, given_config(settings), &mode, NULL, &error);
	net_settle(&state);
	return result;
}

static void must(int result) {
	if (result != 0)
		fail_msg("%d: %s", result, error.text);
}

static unsigned operations(const char *const settings[]) {
	const struct config *c = given_config(settings);
	must(net_observe(&state, c, &error));
	plan.sent = 0;
	must(net_plan(&plan, c, &state, &error));
	return plan.count;
}

static const char *const everything[] = {
	"interface lo.mtu=9000",
	"interface lo.address=10.0.0.2/24",
	"interface lo.address=10.0.0.3/24 label lo:1",
	"interface lo.address=fd00::2/64",
	"interface lo.gateway=10.0.0.1",
	"interface lo.route=fd01::/32 metric 5",
	"interface lo.route=10.5.0.0/16 via 10.0.0.9 src 10.0.0.2 metric 7 mtu 1300",
	"interface lo.route=10.6.0.0/16 table 1000",
	"interface lo.route=192.0.2.1/32 via 198.51.100.1 onlink",
	NULL,
};

static void applied_and_then_so(void **unused) {
	(void)unused;
	must(configure(everything));
	assert_int_equal(mode.mode, CONFIG_MODE_APPLY);
	assert_int_equal(operations(everything), 0);
	assert_int_equal(net_link_named(&state, "lo")->mtu, 9000);
	/* Now somebody was here, and it is as it should be. */
	must(configure(everything));
	assert_int_equal(mode.mode, CONFIG_MODE_APPLY);
}

static void bindable_at_once(void **unused) {
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	(void)unused;
	must(configure(everything));
	to.sin6_addr.s6_addr[0] = 0xfd;
	to.sin6_addr.s6_addr[15] = 2;
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&to, sizeof to), 0);
	(void)close(fd);
}

static void another_prefix_takes_its_place(void **unused) {
	static const char *const before[] = { "net.mode=apply",
					      "interface lo.address=10.0.0.2/24",
					      "interface lo.address=10.0.0.3/24",
					      "interface lo.address=fd00::2/64",
					      "interface lo.gateway=10.0.0.1 metric 4",
					      NULL };
	static const char *const after[] = { "net.mode=apply",
					     "interface lo.address=10.0.0.2/16",
					     "interface lo.address=10.0.0.3/24",
					     "interface lo.address=fd00::2/48",
					     "interface lo.gateway=10.0.0.1 metric 5",
					     NULL };
	(void)unused;
	must(configure(before));
	must(configure(after));
	assert_int_equal(operations(after), 0);
	/* The old ones are gone: all of them would have to be set. */
	assert_true(operations(before) > 0);
	assert_int_equal(state.found_count, 1);
	for (unsigned n = 0; n < state.addresses_count; n++)
		assert_true(state.addresses[n].ip.bytes[0] == 127 ||
			    state.addresses[n].ip.prefix != 64);
}

/* More than fit in two batches. last: one setting more. */
static const char *const *many_settings(const char *last) {
	enum { COUNT = 450 };
	static char lines[2 * COUNT][64];
	static const char *settings[2 * COUNT + 2];
	for (int n = 0; n < COUNT; n++) {
		(void)snprintf(lines[n], sizeof *lines, "interface lo.address=10.1.%d.%d/16",
			       n / 250, n % 250 + 1);
		(void)snprintf(lines[COUNT + n], sizeof *lines, "interface lo.route=10.2.%d.%d/32",
			       n / 250, n % 250 + 1);
		settings[n] = lines[n];
		settings[COUNT + n] = lines[COUNT + n];
	}
	settings[2 * COUNT] = last;
	return settings;
}

static void many(void **unused) {
	(void)unused;
	must(configure(many_settings(NULL)));
	assert_int_equal(operations(many_settings(NULL)), 0);
}

static void many_undone(void **unused) {
	const char *const *settings = many_settings("interface lo.route=10.9.0.0/16 src 192.0.2.1");
	(void)unused;
	assert_int_equal(configure(settings), -1);
	assert_non_null(strstr(error.text, "10.9.0.0/16"));
	assert_int_equal(operations(settings), 450 + 450 + 2);
	assert_int_equal(state.addresses_count, 1); /* 127.0.0.1, which the kernel gave to lo */
}

/* A plan may be applied twice. */
static void applied_twice(void **unused) {
	const struct config *c = given_config(everything);
	(void)unused;
	must(net_observe(&state, c, &error));
	plan.sent = 0;
	must(net_plan(&plan, c, &state, &error));
	assert_true(plan.count > 0);
	must(net_kernel_open(&kernel, &error));
	must(net_send_plan(&kernel, c, &state, &plan, false, &error));
	assert_int_equal(plan.sent, plan.count);
	plan.sent = 0;
	must(net_send_plan(&kernel, c, &state, &plan, false, &error));
	net_kernel_close(&kernel);
	assert_int_equal(operations(everything), 0);
}

static void all_refused(void **unused) {
	static const char *const settings[] = { "interface lo.route=10.8.0.0/16 src 192.0.2.1",
						"interface lo.route=10.9.0.0/16 src 192.0.2.1",
						NULL };
	(void)unused;
	assert_int_equal(configure(settings), -1);
	assert_non_null(strstr(error.text, "route replace 10.8.0.0/16 dev lo src 192.0.2.1"));
	assert_non_null(strstr(error.text, "1 more operations failed"));
}

/* With no address of its family in the file the gateway could be reachable. It is not: the kernel
 * refuses the route, and what came before it is taken back; with on-error = warn it stays. */
static void undone(void **unused) {
	static const char *const failing[] = { "interface lo.mtu=9000",
					       "interface lo.address=fd00::2/64",
					       "interface lo.gateway=172.16.0.1", NULL };
	static const char *const warning[] = { "interface lo.mtu=9000",
					       "interface lo.address=fd00::2/64",
					       "interface lo.gateway=172.16.0.1",
					       "net.on-error=warn", NULL };
	(void)unused;
	assert_int_equal(configure(failing), -1);
	assert_non_null(strstr(error.text, "route replace default via 172.16.0.1 dev lo"));
	assert_non_null(strstr(error.text, "invalid gateway"));
	assert_non_null(strstr(error.text, "onlink"));
	assert_non_null(strstr(error.text, "taken back"));
	assert_int_equal(operations(failing), 4);

	assert_int_equal(configure(warning), -1);
	assert_null(strstr(error.text, "taken back"));
	assert_int_equal(operations(warning), 1);
}

/* What is to go and is gone meanwhile: an address, a route, a rule. */
static void gone_already(void **unused) {
	static const char *const before[] = { "net.mode=apply", "interface lo.address=10.0.0.2/16",
					      "interface lo.route=10.9.0.0/16 metric 4",
					      "interface lo.rule=from 10.0.0.2 table 9 priority 7",
					      NULL };
	static const char *const after[] = { "net.mode=apply", "interface lo.address=10.0.0.2/24",
					     "interface lo.route=10.9.0.0/16 metric 5",
					     "interface lo.rule=from 10.0.0.2 table 9 priority 8",
					     NULL };
	(void)unused;
	must(configure(before));
	const struct config *c = given_config(after);
	must(net_observe(&state, c, &error));
	plan.sent = 0;
	must(net_plan(&plan, c, &state, &error));
	unsigned deletions = 0;
	for (unsigned n = 0; n < plan.count; n++)
		deletions += plan.ops[n].kind == NET_ADDRESS_DELETE ||
			     plan.ops[n].kind == NET_ROUTE_DELETE ||
			     plan.ops[n].kind == NET_RULE_DELETE;
	assert_int_equal(deletions, 3);
	must(net_kernel_open(&kernel, &error));
	assert_int_equal(system("ip addr flush dev lo; ip route flush root 10.9.0.0/16; "
				"ip rule del priority 7"),
			 0);
	must(net_send_plan(&kernel, c, &state, &plan, false, &error));
	net_kernel_close(&kernel);
	assert_int_equal(operations(after), 0);
}

static void an_old_route_comes_back(void **unused) {
	static const char *const before[] = { "net.mode=apply", "interface lo.address=10.0.0.2/24",
					      "interface lo.gateway=10.0.0.1", NULL };
	static const char *const failing[] = { "net.mode=apply",
					       "interface lo.address=10.0.0.2/16",
					       "interface lo.address=10.0.0.3/24",
					       "interface lo.gateway=10.0.0.9",
					       "interface lo.route=10.9.0.0/16 src 192.0.2.1",
					       NULL };
	(void)unused;
	must(configure(before));
	assert_int_equal(configure(failing), -1);
	assert_int_equal(operations(before), 0);
	assert_int_equal(state.addresses_count, 3); /* 127.0.0.1, ::1 and the old one */
}

static void verified(void **unused) {
	static const char *const settings[] = { "net.mode=verify",
						"net.wait=0s",
						"interface lo.mtu=9000",
						"interface lo.address=10.0.0.2/24",
						"interface lo.gateway=10.0.0.1",
						NULL };
	(void)unused;
	assert_int_equal(configure(settings), -1);
	assert_int_equal(mode.mode, CONFIG_MODE_VERIFY);
	assert_non_null(strstr(error.text, "mtu is 65536, wanted 9000"));
	assert_non_null(strstr(error.text, "10.0.0.2/24 is missing"));
	assert_non_null(strstr(error.text, "default via 10.0.0.1 dev lo is missing"));
	assert_non_null(strstr(error.text, "[net] mode = apply"));
	assert_int_equal(state.addresses_count, 0);
}

/* Somebody else configures what we verify: another process of the same namespace. */
static void verified_when_it_has_come(void **unused) {
	static const char *const ours[] = { "net.mode=verify", "net.wait=30s",
					    "interface lo.address=10.0.0.2/24",
					    "interface lo.route=10.5.0.0/16", NULL };
	static const char *const theirs[] = { "net.mode=apply", "interface lo.address=10.0.0.2/24",
					      "interface lo.route=10.5.0.0/16", NULL };
	int status;
	(void)unused;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		_exit(configure(theirs) == 0 ? 0 : 1);
	must(configure(ours));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(mode.mode, CONFIG_MODE_VERIFY);
}

/* All kinds that any kernel has, and what goes with them. */
static const char *const links[] = {
	"interface lo.address=10.0.0.2/32",
	"interface v0.kind=veth",
	"interface v0.peer=v1",
	"interface v0.address=10.1.0.2/24",
	"interface v0.gateway=10.1.0.1",
	"interface v0.neighbour=10.1.0.9 02:00:00:00:00:09",
	"interface v0.rule=from 10.1.0.2 table 100",
	"interface v0.rule=to fd00::/8 prohibit priority 9",
	"interface v0.route=10.5.0.0/16 nexthop via 10.1.0.8 nexthop via 10.1.0.9 weight 2",
	"interface v0.route=unreachable fd05::/16",
	"interface v0.sysctl.ipv4.rp_filter=2",
	"interface v1.master=br0",
	"interface v1.mac=02:00:00:00:00:07",
	"interface v1.tx-queue=7",
	"interface br0.kind=bridge",
	"interface br0.mtu=1400",
	"interface vx0.kind=vxlan",
	"interface vx0.vni=42",
	"interface vx0.local=10.0.0.2",
	"interface vx0.flood=10.0.0.3",
	"interface vx0.peer=10.9.0.3 02:00:00:00:00:03 10.0.0.3",
	NULL,
};

static void links_are_made(void **unused) {
	(void)unused;
	must(configure(links));
	assert_int_equal(operations(links), 0);
	assert_int_equal(net_link_named(&state, "v1")->master,
			 net_link_named(&state, "br0")->index);
	assert_int_equal(net_link_named(&state, "vx0")->mtu, 65486); /* lo's, less 50 */
	assert_null(net_link_named(&state, "vx0")->create);
	must(configure(links));
	assert_false(state.changed);
}

static void links_are_taken_back(void **unused) {
	static const char *settings[sizeof links / sizeof *links + 1];
	(void)unused;
	memcpy(settings, links, sizeof links);
	settings[sizeof links / sizeof *links - 1] = "interface v0.route=10.9.0.0/16 src 192.0.2.1";
	assert_int_equal(configure(settings), -1);
	assert_non_null(strstr(error.text, "taken back"));
	must(net_observe(&state, given_config((const char *const[]){ NULL }), &error));
	assert_int_equal(state.links_count, 1);
}

/* What is not there keeps the rest only where nothing may be missing. */
static void the_rest_is_done(void **unused) {
	static const char *const settings[] = { "net.wait=0",
						"net.on-error=warn",
						"interface eth9.address=10.9.0.2/24",
						"interface eth9.gateway=10.9.0.1 metric 3",
						"interface lo.address=10.0.0.2/24",
						"interface lo.gateway=10.0.0.1",
						NULL };
	(void)unused;
	assert_int_equal(configure(settings), -1);
	assert_non_null(strstr(error.text, "interface eth9"));
	assert_null(strstr(error.text, "10.0.0"));
	assert_int_equal(net_observe(&state, given_config(settings), &error), 0);
	assert_true(state.routes[1].present);
	assert_false(state.routes[0].present);
}

/* Beside what somebody else has made: what the file creates, and nothing more. */
static void only_what_is_created(void **unused) {
	static const char *const before[] = {
		"net.mode=apply",       "interface v0.kind=veth",
		"interface v0.peer=v1", "interface v0.address=10.1.0.2/24",
		"interface v1.up=yes",  NULL
	};
	static const char *const good[] = { "net.wait=0", "interface v0.address=10.1.0.2/24",
					    "interface br0.kind=bridge", NULL };
	static const char *const bad[] = { "net.wait=0", "interface v0.mtu=1400",
					   "interface br1.kind=bridge", NULL };
	(void)unused;
	must(configure(before));
	must(configure(good));
	assert_int_equal(mode.mode, CONFIG_MODE_VERIFY);
	assert_non_null(net_link_named(&state, "br0"));
	assert_int_equal(configure(bad), -1);
	assert_non_null(strstr(error.text, "mtu is 1500, wanted 1400"));
	must(net_observe(&state, given_config(good), &error));
	assert_null(net_link_named(&state, "br1"));
}

static enum net_drift look_again(const char *const settings[], bool repair) {
	error = (struct error){ 0 };
	return net_reconcile(&state, given_config(settings), &mode, repair, &error);
}

static void drift(void **unused) {
	static const char *const otherwise[] = { "net.mode=apply", "interface lo.mtu=8000",
						 "interface lo.address=10.0.0.3/24",
						 "interface lo.gateway=10.0.0.9", NULL };
	static const char *const missing[] = { "net.mode=apply", "interface eth9.up=yes",
					       "interface lo.mtu=7000", NULL };
	(void)unused;
	must(configure(everything));
	assert_int_equal(look_again(everything, true), NET_AS_WANTED);
	assert_string_equal(error.text, "");
	must(configure(otherwise));
	assert_int_equal(look_again(everything, false), NET_DRIFTED);
	assert_non_null(strstr(error.text, "lo: mtu is 8000, wanted 9000"));
	assert_non_null(strstr(error.text, "route is default via 10.0.0.9 dev lo"));
	assert_null(strstr(error.text, "to allow the change"));
	assert_int_equal(look_again(everything, true), NET_REPAIRED);
	assert_non_null(strstr(error.text, "lo: mtu is 8000, wanted 9000"));
	assert_int_equal(look_again(everything, true), NET_AS_WANTED);
	/* What is missing can't be repaired, and does not keep the rest from it. */
	assert_int_equal(look_again(missing, true), NET_DRIFTED);
	assert_non_null(strstr(error.text, "interface eth9"));
	assert_int_equal(net_link_named(&state, "lo")->mtu, 7000);
	mode.mode = CONFIG_MODE_VERIFY;
	assert_int_equal(look_again(everything, true), NET_DRIFTED);
	assert_int_equal(net_link_named(&state, "lo")->mtu, 7000);
}

static void left_alone(void **unused) {
	static const char *const settings[] = { "net.mode=leave", "interface lo.mtu=9000", NULL };
	(void)unused;
	must(configure(settings));
	assert_int_equal(mode.mode, CONFIG_MODE_LEAVE);
	assert_int_equal(net_link_named(&state, "lo")->mtu, 65536);
}

static void nothing_asked_for(void **unused) {
	static const char *const settings[] = { "app.command=true", NULL };
	(void)unused;
	state.links_count = 0;
	must(configure(settings));
	assert_int_equal(mode.mode, CONFIG_MODE_LEAVE);
	assert_int_equal(state.links_count, 0);
}

static void missing_interface(void **unused) {
	static const char *const settings[] = { "net.wait=20ms", "interface eth9.up=yes", NULL };
	(void)unused;
	assert_int_equal(configure(settings), -1);
	assert_non_null(strstr(error.text, "interface eth9"));
	assert_non_null(strstr(error.text, "not present; present: lo"));
	assert_non_null(strstr(error.text, "20 ms"));
}

/* Set up when it has come, whether or not there is repair; and again, when it has come again. */
static void one_that_may_come(void **unused) {
	static const char *const away[] = { "interface eth9.hotplug=yes",
					    "interface eth9.address=10.9.0.2/24",
					    "interface eth9.rule=from 10.9.0.2 table 9",
					    "interface lo.address=10.0.0.2/32", NULL };
	static const char *const comes[] = { "net.mode=apply", "interface eth9.kind=bridge", NULL };
	(void)unused;
	must(configure(away));
	assert_int_equal(mode.mode, CONFIG_MODE_APPLY);
	const struct net_mode apply = mode;
	must(configure(comes));
	mode = apply;
	assert_int_equal(look_again(away, false), NET_JOINED);
	assert_non_null(strstr(error.text, "eth9: address 10.9.0.2/24 is missing"));
	assert_int_equal(look_again(away, false), NET_AS_WANTED);
	assert_int_equal(system("ip addr flush dev eth9"), 0);
	assert_int_equal(look_again(away, false), NET_DRIFTED);
	assert_int_equal(look_again(away, true), NET_REPAIRED);
	assert_int_equal(system("ip link del eth9"), 0);
	assert_int_equal(look_again(away, false), NET_AS_WANTED);
}

static int ends[2];

static int read_end(void) {
	return ends[0];
}

/* Only the third byte that comes is a reason to end. */
static bool third_byte(void) {
	static unsigned count;
	char byte;
	assert_int_equal(read(ends[0], &byte, 1), 1);
	return ++count == 3;
}

static void woken(void **unused) {
	static const char *const settings[] = { "net.wait=1h", "interface eth9.up=yes", NULL };
	(void)unused;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	static const struct net_wake wake = { read_end, third_byte };
	assert_int_equal(write(ends[1], "xxxx", 4), 4);
	assert_int_equal(net_configure(&state, given_config(settings), &mode, &wake, &error),
			 NET_WOKEN);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(read(ends[0], (char[8]){ 0 }, 8), 1); /* the fourth */
	(void)close(ends[0]);
	(void)close(ends[1]);
}

/* What wakes it and is no reason to end does not make the wait any longer. */
static bool never(void) {
	return false;
}

static void the_wait_is_one(void **unused) {
	static const char *const settings[] = { "net.wait=100ms", "interface eth9.up=yes", NULL };
	(void)unused;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	static const struct net_wake wake = { read_end, never };
	assert_int_equal(write(ends[1], "x", 1), 1); /* and stays readable */
	assert_int_equal(net_configure(&state, given_config(settings), &mode, &wake, &error), -1);
	assert_non_null(strstr(error.text, "waited 100 ms"));
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static unsigned open_descriptors(void) {
	unsigned count = 0;
	for (int fd = 0; fd < 64; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void no_descriptor_stays(void **unused) {
	static const char *const missing[] = { "net.wait=1ms", "interface eth9.up=yes", NULL };
	unsigned before = open_descriptors();
	(void)unused;
	must(configure(everything));
	(void)configure(missing);
	assert_int_equal(open_descriptors(), before);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(applied_and_then_so, own_network),
		cmocka_unit_test_setup(bindable_at_once, own_network),
		cmocka_unit_test_setup(another_prefix_takes_its_place, own_network),
		cmocka_unit_test_setup(many, own_network),
		cmocka_unit_test_setup(many_undone, own_network),
		cmocka_unit_test_setup(applied_twice, own_network),
		cmocka_unit_test_setup(all_refused, own_network),
		cmocka_unit_test_setup(undone, own_network),
		cmocka_unit_test_setup(gone_already, own_network),
		cmocka_unit_test_setup(an_old_route_comes_back, own_network),
		cmocka_unit_test_setup(verified, own_network),
		cmocka_unit_test_setup(verified_when_it_has_come, own_network),
		cmocka_unit_test_setup(links_are_made, own_network),
		cmocka_unit_test_setup(links_are_taken_back, own_network),
		cmocka_unit_test_setup(the_rest_is_done, own_network),
		cmocka_unit_test_setup(only_what_is_created, own_network),
		cmocka_unit_test_setup(drift, own_network),
		cmocka_unit_test_setup(left_alone, own_network),
		cmocka_unit_test_setup(nothing_asked_for, own_network),
		cmocka_unit_test_setup(missing_interface, own_network),
		cmocka_unit_test_setup(one_that_may_come, own_network),
		cmocka_unit_test_setup(woken, own_network),
		cmocka_unit_test_setup(the_wait_is_one, own_network),
		cmocka_unit_test_setup(no_descriptor_stays, own_network),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
