/* ARP frames, and what counts as a conflict (RFC 826, RFC 5227). */
#include "unit.h"

#include "arp.h"

static const struct mac own = {{0x02, 0, 0, 0, 0, 0x01}};
static const struct mac other = {{0x02, 0, 0, 0, 0, 0x02}};

/* A reply from `other` at 10.0.0.2 to `own` at 10.0.0.1, padded as wired. */
static const uint8_t reply[60] = {
	0x02, 0,    0, 0, 0, 0x01, 0x02, 0, 0, 0, 0, 0x02,
	0x08, 0x06, 0, 1, 8, 0,    6,    4, 0, 2, /* Ethernet, IPv4, reply */
	0x02, 0,    0, 0, 0, 0x02, 10,   0, 0, 2, /* sender */
	0x02, 0,    0, 0, 0, 0x01, 10,   0, 0, 1, /* target */
};

static struct in_addr host(uint32_t number)
{
	return (struct in_addr){htonl(number)};
}

static void a_reply_is_decoded(void **state)
{
	struct arp arp;

	(void)state;
	assert_int_equal(arp_decode(reply, sizeof(reply), &arp), DECODE_OK);
	assert_true(mac_equal(&arp.sender_mac, &other));
	assert_int_equal(arp.sender.s_addr, htonl(0x0a000002));
	assert_int_equal(arp.target.s_addr, htonl(0x0a000001));
}

static void a_shorter_frame_is_short(void **state)
{
	struct arp arp, untouched = {.target = {7}};

	(void)state;
	arp = untouched;
	for (size_t length = 0; length < ARP_FRAME_LENGTH; length++) {
		assert_int_equal(arp_decode(reply, length, &arp), DECODE_SHORT);
		assert_memory_equal(&arp, &untouched, sizeof(arp));
	}
	assert_int_equal(arp_decode(reply, ARP_FRAME_LENGTH, &arp), DECODE_OK);
}

static void other_kinds_of_arp_are_refused(void **state)
{
	/* ethertype, hardware, protocol, both lengths, operation */
	static const size_t fields[] = {12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
	struct arp arp;

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		uint8_t frame[sizeof(reply)];

		memcpy(frame, reply, sizeof(frame));
		frame[fields[i]] ^= 0x10;
		assert_int_equal(arp_decode(frame, sizeof(frame), &arp),
				 DECODE_NOT_ARP);
	}
}

static void a_probe_has_no_sender_address(void **state)
{
	const uint8_t expected[ARP_FRAME_LENGTH] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0,
		0x01, 0x08, 0x06, 0,    1,    8,    0,    6, 4, 0, 1,
		0x02, 0,    0,    0,    0,    0x01, 0,    0, 0, 0, 0,
		0,    0,    0,    0,    0,    10,   0,    0, 5};
	uint8_t frame[ARP_FRAME_LENGTH];
	struct arp arp;

	(void)state;
	arp_encode_probe(&own, host(0x0a000005), frame);
	assert_memory_equal(frame, expected, sizeof(frame));
	assert_int_equal(arp_decode(frame, sizeof(frame), &arp), DECODE_OK);
	assert_int_equal(arp.sender.s_addr, 0);
}

static void an_announcement_names_the_address_twice(void **state)
{
	uint8_t probe[ARP_FRAME_LENGTH], frame[ARP_FRAME_LENGTH];
	const struct in_addr address = host(0x0a000005);

	(void)state;
	arp_encode_probe(&own, address, probe);
	arp_encode_announcement(&own, address, frame);
	assert_memory_equal(frame, probe, 28);
	assert_memory_equal(frame + 28, &address, 4);
	assert_memory_equal(frame + 32, probe + 32, 10);
}

static void a_user_of_the_address_conflicts_always(void **state)
{
	const struct in_addr address = host(0x0a000005);
	const struct arp use = {other, address, host(0x0a000001)};

	(void)state;
	assert_true(arp_conflicts_with_probe(&use, &own, address));
	assert_true(arp_conflicts_with_use(&use, &own, address));
}

static void a_probe_conflicts_only_with_a_probe(void **state)
{
	const struct in_addr address = host(0x0a000005);
	const struct arp probe = {other, host(0), address};

	(void)state;
	assert_true(arp_conflicts_with_probe(&probe, &own, address));
	assert_false(arp_conflicts_with_use(&probe, &own, address));
}

static void our_own_frames_are_no_conflict(void **state)
{
	const struct in_addr address = host(0x0a000005);
	const struct arp probe = {own, host(0), address};
	const struct arp announcement = {own, address, address};

	(void)state;
	assert_false(arp_conflicts_with_probe(&probe, &own, address));
	assert_false(arp_conflicts_with_probe(&announcement, &own, address));
	assert_false(arp_conflicts_with_use(&announcement, &own, address));
}

static void another_address_is_no_conflict(void **state)
{
	const struct in_addr address = host(0x0a000005);
	const struct arp asks = {other, host(0x0a000002), address};
	const struct arp probe = {other, host(0), host(0x0a000006)};

	(void)state;
	assert_false(arp_conflicts_with_probe(&asks, &own, address));
	assert_false(arp_conflicts_with_use(&asks, &own, address));
	assert_false(arp_conflicts_with_probe(&probe, &own, address));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reply_is_decoded),
		cmocka_unit_test(a_shorter_frame_is_short),
		cmocka_unit_test(other_kinds_of_arp_are_refused),
		cmocka_unit_test(a_probe_has_no_sender_address),
		cmocka_unit_test(an_announcement_names_the_address_twice),
		cmocka_unit_test(a_user_of_the_address_conflicts_always),
		cmocka_unit_test(a_probe_conflicts_only_with_a_probe),
		cmocka_unit_test(our_own_frames_are_no_conflict),
		cmocka_unit_test(another_address_is_no_conflict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
