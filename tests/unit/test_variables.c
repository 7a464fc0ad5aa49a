/* The list of variables: made from an ACK, changed, and checked. */
#include "unit.h"

#include "variables.h"

#include <string.h>

#define REFUSALS_MAX 16

static const struct variables none;

/* An ACK of 10.77.0.9 from 10.77.0.1, without options. */
static struct message ack(void)
{
	static const struct message empty;
	struct message message = empty;

	message.yiaddr.s_addr = htonl(0x0a4d0009);
	message.siaddr.s_addr = htonl(0x0a4d0001);
	return message;
}

static void put(struct message *message, uint8_t code, const void *value,
		size_t length)
{
	static uint16_t used;

	if (used + length > sizeof(message->data))
		used = 0;
	memcpy(message->data + used, value, length);
	message->option[code] = (struct message_option){
		.offset = used, .length = (uint16_t)length, .seen = true};
	used = (uint16_t)(used + length);
}

static struct in_addr mask_24(void)
{
	return (struct in_addr){htonl(0xffffff00)};
}

static void expect(const struct variables *variables, uint16_t code,
		   const char *expected)
{
	const char *const text = variables_find(variables, code);

	if (expected == NULL) {
		assert_null(text);
		return;
	}
	assert_non_null(text);
	assert_string_equal(text, expected);
}

static void texts_lie_one_behind_the_other(void **state)
{
	struct variables variables = none;
	const struct variable *item;
	const char *text;
	uint32_t at = 0;

	(void)state;
	assert_null(variables_next(&variables, &at, &text));
	assert_true(variables_add(&variables, 51, "3600"));
	assert_true(variables_add(&variables, 3, "10.0.0.1"));
	assert_int_equal(variables.size, sizeof("3600") + sizeof("10.0.0.1"));

	item = variables_next(&variables, &at, &text);
	assert_int_equal(item->code, 51);
	assert_string_equal(text, "3600");
	item = variables_next(&variables, &at, &text);
	assert_int_equal(item->code, 3);
	assert_string_equal(text, "10.0.0.1");
	assert_null(variables_next(&variables, &at, &text));
	expect(&variables, 3, "10.0.0.1");
	expect(&variables, 6, NULL);
}

static void what_is_taken_out_leaves_no_gap(void **state)
{
	struct variables variables = none;

	(void)state;
	assert_true(variables_add(&variables, 51, "3600"));
	assert_true(variables_add(&variables, FIELD_IP_ADDRESS, "10.0.0.9"));
	assert_true(variables_add(&variables, 3, "10.0.0.1"));
	variables_remove(&variables, 6);
	assert_int_equal(variables.count, 3);
	variables_remove(&variables, 51);
	expect(&variables, 51, NULL);
	expect(&variables, FIELD_IP_ADDRESS, "10.0.0.9");
	expect(&variables, 3, "10.0.0.1");
	assert_true(variables_are_valid(&variables));
	variables_remove(&variables, 3);
	assert_true(variables_are_valid(&variables));
	variables_remove(&variables, FIELD_IP_ADDRESS);
	assert_int_equal(variables.count, 0);
	assert_int_equal(variables.size, 0);
}

static void what_does_not_fit_changes_nothing(void **state)
{
	static char text[OPTION_TEXT_MAX + 1];
	struct variables variables = none;

	(void)state;
	memset(text, 'a', OPTION_TEXT_MAX);
	assert_false(variables_add(&variables, 67, text));
	text[OPTION_TEXT_MAX - 1] = '\0';
	for (uint16_t i = 0; i < VARIABLES_TEXT_MAX / OPTION_TEXT_MAX; i++)
		assert_true(variables_add(&variables, 224 + i, text));
	assert_false(variables_add(&variables, 67, ""));
	assert_int_equal(variables.size, VARIABLES_TEXT_MAX);

	variables = none;
	for (uint16_t i = 0; i < VARIABLES_MAX; i++)
		assert_true(variables_add(&variables, i, "1"));
	assert_false(variables_add(&variables, 256, "1"));
	assert_int_equal(variables.count, VARIABLES_MAX);
}

