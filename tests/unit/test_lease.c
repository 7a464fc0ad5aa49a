/*
 * The rules by which a reply becomes a lease, and the times of a lease
 * (RFC 2131 §4.4.1, §4.4.5).
 */
#include "lease.h"

#include "reply.h"
#include "unit.h"

#include <stdlib.h>

#define LEAST 0U           /* chance: moves a time by -1 s */
#define MIDDLE 0x80000000U /* moves nothing */
#define MOST 0xffffffffU   /* +1 s */

#define START 1000000U /* ms: when the REQUEST was sent */

/* Nothing but what RFC 2131 table 3 makes a MUST. */
static struct message least_ack(void)
{
	struct message ack = {.type = DHCPACK, .yiaddr = ip("192.0.2.10")};

	reply_put_address(&ack, OPTION_SERVER_IDENTIFIER, "192.0.2.1");
	reply_put_u32(&ack, OPTION_LEASE_TIME, 3600);
	return ack;
}

static void expect_refusal(const struct message *message,
			   enum lease_refusal refusal)
{
	struct lease lease, before;

	memset(&lease, 0xa5, sizeof(lease));
	before = lease;
	assert_int_equal(lease_from_message(message, &lease), refusal);
	assert_memory_equal(&lease, &before, sizeof(lease));
}

static struct lease expect_lease(const struct message *message)
{
	struct lease lease;

	assert_int_equal(lease_from_message(message, &lease), LEASE_ACCEPTABLE);
	return lease;
}

/* The mask that a lease has when the reply carries `mask`; NULL: none. */
static struct lease lease_with_mask(const char *address, const char *mask)
{
	struct message ack = least_ack();

	ack.yiaddr = ip(address);
	if (mask != NULL)
		reply_put_address(&ack, OPTION_SUBNET_MASK, mask);
	return expect_lease(&ack);
}

/* A lease of `lifetime_s` whose times are set with those chances. */
static struct lease timed(uint32_t lifetime_s, const struct message *ack,
			  uint32_t chance_t1, uint32_t chance_t2)
{
	struct lease lease = {.lifetime_s = lifetime_s};

	lease_set_times(&lease, ack, START, chance_t1, chance_t2);
	return lease;
}

static void every_refusal_has_words(void **state)
{
	(void)state;
	for (enum lease_refusal i = 0; i < LEASE_REFUSALS; i++) {
		assert_true(strlen(lease_refusal_name(i)) > 0);
		for (enum lease_refusal j = 0; j < i; j++)
			assert_string_not_equal(lease_refusal_name(i),
						lease_refusal_name(j));
	}
}

static void unicast_is_what_a_host_can_have(void **state)
{
	static const char *const usable[] = {
		"1.0.0.0",     "10.0.0.1",    "126.255.255.255", "128.0.0.0",
		"169.254.1.1", "192.168.0.1", "223.255.255.255"};
	static const char *const useless[] = {
		"0.0.0.0",         "0.0.0.1",         "0.255.255.255",
		"127.0.0.0",       "127.0.0.1",       "127.255.255.255",
		"224.0.0.0",       "239.255.255.255", "240.0.0.1",
		"255.255.255.254", "255.255.255.255"};

	(void)state;
	for (size_t i = 0; i < sizeof(usable) / sizeof(usable[0]); i++)
		assert_true(address_is_unicast(ip(usable[i])));
	for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++)
		assert_false(address_is_unicast(ip(useless[i])));
}

static void server_and_lease_time_are_enough(void **state)
{
	const struct message ack = least_ack();
	const struct lease lease = expect_lease(&ack);

	(void)state;
	assert_int_equal(lease.address.s_addr, ip("192.0.2.10").s_addr);
	assert_int_equal(lease.server.s_addr, ip("192.0.2.1").s_addr);
	assert_int_equal(lease.lifetime_s, 3600);
	assert_int_equal(lease.t1_ms, 0);
	assert_int_equal(lease.t2_ms, 0);
	assert_int_equal(lease.expiry_ms, 0);
}

