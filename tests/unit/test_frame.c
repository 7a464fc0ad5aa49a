/*
 * Ethernet, IPv4 and UDP headers, both ways.  The frames were recorded from a
 * real server; what is odd is made from them.
 */
#include "unit.h"

#include "frame.h"
#include "hexfile.h"

#define OFFER "packets/dhcpd-small-noprl-offer.frame.hex"

/* Where the headers' fields are in a frame without IP options. */
enum {
	AT_ETHERTYPE = 12,
	AT_IP = 14,
	AT_IP_LENGTH = AT_IP + 2,
	AT_IP_FRAGMENT = AT_IP + 6,
	AT_IP_PROTOCOL = AT_IP + 9,
	AT_IP_CHECKSUM = AT_IP + 10,
	AT_IP_SOURCE = AT_IP + 12,
	AT_UDP = AT_IP + 20,
	AT_UDP_DESTINATION = AT_UDP + 2,
	AT_UDP_LENGTH = AT_UDP + 4,
	AT_UDP_CHECKSUM = AT_UDP + 6,
	AT_PAYLOAD = AT_UDP + 8,
};

struct example {
	uint8_t bytes[FRAME_MAX];
	size_t length;
};

static struct example offer(void)
{
	struct example frame = {.length = 0};

	frame.length = hexfile_load(OFFER, frame.bytes, sizeof(frame.bytes));
	assert_int_equal(frame.length, 342);
	return frame;
}

static void set16(struct example *frame, size_t at, unsigned value)
{
	frame->bytes[at] = (uint8_t)(value >> 8);
	frame->bytes[at + 1] = (uint8_t)value;
}

/* The checksum of RFC 1071, written as plainly as can be. */
static unsigned checksum(const uint8_t *bytes, size_t length, unsigned sum)
{
	for (size_t i = 0; i < length; i++)
		sum += i % 2 ? bytes[i] : (unsigned)bytes[i] << 8;
	while (sum > 0xffff)
		sum = (sum & 0xffff) + (sum >> 16);
	return 0xffff - sum;
}

/* Makes the IP header's checksum right for what it has become. */
static void sign_ip(struct example *frame)
{
	const size_t length = (frame->bytes[AT_IP] & 0x0fU) * 4U;

	set16(frame, AT_IP_CHECKSUM, 0);
	set16(frame, AT_IP_CHECKSUM, checksum(frame->bytes + AT_IP, length, 0));
}

/* Likewise UDP's, for a header without IP options. */
static void sign_udp(struct example *frame)
{
	const size_t length = (size_t)frame->bytes[AT_UDP_LENGTH] << 8 |
			      frame->bytes[AT_UDP_LENGTH + 1];
	unsigned sum = 17U + (unsigned)length;

	for (size_t i = 0; i < 8; i += 2)
		sum += (unsigned)frame->bytes[AT_IP_SOURCE + i] << 8 |
		       frame->bytes[AT_IP_SOURCE + i + 1];
	set16(frame, AT_UDP_CHECKSUM, 0);
	set16(frame, AT_UDP_CHECKSUM,
	      checksum(frame->bytes + AT_UDP, length, sum));
}

static enum decode decode(const struct example *frame)
{
	struct frame out;

	return frame_decode(frame->bytes, frame->length, true, &out);
}

static void a_recorded_frame_is_decoded(void **state)
{
	const struct mac server = {{0xb2, 0xf5, 0x9e, 0xe1, 0x22, 0xef}};
	struct example frame = offer();
	struct frame out;

	(void)state;
	assert_int_equal(frame_decode(frame.bytes, frame.length, true, &out),
			 DECODE_OK);
	assert_true(mac_equal(&out.source_mac, &server));
	assert_int_equal(out.source.s_addr, htonl(0x0a4d0001));
	assert_int_equal(out.destination.s_addr, htonl(0x0a4d0064));
	assert_ptr_equal(out.payload, frame.bytes + AT_PAYLOAD);
	assert_int_equal(out.payload_length, 300);
}

static void every_shorter_frame_is_short(void **state)
{
	const struct example frame = offer();
	struct frame out, untouched = {.payload_length = 7};

	(void)state;
	out = untouched;
	for (size_t length = 0; length < frame.length; length++) {
		assert_int_equal(frame_decode(frame.bytes, length, true, &out),
				 DECODE_SHORT);
		assert_memory_equal(&out, &untouched, sizeof(out));
	}
}

