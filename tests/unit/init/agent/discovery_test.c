/* SPDX-License-Identifier: Apache-2.0 */
/* The machine with Consul's dialect, where it matters etcd's, and an exchange that plays a script:
 * no network, short times.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init/agent/discovery.h"
#include "init/log.h"
#include "init/loop.h"

#include <cmocka.h>

enum { NEVER = -1, BROKEN = -2, LOG = 4096, PATIENCE = 20 };

static struct config_service configs[2];
static bool critical_before[2];
static struct service_list list;

/* What is answered to each request, the last one for ever. */
static const int *script;
static unsigned requests;
static char targets[64][EXCHANGE_TARGET];
static int64_t times[64];
static int64_t timeouts[64];
static unsigned stop_after; /* requests; 0: never */

static struct message told[64];
static unsigned told_count;
static enum message_kind stop_at; /* a message of this kind */

static struct exchange exchange;
static struct loop_timer answer_timer, deadline, end;
static int status;
static char log_text[LOG];
static int log_pipe[2], log_before;

static void answer(struct loop_timer *t) {
	static const struct exchange_reply replies[] = {
		{ 200, 0, "" },
		{ 201, 22, "\"TTL\":\"15\",\"count\":\"1\"" },
		{ 401, 18, "invalid auth token" },
		{ 403, 6, "denied" },
		{ 404, 0, "" },
		{ 500, 7, "unknown" },
	};

	(void)t;
	loop_disarm(&deadline);
	if (stop_after && requests >= stop_after)
		loop_stop();
	if (status == BROKEN) {
		exchange.done(&exchange, NULL, "broken");
		return;
	}
	for (size_t i = 0; i < sizeof(replies) / sizeof(*replies); i++)
		if (replies[i].status == status) {
			exchange.done(&exchange, &replies[i], NULL); /* and may start the next */
			return;
		}
}

static void late(struct loop_timer *t) {
	(void)t;
	exchange.done(&exchange, NULL, "it does not answer");
}

static void start(struct exchange *x, const struct exchange_request *r, int64_t timeout) {
	(void)x;
	assert_true(requests < 64);
	assert_false(answer_timer.armed || deadline.armed); /* one at a time */
	snprintf(targets[requests], sizeof(targets[0]), "%s", r->target);
	times[requests] = loop_now();
	timeouts[requests++] = timeout;
	status = *script;
	if (script[1])
		script++;
	loop_arm(&deadline, timeout);
	if (status != NEVER)
		loop_arm(&answer_timer, 0);
	else if (stop_after && requests >= stop_after)
		loop_stop();
}

static void hurry(struct exchange *x, int64_t ms) {
	(void)x;
	loop_arm(&deadline, ms);
}

static void cancel(struct exchange *x) {
	(void)x;
	loop_disarm(&answer_timer);
	loop_disarm(&deadline);
}

static void tell(enum message_kind kind, unsigned service, enum message_state state) {
	assert_true(told_count < 64);
	told[told_count++] =
		(struct message){ (uint16_t)kind, (uint16_t)service, (uint16_t)state, 0 };
	if (kind == stop_at)
		loop_stop();
}

static void over(struct loop_timer *t) {
	(void)t;
	loop_stop();
}

static void add(const char *name) {
	struct config_service *c = &configs[list.count];
	struct service *s = &list.items[list.count];

	critical_before[list.count++] = false;
	*c = (struct config_service){ .head.name = name, .ttl = 60, .deregister_after = 60000 };
	*s = (struct service){ .config = c, .name = name, .port = 80 };
	snprintf(s->id, sizeof(s->id), "%s-1", name);
	snprintf(s->address, sizeof(s->address), "10.0.0.5");
}

static const struct registry *registry;

static void init(bool first) {
	const struct discovery_setup setup = {
		.registry = registry,
		.where = "here",
		.services = &list,
		.critical = critical_before,
		.timeout = 5000,
		.first = first,
		.exchange = &exchange,
		.tell = tell,
	};

	discovery_init(&setup);
}

static int set_up(void **state) {
	(void)state;
	alarm(PATIENCE);
	registry = &registry_consul;
	memset(&list, 0, sizeof(list));
	add("web");
	requests = told_count = stop_after = 0;
	stop_at = MESSAGE_KINDS;
	exchange = (struct exchange){ .start = start, .hurry = hurry, .cancel = cancel };
	answer_timer = (struct loop_timer){ .fire = answer };
	deadline = (struct loop_timer){ .fire = late };
	end = (struct loop_timer){ .fire = over };
	if (loop_init() < 0 || pipe2(log_pipe, O_NONBLOCK) < 0)
		return -1;
	log_before = dup(STDERR_FILENO);
	dup2(log_pipe[1], STDERR_FILENO);
	init(true);
	return 0;
}