static void without_a_usable_server_there_is_no_lease(void **state)
{
	static const char *const useless[] = {"0.0.0.0", "127.0.0.1",
					      "224.0.0.1", "255.255.255.255"};
	struct message ack = least_ack();

	(void)state;
	reply_drop(&ack, OPTION_SERVER_IDENTIFIER);
	expect_refusal(&ack, LEASE_NO_SERVER);
	reply_put(&ack, OPTION_SERVER_IDENTIFIER, "\xc0\x00\x02", 3);
	expect_refusal(&ack, LEASE_NO_SERVER);
	reply_put(&ack, OPTION_SERVER_IDENTIFIER, "\xc0\x00\x02\x01\x02", 5);
	expect_refusal(&ack, LEASE_NO_SERVER);
	for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
		reply_put_address(&ack, OPTION_SERVER_IDENTIFIER, useless[i]);
		expect_refusal(&ack, LEASE_NO_SERVER);
	}
}

static void without_a_lease_time_there_is_no_lease(void **state)
{
	struct message ack = least_ack();

	(void)state;
	reply_drop(&ack, OPTION_LEASE_TIME);
	expect_refusal(&ack, LEASE_NO_TIME);
	reply_put(&ack, OPTION_LEASE_TIME, "\0\0\x0e", 3);
	expect_refusal(&ack, LEASE_NO_TIME);
	reply_put(&ack, OPTION_LEASE_TIME, "\0\0\x0e\x10\0", 5);
	expect_refusal(&ack, LEASE_NO_TIME);
	reply_put_u32(&ack, OPTION_LEASE_TIME, 0);
	expect_refusal(&ack, LEASE_NO_TIME);
	reply_put_u32(&ack, OPTION_LEASE_TIME, 1);
	assert_int_equal(expect_lease(&ack).lifetime_s, 1);
	reply_put_u32(&ack, OPTION_LEASE_TIME, LEASE_INFINITE);
	assert_int_equal(expect_lease(&ack).lifetime_s, LEASE_INFINITE);
}

static void an_address_that_no_host_can_have_is_refused(void **state)
{
	static const char *const useless[] = {"0.0.0.0", "127.0.0.1",
					      "224.0.0.1", "240.0.0.1",
					      "255.255.255.255"};
	struct message ack = least_ack();

	(void)state;
	for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
		ack.yiaddr = ip(useless[i]);
		expect_refusal(&ack, LEASE_BAD_ADDRESS);
	}
}

static void network_and_broadcast_address_of_the_mask_are_refused(void **state)
{
	static const struct {
		const char *address, *mask;
	} useless[] = {
		{"10.0.0.0", "255.0.0.0"},
		{"10.255.255.255", "255.0.0.0"},
		{"192.0.2.0", "255.255.255.0"},
		{"192.0.2.255", "255.255.255.0"},
		{"192.0.2.8", "255.255.255.252"},
		{"192.0.2.11", "255.255.255.252"},
	};
	struct message ack = least_ack();

	(void)state;
	for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
		ack.yiaddr = ip(useless[i].address);
		reply_put_address(&ack, OPTION_SUBNET_MASK, useless[i].mask);
		expect_refusal(&ack, LEASE_BAD_ADDRESS);
	}
}

/* RFC 3021, and point-to-point: every address is a host's. */
static void prefixes_beyond_30_have_no_network_address(void **state)
{
	(void)state;
	assert_false(lease_with_mask("192.0.2.8", "255.255.255.254")
			     .mask_is_natural);
	assert_false(lease_with_mask("192.0.2.9", "255.255.255.254")
			     .mask_is_natural);
	assert_false(lease_with_mask("192.0.2.0", "255.255.255.255")
			     .mask_is_natural);
	assert_false(lease_with_mask("192.0.2.255", "255.255.255.255")
			     .mask_is_natural);
}

static void a_useful_mask_is_kept(void **state)
{
	(void)state;
	for (unsigned length = 8; length <= 32; length++) {
		const struct in_addr mask = {
			htonl((uint32_t)(0xffffffffULL << (32 - length)))};
		struct message ack = least_ack();
		struct lease lease;

		ack.yiaddr = ip("10.170.170.170");
		reply_put(&ack, OPTION_SUBNET_MASK, &mask.s_addr, 4);
		lease = expect_lease(&ack);
		assert_int_equal(lease.mask.s_addr, mask.s_addr);
		assert_false(lease.mask_is_natural);
	}
}

