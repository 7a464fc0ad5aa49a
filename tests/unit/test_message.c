/* DHCP messages: what real servers sent, and what none should. */
#include "unit.h"

#include "hexfile.h"
#include "message.h"

#include <arpa/inet.h>
#include <glob.h>
#include <stdlib.h>

#define HEADER_LENGTH 240 /* octets before the options, cookie included */
#define AT_SNAME 44
#define AT_FILE 108
#define AT_COOKIE 236

struct example {
	uint8_t bytes[MESSAGE_MAX + 1];
	size_t length;
};

/* An ACK's header; options are appended. */
static struct example ack(void)
{
	struct example example = {.length = HEADER_LENGTH};
	struct writer out = {example.bytes, HEADER_LENGTH, false};

	writer_u8(&out, 2);
	writer_u8(&out, 1);
	writer_u8(&out, 6);
	writer_u8(&out, 3);
	writer_u32(&out, 0x01020304);
	writer_u16(&out, 0x0506);
	writer_u16(&out, 0x8000);
	writer_u32(&out, 0x0a000001);
	writer_u32(&out, 0x0a000002);
	writer_u32(&out, 0x0a000003);
	writer_u32(&out, 0x0a000004);
	writer_bytes(&out, "\x02\x11\x22\x33\x44\x55", 6);
	writer_zeros(&out, 10);
	writer_bytes(&out, "server", 6);
	writer_zeros(&out, 58);
	writer_bytes(&out, "file", 4);
	writer_zeros(&out, 124);
	writer_u32(&out, 0x63825363);
	assert_true(out.left == 0 && !out.full);
	return example;
}

static void append(struct example *example, const void *bytes, size_t length)
{
	assert_true(example->length + length <= sizeof(example->bytes));
	memcpy(example->bytes + example->length, bytes, length);
	example->length += length;
}

static struct example ack_with(const void *options, size_t length)
{
	struct example example = ack();

	append(&example, options, length);
	return example;
}

/* An ACK with these options: a string literal, without its final NUL. */
#define ACK(options) ack_with(options, sizeof(options) - 1)

/* Writes options over `sname` or `file`. */
#define OVERLAY(example, at, options)                                          \
	memcpy(example.bytes + (at), options, sizeof(options) - 1)

static enum decode decode(const struct example *example, struct message *out)
{
	return message_decode(example->bytes, example->length, out);
}

static enum decode result_of(struct example example)
{
	struct message message;

	return decode(&example, &message);
}

static void assert_option(const struct message *message, uint8_t code,
			  const char *expected)
{
	size_t length;
	const uint8_t *value = message_option(message, code, &length);

	assert_non_null(value);
	assert_int_equal(length, strlen(expected));
	assert_memory_equal(value, expected, length);
}

static void assert_no_option(const struct message *message, uint8_t code)
{
	size_t length = 7;

	assert_null(message_option(message, code, &length));
	assert_int_equal(length, 0);
}

static void assert_address(struct in_addr address, const char *expected)
{
	char quad[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &address, quad, sizeof(quad));
	assert_string_equal(quad, expected);
}

/* The type that a recorded packet's name promises; 0: not a reply. */
static int promised_type(const char *path)
{
	if (strstr(path, "-offer.") != NULL)
		return DHCPOFFER;
	if (strstr(path, "-ack.") != NULL)
		return DHCPACK;
	return strstr(path, "-nak.") != NULL ? DHCPNAK : 0;
}