static int tear_down(void **state) {
	(void)state;
	dup2(log_before, STDERR_FILENO);
	close(log_before);
	close(log_pipe[0]);
	return close(log_pipe[1]);
}

static unsigned log_lines(const char *with) {
	ssize_t n = read(log_pipe[0], log_text, sizeof(log_text) - 1);
	unsigned count = 0;

	log_text[n > 0 ? n : 0] = '\0';
	for (const char *at = log_text; (at = strstr(at, with)); at++)
		count++;
	return count;
}

static void run_until(unsigned count) {
	stop_after = count;
	loop_run();
}

static void run_for(int64_t ms) {
	stop_after = 0;
	loop_arm(&end, ms);
	loop_run();
}

static const char register_first[] = "/v1/agent/service/register?replace-existing-checks=true";
static const char register_again[] = "/v1/agent/service/register";
static const char beat[] = "/v1/agent/check/pass/service:web-1";
static const char critical[] = "/v1/agent/check/fail/service:web-1";
static const char deregister[] = "/v1/agent/service/deregister/web-1";

static void it_registers_and_keeps_alive(void **state) {
	static const int script_[] = { 200, 0 };

	(void)state;
	script = script_;
	discovery_announce();
	run_until(5);
	assert_string_equal(targets[0], register_first);
	for (int i = 1; i < 5; i++)
		assert_string_equal(targets[i], beat);
	assert_true(times[1] - times[0] < 10); /* the first heartbeat at once */
	for (int i = 2; i < 5; i++)
		assert_in_range(times[i] - times[i - 1], 17, 100);
	assert_int_equal(told_count, 2);
	assert_int_equal(told[0].state, MESSAGE_TRYING);
	assert_int_equal(told[1].state, MESSAGE_LISTED);
}

static void a_lost_service_is_registered_again(void **state) {
	static const int script_[] = { 200, 200, 500, 200, 404, 200, 0 };

	(void)state;
	script = script_;
	discovery_announce();
	run_until(7);
	assert_string_equal(targets[2], beat);
	assert_string_equal(targets[3], register_again); /* maintenance is left alone */
	assert_string_equal(targets[4], beat);
	assert_string_equal(targets[5], register_again);
	assert_in_range(times[3] - times[2], 0, 230);
	/* lost twice without a heartbeat in between: now it is in no hurry */
	assert_in_range(times[5] - times[4], 240, 700);
	assert_int_equal(log_lines("does not know it any more"), 1);
}

static void failures_back_off_and_are_told_once(void **state) {
	static const int script_[] = { BROKEN, 0 };
	static const int recovers[] = { 200, 0 };

	(void)state;
	script = script_;
	discovery_announce();
	run_until(3);
	assert_string_equal(targets[2], register_first); /* never accepted yet */
	assert_in_range(times[1] - times[0], 125, 400);
	assert_in_range(times[2] - times[1], 250, 700);
	assert_int_equal(log_lines("registering in consul at here: broken; trying again"), 1);
	script = recovers;
	run_until(5);
	assert_int_equal(log_lines("registered in consul at here again"), 1);
}

static void a_refusal_is_told_once_and_tried_slowly(void **state) {
	static const int script_[] = { 403, 0 };

	(void)state;
	script = script_;
	discovery_announce();
	run_for(800);
	assert_int_equal(requests, 1);
	assert_int_equal(log_lines("status 403: denied"), 1);
}

static void it_withdraws(void **state) {
	static const int script_[] = { 200, 0 };

	(void)state;
	script = script_;
	discovery_announce();
	run_until(2);
	stop_at = MESSAGE_WITHDRAWN;
	discovery_withdraw();
	run_for(1000);
	assert_string_equal(targets[2], deregister);
	assert_int_equal(told[told_count - 1].kind, MESSAGE_WITHDRAWN);
	assert_int_equal(told[told_count - 2].state, MESSAGE_GONE);
	stop_at = MESSAGE_KINDS;
	run_for(100);
	assert_int_equal(requests, 3); /* no heartbeat after it */
	discovery_withdraw();
	assert_int_equal(told[told_count - 1].kind, MESSAGE_WITHDRAWN);
	assert_int_equal(requests, 3);
}

static void it_asks_for_nothing_but_an_answer(void **state) {
	static const int script_[] = { BROKEN, 404, 200, 0 };

	(void)state;
	script = script_;
	stop_at = MESSAGE_REACHED;
	discovery_reach();
	run_for(2000);
	assert_int_equal(requests, 2);
	assert_string_equal(targets[1], "/v1/agent/service/web-1");
	assert_int_equal(told_count, 1);
	assert_int_equal(told[0].kind, MESSAGE_REACHED);
	assert_int_equal(log_lines("a first question to consul at here: broken"), 1);
	discovery_announce();
	run_until(3);
	assert_string_equal(targets[2], register_first);
}