static void an_ack_gives_addresses_with_and_without_options(void **state)
{
	const struct message message = ack();
	struct variables variables;

	(void)state;
	assert_int_equal(variables_from_message(&message, mask_24(), NULL,
						&variables, NULL, 0),
			 0);
	assert_true(variables_are_valid(&variables));
	assert_int_equal(variables.count, 5);
	expect(&variables, FIELD_IP_ADDRESS, "10.77.0.9");
	expect(&variables, FIELD_NEXT_SERVER, "10.77.0.1");
	expect(&variables, FIELD_NETWORK_NUMBER, "10.77.0.0");
	expect(&variables, OPTION_SUBNET_MASK, "255.255.255.0");
	expect(&variables, FIELD_BROADCAST, "10.77.0.255");
}

static void next_server_is_given_even_as_zeros(void **state)
{
	struct message message = ack();
	struct variables variables;

	(void)state;
	message.siaddr.s_addr = 0;
	variables_from_message(&message, mask_24(), NULL, &variables, NULL, 0);
	expect(&variables, FIELD_NEXT_SERVER, "0.0.0.0");
}

static void the_mask_given_replaces_the_one_that_came(void **state)
{
	struct message message = ack();
	struct variables variables;

	(void)state;
	put(&message, OPTION_SUBNET_MASK, "\xc0\x00\x00\x00", 4);
	assert_int_equal(variables_from_message(&message, mask_24(), NULL,
						&variables, NULL, 0),
			 0);
	expect(&variables, OPTION_SUBNET_MASK, "255.255.255.0");
}