static void every_recorded_packet_is_what_its_name_says(void **state)
{
	size_t replies = 0;
	glob_t found;

	(void)state;
	assert_int_equal(glob("packets/*.hex", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		const char *path = found.gl_pathv[i];
		struct example packet;
		struct message message;
		struct in_addr server;

		if (strstr(path, ".frame.") != NULL)
			continue;
		packet.length =
			hexfile_load(path, packet.bytes, sizeof(packet.bytes));
		assert_true(packet.length >= 300);
		if (promised_type(path) == 0) {
			assert_int_equal(decode(&packet, &message),
					 DECODE_NOT_REPLY);
			continue;
		}
		assert_int_equal(decode(&packet, &message), DECODE_OK);
		assert_int_equal(message.type, promised_type(path));
		assert_true(message_address(&message, OPTION_SERVER_IDENTIFIER,
					    &server));
		assert_address(server, "10.77.0.1");
		replies++;
	}
	globfree(&found);
	assert_true(replies >= 40);
}

static struct message recorded(const char *path)
{
	struct example packet;
	struct message message;

	packet.length = hexfile_load(path, packet.bytes, sizeof(packet.bytes));
	assert_true(packet.length > 0);
	assert_int_equal(decode(&packet, &message), DECODE_OK);
	return message;
}

static void a_recorded_ack_has_its_fields(void **state)
{
	const struct message message =
		recorded("packets/dhcpd-small-noprl-ack.hex");
	const struct mac chaddr = {{0x56, 0xe6, 0x84, 0x4a, 0x50, 0x69}};
	struct in_addr address;
	uint32_t number;

	(void)state;
	assert_int_equal(message.xid, 0x064e2b63);
	assert_address(message.yiaddr, "10.77.0.100");
	assert_true(mac_equal(&message.chaddr, &chaddr));
	assert_true(message_u32(&message, OPTION_LEASE_TIME, &number));
	assert_int_equal(number, 600);
	assert_true(message_address(&message, OPTION_SUBNET_MASK, &address));
	assert_address(address, "255.255.255.0");
	assert_true(message_address(&message, OPTION_ROUTERS, &address));
	assert_address(address, "10.77.0.1");
	assert_option(&message, 15, "lan.example");
	assert_no_option(&message, OPTION_HOST_NAME);
	assert_false(message_u32(&message, OPTION_RENEWAL_TIME, &number));
	assert_int_equal(message.sname[0], 0);
}

/* dhcpd puts options into both fields when the options field is full. */
static void a_recorded_overload_is_read_through(void **state)
{
	const struct message message =
		recorded("packets/dhcpd-overload-noprl-offer.hex");
	struct in_addr address;
	uint32_t number;

	(void)state;
	assert_true(message_u32(&message, OPTION_LEASE_TIME, &number));
	assert_int_equal(number, 3600);
	assert_option(&message, OPTION_HOST_NAME, "given-name");
	assert_option(&message, 252, "http://wpad.example.org/wpad.dat");
	assert_option(&message, OPTION_OVERLOAD, "\x03");
	/* from sname and file */
	assert_option(&message, 40, "nis.example.org");
	assert_true(
		message_address(&message, OPTION_BROADCAST_ADDRESS, &address));
	assert_address(address, "10.77.0.255");
	assert_int_equal(message.sname[0] | message.file[0], 0);
}

static void a_recorded_nak_has_no_address(void **state)
{
	const struct message message = recorded("packets/raw-nak-nak.hex");

	(void)state;
	assert_int_equal(message.yiaddr.s_addr, 0);
	assert_no_option(&message, OPTION_LEASE_TIME);
}

static void every_field_of_the_header_is_read(void **state)
{
	struct example example = ACK("\x35\x01\x05\xff");
	const struct mac chaddr = {{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}};
	struct message message;

	(void)state;
	assert_int_equal(decode(&example, &message), DECODE_OK);
	assert_int_equal(message.type, DHCPACK);
	assert_int_equal(message.xid, 0x01020304);
	assert_int_equal(message.secs, 0x0506);
	assert_int_equal(message.flags, 0x8000);
	assert_address(message.ciaddr, "10.0.0.1");
	assert_address(message.yiaddr, "10.0.0.2");
	assert_address(message.siaddr, "10.0.0.3");
	assert_address(message.giaddr, "10.0.0.4");
	assert_true(mac_equal(&message.chaddr, &chaddr));
	assert_string_equal((char *)message.sname, "server");
	assert_string_equal((char *)message.file, "file");
}

static void a_header_cut_short_is_short(void **state)
{
	struct example example = ack();
	struct message message;

	(void)state;
	for (example.length = 0; example.length < HEADER_LENGTH;
	     example.length++)
		assert_int_equal(decode(&example, &message), DECODE_SHORT);
}

static void a_message_longer_than_any_is_refused(void **state)
{
	struct example example = ACK("\x35\x01\x05\xff");
	struct message message;

	(void)state;
	example.length = MESSAGE_MAX;
	assert_int_equal(decode(&example, &message), DECODE_OK);
	example.length = MESSAGE_MAX + 1;
	assert_int_equal(decode(&example, &message), DECODE_LONG);
}

static void what_is_no_reply_is_refused(void **state)
{
	/* op, htype, hlen and each octet of the cookie */
	static const size_t fields[] = {0,
					1,
					2,
					AT_COOKIE,
					AT_COOKIE + 1,
					AT_COOKIE + 2,
					AT_COOKIE + 3};
	struct message message;

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct example example = ACK("\x35\x01\x05\xff");

		example.bytes[fields[i]] ^= 1;
		assert_int_equal(decode(&example, &message), DECODE_NOT_REPLY);
	}
}