static void a_udp_header_cut_short_is_short(void **state)
{
	(void)state;
	for (unsigned length = 20; length < 28; length++) {
		struct example frame = offer();

		set16(&frame, AT_IP_LENGTH, length);
		sign_ip(&frame);
		assert_int_equal(decode(&frame), DECODE_SHORT);
	}
}

static void octets_after_the_datagram_are_ignored(void **state)
{
	struct example frame = offer();
	struct frame out;

	(void)state;
	memset(frame.bytes + frame.length, 0xa5, 18);
	assert_int_equal(
		frame_decode(frame.bytes, frame.length + 18, true, &out),
		DECODE_OK);
	assert_int_equal(out.payload_length, 300);
}

static void octets_after_the_udp_datagram_are_ignored(void **state)
{
	struct example frame = offer();
	struct frame out;

	(void)state;
	set16(&frame, AT_UDP_LENGTH, 8 + 290);
	sign_udp(&frame);
	assert_int_equal(frame_decode(frame.bytes, frame.length, true, &out),
			 DECODE_OK);
	assert_int_equal(out.payload_length, 290);
}

static void ip_options_are_skipped(void **state)
{
	struct example frame = offer();
	struct frame out;

	(void)state;
	memmove(frame.bytes + AT_UDP + 4, frame.bytes + AT_UDP,
		frame.length - AT_UDP);
	memset(frame.bytes + AT_UDP, 1, 4); /* NOP */
	frame.length += 4;
	frame.bytes[AT_IP] = 0x46;
	set16(&frame, AT_IP_LENGTH, (unsigned)frame.length - AT_IP);
	sign_ip(&frame);
	assert_int_equal(frame_decode(frame.bytes, frame.length, true, &out),
			 DECODE_OK);
	assert_ptr_equal(out.payload, frame.bytes + AT_PAYLOAD + 4);
	assert_int_equal(out.payload_length, 300);
}

static void an_ip_header_longer_than_its_datagram_is_short(void **state)
{
	struct example frame = offer();

	(void)state;
	frame.bytes[AT_IP] = 0x46;
	set16(&frame, AT_IP_LENGTH, 20);
	assert_int_equal(decode(&frame), DECODE_SHORT);
}

static void another_ethertype_is_refused(void **state)
{
	static const unsigned types[] = {0x0806, 0x86dd, 0x8100, 0x88a8};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct example frame = offer();

		set16(&frame, AT_ETHERTYPE, types[i]);
		assert_int_equal(decode(&frame), DECODE_NOT_IPV4);
	}
}

static void another_ip_version_is_refused(void **state)
{
	struct example frame = offer();

	(void)state;
	frame.bytes[AT_IP] = 0x65;
	assert_int_equal(decode(&frame), DECODE_NOT_IPV4);
	frame.bytes[AT_IP] = 0x44; /* four words are no header */
	assert_int_equal(decode(&frame), DECODE_NOT_IPV4);
}

static void a_fragment_is_refused(void **state)
{
	static const unsigned fields[] = {0x2000, 0x0001, 0x1fff, 0x2001};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct example frame = offer();

		set16(&frame, AT_IP_FRAGMENT, fields[i]);
		sign_ip(&frame);
		assert_int_equal(decode(&frame), DECODE_NOT_IPV4);
	}
}

static void a_datagram_not_to_be_fragmented_is_taken(void **state)
{
	struct example frame = offer();

	(void)state;
	set16(&frame, AT_IP_FRAGMENT, 0x4000);
	sign_ip(&frame);
	assert_int_equal(decode(&frame), DECODE_OK);
}

static void another_protocol_is_refused(void **state)
{
	struct example frame = offer();

	(void)state;
	frame.bytes[AT_IP_PROTOCOL] = 6;
	sign_ip(&frame);
	assert_int_equal(decode(&frame), DECODE_NOT_DHCP);
}

static void another_destination_port_is_refused(void **state)
{
	struct example frame = offer();

	(void)state;
	set16(&frame, AT_UDP_DESTINATION, DHCP_SERVER_PORT);
	sign_udp(&frame);
	assert_int_equal(decode(&frame), DECODE_NOT_DHCP);
}