static void a_broadcast_address_must_be_one_here(void **state)
{
	static const struct {
		const char *sent;
		uint16_t code;
		const char *expected;
	} cases[] = {
		{"\x0a\x4d\x00\xff", 28, "10.77.0.255"},
		{"\xff\xff\xff\xff", 28, "255.255.255.255"},
		/* of no subnet of ours, and a host to be cut off */
		{"\x0a\x4d\x00\x7f", FIELD_BROADCAST, "10.77.0.255"},
		{"\x08\x08\x08\x08", FIELD_BROADCAST, "10.77.0.255"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message = ack();
		struct variables variables;

		put(&message, 28, cases[i].sent, 4);
		variables_from_message(&message, mask_24(), NULL, &variables,
				       NULL, 0);
		expect(&variables, cases[i].code, cases[i].expected);
		assert_true(variables_fit_subnet(&variables));
	}
}

static void a_broadcast_address_of_elsewhere_does_not_fit(void **state)
{
	struct variables variables = none;

	(void)state;
	assert_true(variables_add(&variables, FIELD_IP_ADDRESS, "10.77.0.9"));
	assert_true(variables_fit_subnet(&variables));
	assert_true(variables_add(&variables, 28, "10.77.0.255"));
	assert_false(variables_fit_subnet(&variables)); /* of what mask? */
	assert_true(variables_add(&variables, 1, "255.255.255.0"));
	assert_true(variables_fit_subnet(&variables));
	variables_remove(&variables, 28);
	assert_true(variables_add(&variables, 28, "8.8.8.8"));
	assert_false(variables_fit_subnet(&variables));
	variables_remove(&variables, 28);
	assert_true(variables_add(&variables, FIELD_BROADCAST, "8.8.8.8"));
	assert_false(variables_fit_subnet(&variables));
}

static void sname_and_file_end_at_the_first_nul(void **state)
{
	struct message message = ack();
	struct variables variables;

	(void)state;
	memcpy(message.sname, "boot.example\0;id", 16);
	memcpy(message.file, "/a/b c\0;id", 10);
	variables_from_message(&message, mask_24(), NULL, &variables, NULL, 0);
	expect(&variables, FIELD_SERVER_NAME, "boot.example");
	expect(&variables, FIELD_FILENAME, "/a/b c");
	assert_true(variables_are_valid(&variables));
}

static void a_full_field_needs_no_nul(void **state)
{
	char expected[MESSAGE_FILE_LENGTH + 1] = {0};
	struct message message = ack();
	struct variables variables;

	(void)state;
	memset(message.file, 'a', sizeof(message.file));
	memset(expected, 'a', sizeof(message.file));
	variables_from_message(&message, mask_24(), NULL, &variables, NULL, 0);
	expect(&variables, FIELD_FILENAME, expected);
}

static void what_is_refused_is_listed(void **state)
{
	struct variables_refusal refusals[REFUSALS_MAX];
	struct message message = ack();
	struct variables variables;

	(void)state;
	memcpy(message.sname, "boot example", 12);
	memcpy(message.file, "/a;reboot", 9);
	put(&message, 3, "\x0a\x4d\x00\x01\x05", 5);
	put(&message, 15, "x$(id)", 6);
	put(&message, OPTION_INTERFACE_MTU, "\x00\x44", 2);
	put(&message, 12, "host", 4);
	put(&message, 67, "", 0);
	put(&message, 66, "\0", 1);
	assert_int_equal(variables_from_message(&message, mask_24(), NULL,
						&variables, refusals,
						REFUSALS_MAX),
			 5);
	assert_int_equal(refusals[0].code, FIELD_SERVER_NAME);
	assert_int_equal(refusals[0].result, OPTION_UNCLEAN);
	assert_int_equal(refusals[1].code, FIELD_FILENAME);
	assert_int_equal(refusals[1].result, OPTION_UNCLEAN);
	assert_int_equal(refusals[2].code, 3);
	assert_int_equal(refusals[2].result, OPTION_LENGTH);
	assert_int_equal(refusals[3].code, 15);
	assert_int_equal(refusals[3].result, OPTION_UNCLEAN);
	assert_int_equal(refusals[4].code, OPTION_INTERFACE_MTU);
	assert_int_equal(refusals[4].result, OPTION_UNCLEAN);
	assert_int_equal(variables.count, 5);

	assert_int_equal(variables_from_message(&message, mask_24(), NULL,
						&variables, refusals, 2),
			 2);
	assert_int_equal(variables.count, 5);
}

static void host_name_is_withheld(void **state)
{
	struct message message = ack();
	struct variables variables;

	(void)state;
	put(&message, OPTION_HOST_NAME, "given-name", 10);
	variables_from_message(&message, mask_24(), NULL, &variables, NULL, 0);
	expect(&variables, OPTION_HOST_NAME, NULL);
}

static void options_beyond_the_room_are_refused_as_too_long(void **state)
{
	struct variables_refusal refusals[REFUSALS_MAX];
	struct message message = ack();
	struct variables variables;

	(void)state;
	/* 1360 octets of hex are 4079 octets of text: a fifth has no room */
	memset(message.data, 0xff, sizeof(message.data));
	for (uint8_t code = 224; code < 229; code++)
		message.option[code] = (struct message_option){0, 1360, true};
	assert_int_equal(variables_from_message(&message, mask_24(), NULL,
						&variables, refusals,
						REFUSALS_MAX),
			 1);
	assert_int_equal(refusals[0].code, 228);
	assert_int_equal(refusals[0].result, OPTION_LONG);
	assert_true(variables_are_valid(&variables));
}

/* Variables that pass the check, to be spoilt. */
static struct variables sound(void)
{
	struct variables variables = none;

	assert_true(variables_add(&variables, FIELD_IP_ADDRESS, "10.0.0.9"));
	assert_true(variables_add(&variables, 15, "example.org"));
	assert_true(variables_are_valid(&variables));
	return variables;
}

static void counts_and_sizes_must_be_within_bounds_and_add_up(void **state)
{
	struct variables variables = sound();

	(void)state;
	variables.count = VARIABLES_MAX + 1;
	assert_false(variables_are_valid(&variables));
	variables = sound();
	variables.count = UINT32_MAX;
	assert_false(variables_are_valid(&variables));
	variables = sound();
	variables.size = VARIABLES_TEXT_MAX + 1;
	assert_false(variables_are_valid(&variables));
	variables = sound();
	variables.size++;
	assert_false(variables_are_valid(&variables));
	variables = sound();
	variables.size--;
	assert_false(variables_are_valid(&variables));
	variables = sound();
	variables.item[1].size = 0;
	assert_false(variables_are_valid(&variables));
	variables = sound();
	variables.item[1].size = UINT16_MAX;
	assert_false(variables_are_valid(&variables));
	variables = sound();
	variables.size = VARIABLES_TEXT_MAX;
	variables.item[1].size = OPTION_TEXT_MAX + 1;
	assert_false(variables_are_valid(&variables));
}

static void each_text_must_be_a_string_of_its_size(void **state)
{
	struct variables variables = sound();

	(void)state;
	variables.text[3] = '\0';
	assert_false(variables_are_valid(&variables));
	variables = sound();
	/* clean up to it, and what follows unseen */
	variables.text[variables.item[0].size + strlen("example")] = '\0';
	assert_false(variables_are_valid(&variables));
	variables = sound();
	variables.text[variables.size - 1] = 'x';
	assert_false(variables_are_valid(&variables));
}

static void each_text_must_be_clean_for_its_code(void **state)
{
	struct variables variables = sound();

	(void)state;
	variables.text[variables.size - 2] = ';';
	assert_false(variables_are_valid(&variables));
	variables = sound();
	variables.item[1].code = 3;
	assert_false(variables_are_valid(&variables));
}

static void each_code_must_be_known_and_there_once(void **state)
{
	static const uint16_t codes[] = {0, 12, 255, FIELD_END, 65535};
	struct variables variables = sound();

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		variables.item[1].code = codes[i];
		assert_false(variables_are_valid(&variables));
	}
	variables = sound();
	assert_true(variables_add(&variables, 15, "example.net"));
	assert_false(variables_are_valid(&variables));
}