static void a_missing_mask_is_that_of_the_class(void **state)
{
	static const struct {
		const char *address, *mask;
	} classes[] = {
		{"1.0.0.1", "255.0.0.0"},
		{"126.1.2.3", "255.0.0.0"},
		{"128.0.0.1", "255.255.0.0"},
		{"191.255.0.1", "255.255.0.0"},
		{"192.0.0.1", "255.255.255.0"},
		{"223.255.255.1", "255.255.255.0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
		const struct lease lease =
			lease_with_mask(classes[i].address, NULL);

		assert_int_equal(lease.mask.s_addr, ip(classes[i].mask).s_addr);
		assert_true(lease.mask_is_natural);
	}
}

/* TunnelCrack: a /2 would beat a VPN's two routes of /1. */
static void a_short_or_broken_mask_is_that_of_the_class(void **state)
{
	static const char *const useless[] = {
		"0.0.0.0",       "128.0.0.0",      "192.0.0.0", "254.0.0.0",
		"255.0.255.0",   "255.255.255.1",  "0.0.0.255", "255.255.0.255",
		"255.128.255.0", "127.255.255.255"};

	(void)state;
	for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
		const struct lease lease =
			lease_with_mask("192.0.2.10", useless[i]);

		assert_int_equal(lease.mask.s_addr, ip("255.255.255.0").s_addr);
		assert_true(lease.mask_is_natural);
	}
}

static void a_mask_of_wrong_length_does_not_spoil_the_lease(void **state)
{
	struct message ack = least_ack();

	(void)state;
	reply_put(&ack, OPTION_SUBNET_MASK, "\xff\xff\xff", 3);
	assert_true(expect_lease(&ack).mask_is_natural);
	reply_put(&ack, OPTION_SUBNET_MASK, "\xff\xff\xff\x00\x00", 5);
	assert_true(expect_lease(&ack).mask_is_natural);
	reply_put(&ack, OPTION_SUBNET_MASK, "", 0);
	assert_true(expect_lease(&ack).mask_is_natural);
}

static void default_times_are_half_and_seven_eighths(void **state)
{
	const struct message ack = least_ack();
	const struct lease lease = timed(3600, &ack, MIDDLE, MIDDLE);

	(void)state;
	assert_int_equal(lease.t1_ms, START + 1800000);
	assert_int_equal(lease.t2_ms, START + 3150000);
	assert_int_equal(lease.expiry_ms, START + 3600000);
}

static void the_servers_times_are_taken(void **state)
{
	struct message ack = least_ack();
	struct lease lease;

	(void)state;
	reply_put_u32(&ack, OPTION_RENEWAL_TIME, 600);
	reply_put_u32(&ack, OPTION_REBINDING_TIME, 1200);
	lease = timed(3600, &ack, MIDDLE, MIDDLE);
	assert_int_equal(lease.t1_ms, START + 600000);
	assert_int_equal(lease.t2_ms, START + 1200000);
}

static void a_missing_time_alone_is_replaced(void **state)
{
	struct message ack = least_ack();
	struct lease lease;

	(void)state;
	reply_put_u32(&ack, OPTION_RENEWAL_TIME, 600);
	lease = timed(3600, &ack, MIDDLE, MIDDLE);
	assert_int_equal(lease.t1_ms, START + 600000);
	assert_int_equal(lease.t2_ms, START + 3150000);
	reply_drop(&ack, OPTION_RENEWAL_TIME);
	reply_put_u32(&ack, OPTION_REBINDING_TIME, 3000);
	lease = timed(3600, &ack, MIDDLE, MIDDLE);
	assert_int_equal(lease.t1_ms, START + 1800000);
	assert_int_equal(lease.t2_ms, START + 3000000);
}