static void only_offer_ack_and_nak_are_replies(void **state)
{
	struct message message;

	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		const bool is_reply =
			type == DHCPOFFER || type == DHCPACK || type == DHCPNAK;
		struct example example = ACK("\x35\x01\x05\xff");

		example.bytes[HEADER_LENGTH + 2] = (uint8_t)type;
		assert_int_equal(decode(&example, &message),
				 is_reply ? DECODE_OK : DECODE_NOT_REPLY);
		if (is_reply)
			assert_int_equal(message.type, type);
	}
}

static void a_message_type_must_be_one_octet(void **state)
{
	(void)state;
	assert_int_equal(result_of(ACK("\xff")), DECODE_NOT_REPLY);
	assert_int_equal(result_of(ACK("\x35\x00\xff")), DECODE_NOT_REPLY);
	assert_int_equal(result_of(ACK("\x35\x02\x05\x05\xff")),
			 DECODE_NOT_REPLY);
	assert_int_equal(result_of(ACK("\x35\x01\x05\x35\x01\x05\xff")),
			 DECODE_NOT_REPLY);
}

static void pads_are_passed_over(void **state)
{
	struct example example =
		ACK("\x00\x00\x35\x01\x05\x00\x0f\x01x\x00\xff");
	struct message message;

	(void)state;
	assert_int_equal(decode(&example, &message), DECODE_OK);
	assert_option(&message, 15, "x");
	assert_false(message.option[OPTION_PAD].seen);
}

static void a_missing_end_is_forgiven(void **state)
{
	struct example example = ACK("\x35\x01\x05\x0f\x01x");
	struct message message;

	(void)state;
	assert_int_equal(decode(&example, &message), DECODE_OK);
	assert_option(&message, 15, "x");
}

static void nothing_counts_after_the_end(void **state)
{
	struct example example = ACK("\x35\x01\x05\xff\x0f\x01x\x0c\xff");
	struct message message;

	(void)state;
	assert_int_equal(decode(&example, &message), DECODE_OK);
	assert_false(message.option[15].seen);
	assert_false(message.option[OPTION_END].seen);
}

static void an_option_past_the_end_is_refused(void **state)
{
	(void)state;
	assert_int_equal(result_of(ACK("\x35\x01\x05\x0f")), DECODE_OPTIONS);
	assert_int_equal(result_of(ACK("\x35\x01\x05\x0f\x02x")),
			 DECODE_OPTIONS);
}

static void an_empty_option_is_seen_but_has_no_value(void **state)
{
	struct example example = ACK("\x35\x01\x05\x50\x00\xff");
	struct message message;

	(void)state;
	assert_int_equal(decode(&example, &message), DECODE_OK);
	assert_true(message.option[80].seen);
	assert_no_option(&message, 80);
	assert_false(message.option[81].seen);
}

static void instances_of_an_option_are_joined(void **state)
{
	struct example example = ACK("\x0f\x02"
				     "ab\x35\x01\x05\x0f\x00\x11\x01"
				     "r\x0f\x03"
				     "cde\xff");
	struct message message;

	(void)state;
	assert_int_equal(decode(&example, &message), DECODE_OK);
	assert_option(&message, 15, "abcde");
	assert_option(&message, 17, "r");
}

static void overloaded_fields_are_joined_after_the_options(void **state)
{
	struct example example = ACK("\x34\x01\x03\x0f\x01"
				     "a\xff");
	struct message message;

	(void)state;
	OVERLAY(example, AT_FILE,
		"\x0f\x01"
		"b\xff");
	OVERLAY(example, AT_SNAME,
		"\x0f\x01"
		"c\x35\x01\x05\xff");
	assert_int_equal(decode(&example, &message), DECODE_OK);
	assert_option(&message, 15, "abc");
	assert_int_equal(message.sname[0], 0);
	assert_int_equal(message.file[0], 0);
}

static void only_the_field_that_is_named_is_overloaded(void **state)
{
	struct example file = ACK("\x35\x01\x05\x34\x01\x01\xff");
	struct example sname = ACK("\x35\x01\x05\x34\x01\x02\xff");
	struct message message;

	(void)state;
	OVERLAY(file, AT_FILE,
		"\x0f\x01"
		"b\xff");
	assert_int_equal(decode(&file, &message), DECODE_OK);
	assert_option(&message, 15, "b");
	assert_string_equal((char *)message.sname, "server");
	assert_int_equal(message.file[0], 0);

	OVERLAY(sname, AT_SNAME,
		"\x0f\x01"
		"c\xff");
	assert_int_equal(decode(&sname, &message), DECODE_OK);
	assert_option(&message, 15, "c");
	assert_string_equal((char *)message.file, "file");
	assert_int_equal(message.sname[0], 0);
}

