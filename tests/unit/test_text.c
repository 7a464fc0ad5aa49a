/* Texts, and the names that logs and scripts are given. */
#include "unit.h"

#include "decode.h"
#include "reason.h"
#include "text.h"

#include <arpa/inet.h>
#include <string.h>

static void an_empty_text_is_a_string(void **state)
{
	char buffer[1] = {'x'};
	struct text text = text_in(buffer, sizeof(buffer));

	(void)state;
	assert_string_equal(text.start, "");
	assert_int_equal(text.length, 0);
	assert_false(text.cut);
	text_add(&text, "");
	assert_false(text.cut);
}

static void pieces_follow_each_other(void **state)
{
	const struct in_addr address = {htonl(0xc0a80001)};
	char buffer[64];
	struct text text = text_in(buffer, sizeof(buffer));

	(void)state;
	text_add(&text, "a=");
	text_add_number(&text, -12);
	text_add_char(&text, ' ');
	text_add_address(&text, address);
	assert_string_equal(buffer, "a=-12 192.168.0.1");
	assert_int_equal(text.length, strlen(buffer));
	assert_false(text.cut);
}

static void a_piece_may_fill_the_buffer(void **state)
{
	char buffer[4];
	struct text text = text_in(buffer, sizeof(buffer));

	(void)state;
	text_add(&text, "abc");
	assert_string_equal(buffer, "abc");
	assert_false(text.cut);
}

static void a_piece_that_does_not_fit_ends_the_text(void **state)
{
	char buffer[4];
	struct text text = text_in(buffer, sizeof(buffer));

	(void)state;
	text_add(&text, "ab");
	text_add(&text, "cd");
	assert_true(text.cut);
	text_add_char(&text, 'e');
	assert_string_equal(buffer, "ab");
	assert_int_equal(text.length, 2);
	assert_true(text.cut);
}

static void numbers_are_written_in_decimal(void **state)
{
	static const struct {
		int64_t value;
		const char *text;
	} cases[] = {
		{0, "0"},
		{10, "10"},
		{-1, "-1"},
		{4294967295, "4294967295"},
		{INT64_MAX, "9223372036854775807"},
		{INT64_MIN, "-9223372036854775808"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char buffer[32];
		struct text text = text_in(buffer, sizeof(buffer));

		text_add_number(&text, cases[i].value);
		assert_string_equal(buffer, cases[i].text);
	}
}

static void a_number_is_taken_from_the_start(void **state)
{
	const char *at = "120 7";
	uint64_t value;

	(void)state;
	assert_true(text_take_number(&at, 120, &value));
	assert_int_equal(value, 120);
	assert_string_equal(at, " 7");
	at = "0";
	assert_true(text_take_number(&at, 0, &value));
	assert_int_equal(value, 0);
	assert_string_equal(at, "");
	at = "18446744073709551615";
	assert_true(text_take_number(&at, UINT64_MAX, &value));
	assert_true(value == UINT64_MAX);
}

static void what_is_no_number_is_left_alone(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
	} cases[] = {
		{"", 9},
		{"x", 9},
		{"-1", 9},
		{"+1", 9},
		{" 1", 9},
		{"01", 9},
		{"00", 9},
		{"10", 9},
		{"9", 8},
		{"1", 0},
		{"256", 255},
		{"1000", 255},
		{"18446744073709551616", UINT64_MAX},
		{"99999999999999999999999", UINT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *at = cases[i].text;
		uint64_t value = 7;

		assert_false(text_take_number(&at, cases[i].max, &value));
		assert_ptr_equal(at, cases[i].text);
		assert_int_equal(value, 7);
	}
}

static void an_address_is_taken_from_the_start(void **state)
{
	const char *at = "10.0.255.1/24";
	struct in_addr address;

	(void)state;
	assert_true(text_take_address(&at, &address));
	assert_int_equal(address.s_addr, htonl(0x0a00ff01));
	assert_string_equal(at, "/24");
}

static void what_is_no_address_is_left_alone(void **state)
{
	static const char *const cases[] = {
		"",           "10",        "10.0.0",     "10.0.0.",
		"10.0.0.256", "10..0.1",   "010.0.0.1",  "10.0.0.01",
		"10,0.0.1",   ".10.0.0.1", "0x0a.0.0.1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *at = cases[i];
		struct in_addr address = {7};

		assert_false(text_take_address(&at, &address));
		assert_ptr_equal(at, cases[i]);
		assert_int_equal(address.s_addr, 7);
	}
}

static void every_decode_result_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < DECODE_COUNT; i++) {
		const char *name = decode_name((enum decode)i);

		assert_non_null(name);
		assert_string_not_equal(name, "unknown");
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(name,
						decode_name((enum decode)j));
	}
	assert_string_equal(decode_name(DECODE_SHORT), "short");
	assert_string_equal(decode_name(DECODE_REFUSED), "refused");
	assert_string_equal(decode_name(DECODE_COUNT), "unknown");
}

static void every_reason_has_the_name_that_scripts_know(void **state)
{
	static const char *const names[] = {"PREINIT", "BOUND",   "RENEW",
					    "REBIND",  "EXPIRE",  "FAIL",
					    "STOP",    "RELEASE", "NBI"};

	(void)state;
	assert_int_equal(sizeof(names) / sizeof(names[0]), REASON_COUNT);
	for (unsigned i = 0; i < REASON_COUNT; i++)
		assert_string_equal(reason_name((enum reason)i), names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_text_is_a_string),
		cmocka_unit_test(pieces_follow_each_other),
		cmocka_unit_test(a_piece_may_fill_the_buffer),
		cmocka_unit_test(a_piece_that_does_not_fit_ends_the_text),
		cmocka_unit_test(numbers_are_written_in_decimal),
		cmocka_unit_test(a_number_is_taken_from_the_start),
		cmocka_unit_test(what_is_no_number_is_left_alone),
		cmocka_unit_test(an_address_is_taken_from_the_start),
		cmocka_unit_test(what_is_no_address_is_left_alone),
		cmocka_unit_test(every_decode_result_has_a_name_of_its_own),
		cmocka_unit_test(every_reason_has_the_name_that_scripts_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