static void withdrawing_is_tried_again(void **state) {
	static const int script_[] = { 200, 200, BROKEN, 0 };
	static const int then[] = { 404, 0 };

	(void)state;
	script = script_;
	discovery_announce();
	run_until(2);
	discovery_withdraw();
	run_until(3);
	script = then;
	stop_at = MESSAGE_WITHDRAWN;
	run_for(3000);
	assert_string_equal(targets[2], deregister);
	assert_string_equal(targets[3], deregister);
	assert_int_equal(requests, 4);
	assert_int_equal(told[told_count - 1].kind, MESSAGE_WITHDRAWN);
}

static void a_dead_registry_is_given_up(void **state) {
	static const int script_[] = { 200, 200, NEVER, 0 };
	int64_t before;

	(void)state;
	script = script_;
	discovery_announce();
	run_until(2);
	before = loop_now();
	stop_at = MESSAGE_WITHDRAWN;
	discovery_withdraw();
	run_for(5000);
	assert_in_range(loop_now() - before, 1900, 2500);
	assert_int_equal(told[told_count - 1].kind, MESSAGE_WITHDRAWN);
	assert_in_range(requests, 3, 5);
	assert_int_equal(timeouts[2], 1000);
	assert_int_equal(log_lines("not withdrawn"), 1);
}

/* The announcement is in flight, and is let through for a moment; after that nobody has to wait. */
static void a_registry_that_never_answered_holds_nobody_up(void **state) {
	static const int script_[] = { NEVER, 0 };
	int64_t before;

	(void)state;
	script = script_;
	discovery_announce();
	run_until(1);
	before = loop_now();
	stop_at = MESSAGE_WITHDRAWN;
	discovery_withdraw();
	run_for(5000);
	assert_in_range(loop_now() - before, 200, 800);
	assert_int_equal(told[told_count - 1].kind, MESSAGE_WITHDRAWN);
	run_until(2);
	assert_string_equal(targets[1], deregister); /* it may have heard of it all the same */
}

static void an_announcement_in_flight_comes_first(void **state) {
	static const int script_[] = { 200, 0 };

	(void)state;
	script = script_;
	discovery_announce();
	loop_arm(&end, 0); /* after the request was started, before its answer */
	while (!requests)
		run_for(0);
	stop_at = MESSAGE_WITHDRAWN;
	discovery_withdraw();
	assert_int_equal(told[told_count - 1].kind, MESSAGE_STATE);
	run_for(1000);
	assert_int_equal(requests, 2);
	assert_string_equal(targets[1], deregister);
	assert_int_equal(told[told_count - 1].kind, MESSAGE_WITHDRAWN);
}

static void a_restarted_agent_does_not_replace(void **state) {
	static const int script_[] = { 200, 0 };

	(void)state;
	script = script_;
	init(false);
	discovery_announce();
	run_until(1);
	assert_string_equal(targets[0], register_again);
}

static void a_restarted_agent_can_withdraw(void **state) {
	static const int script_[] = { 200, 0 };

	(void)state;
	script = script_;
	init(false);
	stop_at = MESSAGE_WITHDRAWN;
	discovery_withdraw();
	assert_int_equal(told_count, 0);
	run_for(1000);
	assert_string_equal(targets[0], deregister);
	assert_int_equal(told[told_count - 1].kind, MESSAGE_WITHDRAWN);
}

static void it_comes_back_after_a_withdrawal(void **state) {
	static const int script_[] = { 200, 0 };

	(void)state;
	script = script_;
	discovery_announce();
	run_until(2);
	discovery_withdraw();
	run_until(3);
	discovery_announce();
	run_until(5);
	assert_string_equal(targets[2], deregister);
	assert_string_equal(targets[3], register_again);
	assert_string_equal(targets[4], beat);
}

static void services_take_turns(void **state) {
	static const int script_[] = { 200, 0 };

	(void)state;
	add("api");
	init(true);
	script = script_;
	discovery_announce();
	run_until(12);
	stop_at = MESSAGE_WITHDRAWN;
	discovery_withdraw();
	run_for(1000);
	assert_string_equal(targets[0], register_first);
	assert_string_equal(targets[1], register_first);
	assert_string_equal(targets[requests - 2], deregister);
	assert_string_equal(targets[requests - 1], "/v1/agent/service/deregister/api-1");
}

static void a_change_is_told_at_once(void **state) {
	static const int script_[] = { 200, 0 };

	(void)state;
	configs[0].ttl = 60000; /* no heartbeat comes in between */
	script = script_;
	discovery_announce();
	run_until(2);
	run_for(20);
	discovery_judge(0, false);
	run_until(3);
	discovery_judge(0, false);
	run_for(50);
	assert_int_equal(requests, 3);
	assert_string_equal(targets[1], beat);
	assert_string_equal(targets[2], critical);
	discovery_judge(0, true);
	run_until(4);
	assert_string_equal(targets[3], beat);
}