static void an_overloaded_field_may_be_full(void **state)
{
	struct example example = ACK("\x35\x01\x05\x34\x01\x02\xff");
	struct message message;
	size_t length;

	(void)state;
	memset(example.bytes + AT_SNAME, 'x', MESSAGE_SNAME_LENGTH);
	OVERLAY(example, AT_SNAME, "\x0f\x3e");
	assert_int_equal(decode(&example, &message), DECODE_OK);
	assert_non_null(message_option(&message, 15, &length));
	assert_int_equal(length, 62);
}

static void an_overloaded_field_must_parse(void **state)
{
	struct example file = ACK("\x35\x01\x05\x34\x01\x01\xff");
	struct example sname = ACK("\x35\x01\x05\x34\x01\x02\xff");
	struct message message;

	(void)state;
	OVERLAY(file, AT_FILE, "\x0f\x7f");
	assert_int_equal(decode(&file, &message), DECODE_OPTIONS);
	OVERLAY(sname, AT_SNAME, "\x0f\x3f");
	assert_int_equal(decode(&sname, &message), DECODE_OPTIONS);
}

static void an_overload_that_cannot_be_overloads_nothing(void **state)
{
	(void)state;
	assert_int_equal(result_of(ACK("\x35\x01\x05\x34\x01\x00\xff")),
			 DECODE_OK);
	assert_int_equal(result_of(ACK("\x35\x01\x05\x34\x01\x04\xff")),
			 DECODE_OK);
	assert_int_equal(result_of(ACK("\x35\x01\x05\x34\x00\xff")), DECODE_OK);
	assert_int_equal(result_of(ACK("\x35\x01\x05\x34\x02\x01\x01\xff")),
			 DECODE_OK);
	assert_int_equal(
		result_of(ACK("\x35\x01\x05\x34\x01\x01\x34\x01\x02\xff")),
		DECODE_OK);
}

static void an_overloaded_field_overloads_no_other(void **state)
{
	struct example example = ACK("\x35\x01\x05\x34\x01\x01\xff");
	struct message message;

	(void)state;
	OVERLAY(example, AT_FILE,
		"\x34\x01\x02\x0f\x01"
		"b\xff");
	OVERLAY(example, AT_SNAME,
		"\x0f\x01"
		"c\xff");
	assert_int_equal(decode(&example, &message), DECODE_OK);
	assert_option(&message, 15, "b");
	assert_option(&message, OPTION_OVERLOAD, "\x01");
	assert_int_equal(message.sname[0], 0x0f);
}

/* As many instances, and as many octets of values, as a message can hold. */
static void a_message_full_of_options_has_room(void **state)
{
	struct example example = ack();
	struct message message;
	size_t length, total = 0;

	(void)state;
	append(&example, "\x35\x01\x05", 3);
	for (uint8_t code = 1; example.length + 3 <= MESSAGE_MAX; code++) {
		const uint8_t option[] = {code, 1, code};

		if (code != 0 && code < 250 && code != OPTION_OVERLOAD &&
		    code != OPTION_MESSAGE_TYPE)
			append(&example, option, sizeof(option));
	}
	assert_int_equal(decode(&example, &message), DECODE_OK);
	for (unsigned code = 1; code < 255; code++) {
		const uint8_t *value =
			message_option(&message, (uint8_t)code, &length);

		for (size_t i = 0; i < length && code != 53; i++)
			assert_int_equal(value[i], code);
		total += length;
	}
	assert_int_equal(total, (example.length - HEADER_LENGTH) / 3);
}

/* Every single wrong octet, and every end: for the sanitizers to judge. */
static void a_damaged_message_does_no_harm(void **state)
{
	struct example packet;
	struct message message;

	(void)state;
	packet.length = hexfile_load("packets/dhcpd-overload-noprl-ack.hex",
				     packet.bytes, sizeof(packet.bytes));
	for (size_t at = 0; at < packet.length; at++) {
		uint8_t *exact = malloc(at);

		assert_non_null(exact);
		memcpy(exact, packet.bytes, at);
		message_decode(exact, at, &message);
		free(exact);
		for (unsigned damage = 1; damage < 256; damage++) {
			packet.bytes[at] ^= (uint8_t)damage;
			decode(&packet, &message);
			packet.bytes[at] ^= (uint8_t)damage;
		}
	}
}