static void a_time_of_wrong_length_alone_is_replaced(void **state)
{
	struct message ack = least_ack();
	struct lease lease;

	(void)state;
	reply_put(&ack, OPTION_RENEWAL_TIME, "\0\x01", 2);
	reply_put_u32(&ack, OPTION_REBINDING_TIME, 3000);
	lease = timed(3600, &ack, MIDDLE, MIDDLE);
	assert_int_equal(lease.t1_ms, START + 1800000);
	assert_int_equal(lease.t2_ms, START + 3000000);
}

static void times_out_of_order_are_both_replaced(void **state)
{
	static const struct {
		uint32_t t1, t2;
	} useless[] = {
		{600, 600},   {1200, 600},  {0, 0},
		{3600, 3601}, {3600, 3600}, {LEASE_INFINITE, LEASE_INFINITE},
		{5000, 4000}, {0, 1200},    {3400, 3600},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]); i++) {
		struct message ack = least_ack();
		struct lease lease;

		reply_put_u32(&ack, OPTION_RENEWAL_TIME, useless[i].t1);
		reply_put_u32(&ack, OPTION_REBINDING_TIME, useless[i].t2);
		lease = timed(3600, &ack, MIDDLE, MIDDLE);
		assert_int_equal(lease.t1_ms, START + 1800000);
		assert_int_equal(lease.t2_ms, START + 3150000);
	}
}

/* A T1 behind the default of T2 leaves no order but that of both defaults. */
static void a_time_that_does_not_fit_the_other_default_is_replaced(void **state)
{
	struct message ack = least_ack();
	struct lease lease;

	(void)state;
	reply_put_u32(&ack, OPTION_RENEWAL_TIME, 3300);
	lease = timed(3600, &ack, MIDDLE, MIDDLE);
	assert_int_equal(lease.t1_ms, START + 1800000);
	assert_int_equal(lease.t2_ms, START + 3150000);
}

static void fuzz_is_a_second_either_way(void **state)
{
	const struct message ack = least_ack();

	(void)state;
	assert_int_equal(timed(3600, &ack, LEAST, MIDDLE).t1_ms,
			 START + 1799000);
	assert_int_equal(timed(3600, &ack, MOST, MIDDLE).t1_ms,
			 START + 1801000);
	assert_int_equal(timed(3600, &ack, MIDDLE, LEAST).t2_ms,
			 START + 3149000);
	assert_int_equal(timed(3600, &ack, MIDDLE, MOST).t2_ms,
			 START + 3151000);
	assert_int_equal(timed(3600, &ack, MOST, LEAST).expiry_ms,
			 START + 3600000);
}

static void fuzz_moves_the_servers_times_too(void **state)
{
	struct message ack = least_ack();

	(void)state;
	reply_put_u32(&ack, OPTION_RENEWAL_TIME, 600);
	reply_put_u32(&ack, OPTION_REBINDING_TIME, 1200);
	assert_int_equal(timed(3600, &ack, LEAST, MIDDLE).t1_ms,
			 START + 599000);
	assert_int_equal(timed(3600, &ack, MIDDLE, MOST).t2_ms,
			 START + 1201000);
}

static void fuzz_of_a_lease_under_a_minute_is_a_sixtieth(void **state)
{
	const struct message ack = least_ack();

	(void)state;
	assert_int_equal(timed(60, &ack, LEAST, MIDDLE).t1_ms, START + 29000);
	assert_int_equal(timed(59, &ack, LEAST, MIDDLE).t1_ms, START + 28517);
	assert_int_equal(timed(30, &ack, LEAST, MIDDLE).t1_ms, START + 14500);
	assert_int_equal(timed(30, &ack, MOST, MIDDLE).t1_ms, START + 15500);
	assert_int_equal(timed(30, &ack, MIDDLE, MOST).t2_ms, START + 26750);
	assert_int_equal(timed(6, &ack, MOST, MIDDLE).t1_ms, START + 3100);
}