static void there_is_one_broadcast_address_at_most(void **state)
{
	struct variables variables = sound();

	(void)state;
	assert_true(variables_add(&variables, FIELD_BROADCAST, "10.77.0.255"));
	assert_true(variables_are_valid(&variables));
	assert_true(variables_add(&variables, 28, "10.77.0.255"));
	assert_false(variables_are_valid(&variables));
}

static void there_must_be_an_address(void **state)
{
	struct variables variables = sound();

	(void)state;
	variables_remove(&variables, FIELD_IP_ADDRESS);
	assert_false(variables_are_valid(&variables));
	assert_false(variables_are_valid(&none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_lie_one_behind_the_other),
		cmocka_unit_test(what_is_taken_out_leaves_no_gap),
		cmocka_unit_test(what_does_not_fit_changes_nothing),
		cmocka_unit_test(
			an_ack_gives_addresses_with_and_without_options),
		cmocka_unit_test(next_server_is_given_even_as_zeros),
		cmocka_unit_test(the_mask_given_replaces_the_one_that_came),
		cmocka_unit_test(a_broadcast_address_must_be_one_here),
		cmocka_unit_test(there_is_one_broadcast_address_at_most),
		cmocka_unit_test(a_broadcast_address_of_elsewhere_does_not_fit),
		cmocka_unit_test(sname_and_file_end_at_the_first_nul),
		cmocka_unit_test(a_full_field_needs_no_nul),
		cmocka_unit_test(what_is_refused_is_listed),
		cmocka_unit_test(host_name_is_withheld),
		cmocka_unit_test(
			options_beyond_the_room_are_refused_as_too_long),
		cmocka_unit_test(
			counts_and_sizes_must_be_within_bounds_and_add_up),
		cmocka_unit_test(each_text_must_be_a_string_of_its_size),
		cmocka_unit_test(each_text_must_be_clean_for_its_code),
		cmocka_unit_test(each_code_must_be_known_and_there_once),
		cmocka_unit_test(there_must_be_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
