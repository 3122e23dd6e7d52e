/* SPDX-License-Identifier: Apache-2.0 */
/* What neighbours are told, byte for byte; and when there is nothing more to tell. */
#include <linux/if.h>
#include <linux/rtnetlink.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "netcfg/announce.h"
#include "tests/unit/netcfg/given.h"

#include <cmocka.h>

enum { ETH0 = 2 };

static const struct net_link eth0 = { .mac = { 2, 0x42, 10, 0, 0, 2 } };

/* RFC 826: who has 10.0.0.2? Tell 10.0.0.2. */
static void arp(void **unused) {
	static const uint8_t wanted[] = { 0,  1, 8, 0, 6, 4, 0, 1, 2, 0x42, 10, 0, 0, 2,
					  10, 0, 0, 2, 0, 0, 0, 0, 0, 0,    10, 0, 0, 2 };
	const struct config_ip ip = given_ip("10.0.0.2");
	uint8_t frame[NET_FRAME];
	(void)unused;
	assert_int_equal(net_announcement(&eth0, &ip, frame), sizeof wanted);
	assert_memory_equal(frame, wanted, sizeof wanted);
}

static void advertisement(void **unused) {
	const struct config_ip ip = given_ip("fd00::2");
	uint8_t frame[NET_FRAME];
	uint32_t sum = 0;
	(void)unused;
	assert_int_equal(net_announcement(&eth0, &ip, frame), 72);
	assert_memory_equal(frame, "\x60\0\0\0\0\x20\x3a\xff", 8);
	assert_memory_equal(frame + 8, ip.bytes, 16);
	assert_memory_equal(frame + 24, "\xff\2\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	assert_memory_equal(frame + 40, "\x88\0", 2);
	assert_memory_equal(frame + 44, "\x20\0\0\0", 4); /* override */
	assert_memory_equal(frame + 48, ip.bytes, 16);
	assert_memory_equal(frame + 64, "\2\1\2\x42\x0a\0\0\2", 8);
	/* With its checksum all of it, and the pseudo-header, sums up to 0 (RFC 1071). */
	for (unsigned n = 8; n < 72; n += 2)
		sum += (uint32_t)frame[n] << 8 | frame[n + 1];
	sum += 32 + 58;
	sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff);
}

static void rounds(void **unused) {
	const struct config *c = given_config(LOADED("interface eth0.address=10.0.0.2/24",
						     "interface eth0.announce=2",
						     "interface eth9.address=10.9.0.2/24"));
	struct net_state *state = given_kernel();
	(void)unused;
	given_link(state, "eth0", IFF_UP, 1500);
	(void)given_address(state, ETH0, "10.0.0.2/24");
	assert_false(net_announce(-1, c, state, 0)); /* without a MAC */
	state->links[1].mac[5] = 1;
	assert_true(net_announce(-1, c, state, 0));
	assert_false(net_announce(-1, c, state, 1));
	assert_false(net_announce(-1, c, state, 2));
	state->links[1].flags |= IFF_NOARP;
	assert_false(net_announce(-1, c, state, 0));
	state->links[1].flags = 0;
	assert_false(net_announce(-1, c, state, 0));
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arp),
		cmocka_unit_test(advertisement),
		cmocka_unit_test(rounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