static void any_source_port_is_taken(void **state)
{
	struct example frame = offer();

	(void)state;
	set16(&frame, AT_UDP, 1067);
	sign_udp(&frame);
	assert_int_equal(decode(&frame), DECODE_OK);
}

static void a_udp_length_that_cannot_be_is_short(void **state)
{
	struct example frame = offer();

	(void)state;
	set16(&frame, AT_UDP_LENGTH, 7);
	assert_int_equal(decode(&frame), DECODE_SHORT);
	set16(&frame, AT_UDP_LENGTH, 309);
	assert_int_equal(decode(&frame), DECODE_SHORT);
	frame.length++; /* a trailer is not IP's to carry */
	assert_int_equal(decode(&frame), DECODE_SHORT);
}

static void an_empty_payload_is_taken(void **state)
{
	struct example frame = offer();
	struct frame out;

	(void)state;
	set16(&frame, AT_UDP_LENGTH, 8);
	sign_udp(&frame);
	assert_int_equal(frame_decode(frame.bytes, frame.length, true, &out),
			 DECODE_OK);
	assert_int_equal(out.payload_length, 0);
}

static void every_changed_bit_of_the_ip_header_is_seen(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 20 * 8; bit++) {
		struct example frame = offer();

		frame.bytes[AT_IP + bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(decode(&frame), DECODE_OK);
	}
}

static void every_changed_bit_of_the_datagram_is_seen(void **state)
{
	(void)state;
	for (size_t bit = 0; bit < 308 * 8; bit++) {
		struct example frame = offer();

		frame.bytes[AT_UDP + bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(decode(&frame), DECODE_OK);
	}
}

static void the_addresses_are_part_of_the_udp_checksum(void **state)
{
	struct example frame = offer();

	(void)state;
	frame.bytes[AT_IP_SOURCE + 3] ^= 2;
	sign_ip(&frame);
	assert_int_equal(decode(&frame), DECODE_CHECKSUM);
}

static void an_odd_length_is_summed_with_a_zero_after_it(void **state)
{
	struct example frame = offer();

	(void)state;
	frame.bytes[AT_UDP + 306] = 0x5a;
	frame.bytes[AT_UDP + 307] = 0xa5; /* not part of it */
	set16(&frame, AT_UDP_LENGTH, 307);
	sign_udp(&frame);
	assert_int_equal(decode(&frame), DECODE_OK);
	frame.bytes[AT_UDP + 306] ^= 1;
	assert_int_equal(decode(&frame), DECODE_CHECKSUM);
}

static void no_udp_checksum_is_not_checked(void **state)
{
	struct example frame = offer();

	(void)state;
	set16(&frame, AT_UDP_CHECKSUM, 0);
	frame.bytes[AT_PAYLOAD + 8] ^= 1;
	assert_int_equal(decode(&frame), DECODE_OK);
}

static void an_unfinished_udp_checksum_is_not_checked(void **state)
{
	struct example frame = offer();
	struct frame out;

	(void)state;
	set16(&frame, AT_UDP_CHECKSUM, 0x1234);
	assert_int_equal(frame_decode(frame.bytes, frame.length, true, &out),
			 DECODE_CHECKSUM);
	assert_int_equal(frame_decode(frame.bytes, frame.length, false, &out),
			 DECODE_OK);
}

static void what_is_sent_has_the_crowds_headers(void **state)
{
	const struct mac own = {{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}};
	/* worked out by hand: RFC 791, RFC 768 */
	const uint8_t headers[FRAME_HEADERS] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x11, 0x22,
		0x33, 0x44, 0x55, 0x08, 0x00, 0x45, 0x00, 0x00, 0x1f,
		0x00, 0x00, 0x00, 0x00, 0x40, 0x11, 0x7a, 0xcf, 0x00,
		0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0x00, 0x44,
		0x00, 0x43, 0x00, 0x0b, 0xfb, 0x4f};
	uint8_t out[FRAME_HEADERS + 3];

	(void)state;
	assert_int_equal(frame_encode(&own, (const uint8_t *)"\1\2\3", 3, out,
				      sizeof(out)),
			 sizeof(out));
	assert_memory_equal(out, headers, sizeof(headers));
	assert_memory_equal(out + FRAME_HEADERS, "\1\2\3", 3);
}