static void values_of_another_length_are_no_number(void **state)
{
	struct example example =
		ACK("\x35\x01\x05\x33\x03\x01\x02\x03\x36\x05\x0a\x00"
		    "\x00\x01\x01\x3a\x04\x01\x02\x03\x04\xff");
	struct in_addr address = {7};
	struct message message;
	uint32_t number = 7;

	(void)state;
	assert_int_equal(decode(&example, &message), DECODE_OK);
	assert_false(message_u32(&message, OPTION_LEASE_TIME, &number));
	assert_false(
		message_address(&message, OPTION_SERVER_IDENTIFIER, &address));
	assert_false(message_u32(&message, OPTION_REBINDING_TIME, &number));
	assert_false(message_address(&message, OPTION_ROUTERS, &address));
	assert_int_equal(number + address.s_addr, 14);
	assert_true(message_u32(&message, OPTION_RENEWAL_TIME, &number));
	assert_int_equal(number, 0x01020304);
}

static void what_is_sent_is_exactly_its_fields(void **state)
{
	const struct message_header header = {
		.xid = 0x01020304,
		.secs = 0x0506,
		.ciaddr = {htonl(0x0a000007)},
		.chaddr = {{0x02, 0x11, 0x22, 0x33, 0x44, 0x55}}};
	const struct message_value options[] = {
		{OPTION_SERVER_IDENTIFIER, 4, {10, 0, 0, 1}},
		{OPTION_MESSAGE_TYPE, 1, {DHCPREQUEST}},
		{61, 7, {1, 2, 0x11, 0x22, 0x33, 0x44, 0x55}}};
	uint8_t expected[MESSAGE_SENT_LENGTH] = {1, 1, 6, 0, 1,  2, 3, 4,
						 5, 6, 0, 0, 10, 0, 0, 7};
	uint8_t out[MESSAGE_SENT_LENGTH + 1] = {0};

	(void)state;
	memcpy(expected + 28, header.chaddr.octet, MAC_LENGTH);
	memcpy(expected + AT_COOKIE,
	       "\x63\x82\x53\x63\x36\x04\x0a\x00\x00\x01\x35\x01\x03\x3d\x07"
	       "\x01\x02\x11\x22\x33\x44\x55\xff",
	       23);
	out[MESSAGE_SENT_LENGTH] = 7;
	message_encode(&header, options, 3, out);
	assert_memory_equal(out, expected, sizeof(expected));
	assert_int_equal(out[MESSAGE_SENT_LENGTH], 7);
}

static void octets_of_an_earlier_message_are_not_sent(void **state)
{
	const struct message_header header = {.xid = 0};
	uint8_t once[MESSAGE_SENT_LENGTH], again[MESSAGE_SENT_LENGTH];

	(void)state;
	memset(once, 0, sizeof(once));
	memset(again, 0xa5, sizeof(again));
	message_encode(&header, NULL, 0, once);
	message_encode(&header, NULL, 0, again);
	assert_memory_equal(once, again, sizeof(once));
	assert_int_equal(once[HEADER_LENGTH], OPTION_END);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_recorded_packet_is_what_its_name_says),
		cmocka_unit_test(a_recorded_ack_has_its_fields),
		cmocka_unit_test(a_recorded_overload_is_read_through),
		cmocka_unit_test(a_recorded_nak_has_no_address),
		cmocka_unit_test(every_field_of_the_header_is_read),
		cmocka_unit_test(a_header_cut_short_is_short),
		cmocka_unit_test(a_message_longer_than_any_is_refused),
		cmocka_unit_test(what_is_no_reply_is_refused),
		cmocka_unit_test(only_offer_ack_and_nak_are_replies),
		cmocka_unit_test(a_message_type_must_be_one_octet),
		cmocka_unit_test(pads_are_passed_over),
		cmocka_unit_test(a_missing_end_is_forgiven),
		cmocka_unit_test(nothing_counts_after_the_end),
		cmocka_unit_test(an_option_past_the_end_is_refused),
		cmocka_unit_test(an_empty_option_is_seen_but_has_no_value),
		cmocka_unit_test(instances_of_an_option_are_joined),
		cmocka_unit_test(
			overloaded_fields_are_joined_after_the_options),
		cmocka_unit_test(only_the_field_that_is_named_is_overloaded),
		cmocka_unit_test(an_overloaded_field_may_be_full),
		cmocka_unit_test(an_overloaded_field_must_parse),
		cmocka_unit_test(an_overload_that_cannot_be_overloads_nothing),
		cmocka_unit_test(an_overloaded_field_overloads_no_other),
		cmocka_unit_test(a_message_full_of_options_has_room),
		cmocka_unit_test(a_damaged_message_does_no_harm),
		cmocka_unit_test(values_of_another_length_are_no_number),
		cmocka_unit_test(what_is_sent_is_exactly_its_fields),
		cmocka_unit_test(octets_of_an_earlier_message_are_not_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