static void heartbeats_carry_the_state(void **state) {
	static const int script_[] = { 200, 0 };

	(void)state;
	critical_before[0] = true;
	init(true);
	script = script_;
	discovery_announce();
	run_until(4);
	for (int i = 1; i < 4; i++)
		assert_string_equal(targets[i], critical);
}

/* It is told as soon as the answer to the heartbeat before is there. */
static void a_change_during_a_heartbeat_is_not_lost(void **state) {
	static const int script_[] = { 200, NEVER, 0 };
	static const int then[] = { 200, 0 };

	(void)state;
	configs[0].ttl = 60000;
	script = script_;
	discovery_announce();
	run_until(2);
	discovery_judge(0, false);
	script = then;
	status = 200;
	loop_arm(&answer_timer, 0);
	run_until(3);
	assert_string_equal(targets[1], beat);
	assert_string_equal(targets[2], critical);
	run_for(50);
	assert_int_equal(requests, 3);
}

static void a_change_before_the_announcement_counts(void **state) {
	static const int script_[] = { 200, 0 };

	(void)state;
	script = script_;
	discovery_judge(0, false);
	run_for(20);
	assert_int_equal(requests, 0);
	discovery_announce();
	run_until(2);
	assert_string_equal(targets[1], critical);
}

/* deregister-after: that is what was asked for, and no reason for a warning. */
static void what_was_critical_for_long_is_forgotten_quietly(void **state) {
	static const int script_[] = { 200, 500, 200, 200, 0 };

	(void)state;
	critical_before[0] = true;
	init(true);
	script = script_;
	discovery_announce();
	run_until(4);
	assert_string_equal(targets[2], register_again);
	assert_string_equal(targets[3], critical);
	assert_int_equal(log_lines("does not know it any more"), 0);
}

static struct registry_access access_found;

static void take_etcd(const struct config_discovery *c) {
	struct error e = { 0 };

	registry = &registry_etcd;
	assert_int_equal(registry_etcd.open(&access_found, c, &e), 0);
	init(true);
}

static void a_task_may_take_several_requests(void **state) {
	static const struct config_discovery c = { .address = "10.0.0.1" };
	static const int script_[] = { 200, 200, 201, 201, 200, 0 };

	(void)state;
	take_etcd(&c);
	configs[0].ttl = 60000;
	script = script_;
	discovery_announce();
	run_until(4);
	run_for(20);
	assert_int_equal(requests, 4);
	assert_string_equal(targets[0], "/v3/lease/grant");
	assert_string_equal(targets[1], "/v3/kv/put");
	assert_string_equal(targets[2], "/v3/lease/keepalive");
	assert_string_equal(targets[3], "/v3/kv/range");
	assert_int_equal(told[told_count - 1].state, MESSAGE_LISTED);
	stop_at = MESSAGE_WITHDRAWN;
	discovery_withdraw();
	run_for(1000);
	assert_int_equal(requests, 5);
	assert_string_equal(targets[4], "/v3/lease/revoke");
}

/* It takes every password and then no token; and the next of its addresses is asked for the next
 * try. */
static void a_registry_that_never_has_enough_is_given_time(void **state) {
	static const struct config_discovery c = { .address = "10.0.0.1,10.0.0.2",
						   .user = "web",
						   .password = "x" };
	static const int script_[] = { 200, 401, 200, 401, 200, 401, 200, 0 };

	(void)state;
	take_etcd(&c);
	script = script_;
	discovery_announce();
	run_until(6);
	run_for(20);
	assert_int_equal(requests, 6);
	assert_int_equal(log_lines("never comes to an end"), 1);
	assert_string_equal(access_found.endpoint.text, "10.0.0.2:2379");
	run_until(7);
	assert_in_range(times[6] - times[5], 125, 400);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_registers_and_keeps_alive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_lost_service_is_registered_again, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(failures_back_off_and_are_told_once, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_refusal_is_told_once_and_tried_slowly, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(it_withdraws, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_asks_for_nothing_but_an_answer, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(withdrawing_is_tried_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_dead_registry_is_given_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_registry_that_never_answered_holds_nobody_up,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_announcement_in_flight_comes_first, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_restarted_agent_does_not_replace, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_restarted_agent_can_withdraw, set_up, tear_down),
		cmocka_unit_test_setup_teardown(it_comes_back_after_a_withdrawal, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_change_is_told_at_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(heartbeats_carry_the_state, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_change_during_a_heartbeat_is_not_lost, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_change_before_the_announcement_counts, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_was_critical_for_long_is_forgotten_quietly,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(services_take_turns, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_task_may_take_several_requests, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_registry_that_never_has_enough_is_given_time,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