/* What we send goes to port 67: turned round, it can be decoded. */
static void what_is_sent_can_be_decoded(void **state)
{
	const struct mac own = {{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}};
	uint8_t payload[FRAME_MAX - FRAME_HEADERS];
	struct example frame;
	struct frame out;

	(void)state;
	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)(i * 7);
	for (size_t length = 0; length <= sizeof(payload); length++) {
		frame.length = frame_encode(&own, payload, length, frame.bytes,
					    sizeof(frame.bytes));
		assert_int_equal(frame.length, FRAME_HEADERS + length);
		set16(&frame, AT_UDP, DHCP_SERVER_PORT);
		set16(&frame, AT_UDP_DESTINATION, DHCP_CLIENT_PORT);
		assert_int_equal(
			frame_decode(frame.bytes, frame.length, true, &out),
			DECODE_OK);
		assert_int_equal(out.payload_length, length);
		assert_true(mac_equal(&out.source_mac, &own));
		assert_memory_equal(out.payload, payload, length);
	}
}

static void a_checksum_of_zero_is_sent_as_ffff(void **state)
{
	const struct mac own = {{0x02}};
	uint8_t payload[2] = {0};
	uint8_t out[FRAME_HEADERS + sizeof(payload)];
	unsigned sum;

	(void)state;
	frame_encode(&own, payload, sizeof(payload), out, sizeof(out));
	sum = (unsigned)out[AT_UDP_CHECKSUM] << 8 | out[AT_UDP_CHECKSUM + 1];
	payload[0] = (uint8_t)(sum >> 8);
	payload[1] = (uint8_t)sum;
	frame_encode(&own, payload, sizeof(payload), out, sizeof(out));
	assert_int_equal(out[AT_UDP_CHECKSUM], 0xff);
	assert_int_equal(out[AT_UDP_CHECKSUM + 1], 0xff);
}

static void a_frame_that_does_not_fit_is_not_written(void **state)
{
	const struct mac own = {{0x02}};
	uint8_t out[FRAME_HEADERS + 1] = {7};

	(void)state;
	assert_int_equal(frame_encode(&own, (const uint8_t *)"\1\2", 2, out,
				      sizeof(out)),
			 0);
	assert_int_equal(out[0], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recorded_frame_is_decoded),
		cmocka_unit_test(every_shorter_frame_is_short),
		cmocka_unit_test(a_udp_header_cut_short_is_short),
		cmocka_unit_test(octets_after_the_datagram_are_ignored),
		cmocka_unit_test(octets_after_the_udp_datagram_are_ignored),
		cmocka_unit_test(ip_options_are_skipped),
		cmocka_unit_test(
			an_ip_header_longer_than_its_datagram_is_short),
		cmocka_unit_test(another_ethertype_is_refused),
		cmocka_unit_test(another_ip_version_is_refused),
		cmocka_unit_test(a_fragment_is_refused),
		cmocka_unit_test(a_datagram_not_to_be_fragmented_is_taken),
		cmocka_unit_test(another_protocol_is_refused),
		cmocka_unit_test(another_destination_port_is_refused),
		cmocka_unit_test(any_source_port_is_taken),
		cmocka_unit_test(a_udp_length_that_cannot_be_is_short),
		cmocka_unit_test(an_empty_payload_is_taken),
		cmocka_unit_test(every_changed_bit_of_the_ip_header_is_seen),
		cmocka_unit_test(every_changed_bit_of_the_datagram_is_seen),
		cmocka_unit_test(the_addresses_are_part_of_the_udp_checksum),
		cmocka_unit_test(an_odd_length_is_summed_with_a_zero_after_it),
		cmocka_unit_test(no_udp_checksum_is_not_checked),
		cmocka_unit_test(an_unfinished_udp_checksum_is_not_checked),
		cmocka_unit_test(what_is_sent_has_the_crowds_headers),
		cmocka_unit_test(what_is_sent_can_be_decoded),
		cmocka_unit_test(a_checksum_of_zero_is_sent_as_ffff),
		cmocka_unit_test(a_frame_that_does_not_fit_is_not_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