static void times_keep_their_order_whatever_the_chance(void **state)
{
	static const uint32_t lifetimes[] = {
		1, 2, 3, 4, 5, 8, 10, 59, 60, 61, 120, 3600, 86400, 0xfffffffe};
	static const uint32_t chances[] = {LEAST, MIDDLE, MOST};

	(void)state;
	for (size_t i = 0; i < sizeof(lifetimes) / sizeof(lifetimes[0]); i++)
		for (size_t j = 0; j < 9; j++) {
			const struct message ack = least_ack();
			const struct lease lease =
				timed(lifetimes[i], &ack, chances[j / 3],
				      chances[j % 3]);

			assert_true(START < lease.t1_ms);
			assert_true(lease.t1_ms < lease.t2_ms);
			assert_true(lease.t2_ms < lease.expiry_ms);
			assert_true(lease.expiry_ms ==
				    START + lifetimes[i] * UINT64_C(1000));
		}
}

/* 58 and 59 a second apart, at either end of the lease. */
static void times_a_second_apart_keep_their_order(void **state)
{
	static const struct {
		uint32_t t1, t2, lifetime;
	} narrow[] = {{1, 2, 3}, {1, 2, 3600}, {3598, 3599, 3600}};
	static const uint32_t chances[] = {LEAST, MIDDLE, MOST};

	(void)state;
	for (size_t i = 0; i < sizeof(narrow) / sizeof(narrow[0]); i++)
		for (size_t j = 0; j < 9; j++) {
			struct message ack = least_ack();
			struct lease lease;

			reply_put_u32(&ack, OPTION_RENEWAL_TIME, narrow[i].t1);
			reply_put_u32(&ack, OPTION_REBINDING_TIME,
				      narrow[i].t2);
			lease = timed(narrow[i].lifetime, &ack, chances[j / 3],
				      chances[j % 3]);
			assert_true(START < lease.t1_ms);
			assert_true(lease.t1_ms < lease.t2_ms);
			assert_true(lease.t2_ms < lease.expiry_ms);
		}
}

static void an_infinite_lease_has_no_times(void **state)
{
	struct message ack = least_ack();
	struct lease lease;

	(void)state;
	reply_put_u32(&ack, OPTION_RENEWAL_TIME, 600);
	reply_put_u32(&ack, OPTION_REBINDING_TIME, 1200);
	lease = timed(LEASE_INFINITE, &ack, MIDDLE, MIDDLE);
	assert_true(lease.t1_ms == TIME_NEVER);
	assert_true(lease.t2_ms == TIME_NEVER);
	assert_true(lease.expiry_ms == TIME_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_refusal_has_words),
		cmocka_unit_test(unicast_is_what_a_host_can_have),
		cmocka_unit_test(server_and_lease_time_are_enough),
		cmocka_unit_test(without_a_usable_server_there_is_no_lease),
		cmocka_unit_test(without_a_lease_time_there_is_no_lease),
		cmocka_unit_test(an_address_that_no_host_can_have_is_refused),
		cmocka_unit_test(
			network_and_broadcast_address_of_the_mask_are_refused),
		cmocka_unit_test(prefixes_beyond_30_have_no_network_address),
		cmocka_unit_test(a_useful_mask_is_kept),
		cmocka_unit_test(a_missing_mask_is_that_of_the_class),
		cmocka_unit_test(a_short_or_broken_mask_is_that_of_the_class),
		cmocka_unit_test(
			a_mask_of_wrong_length_does_not_spoil_the_lease),
		cmocka_unit_test(default_times_are_half_and_seven_eighths),
		cmocka_unit_test(the_servers_times_are_taken),
		cmocka_unit_test(a_missing_time_alone_is_replaced),
		cmocka_unit_test(a_time_of_wrong_length_alone_is_replaced),
		cmocka_unit_test(times_out_of_order_are_both_replaced),
		cmocka_unit_test(
			a_time_that_does_not_fit_the_other_default_is_replaced),
		cmocka_unit_test(fuzz_is_a_second_either_way),
		cmocka_unit_test(fuzz_moves_the_servers_times_too),
		cmocka_unit_test(fuzz_of_a_lease_under_a_minute_is_a_sixtieth),
		cmocka_unit_test(times_keep_their_order_whatever_the_chance),
		cmocka_unit_test(times_a_second_apart_keep_their_order),
		cmocka_unit_test(an_infinite_lease_has_no_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
