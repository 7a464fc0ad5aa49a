/* The user's changes applied to a list of variables. */
#include "unit.h"

#include "amend.h"

#include <stdlib.h>
#include <string.h>

static struct variables variables;
static struct amendments amendments;

/* Fixture: a lease of 10.77.0.9/24 with the computed addresses. */
static int set_up(void **state)
{
	(void)state;
	amendments = (struct amendments){0};
	variables = (struct variables){0};
	variables_add(&variables, FIELD_IP_ADDRESS, "10.77.0.9");
	variables_add(&variables, OPTION_SUBNET_MASK, "255.255.255.0");
	variables_add(&variables, FIELD_NETWORK_NUMBER, "10.77.0.0");
	variables_add(&variables, OPTION_BROADCAST_ADDRESS, "10.77.0.255");
	return 0;
}

static void amend(uint16_t code, enum amend_verb verb, const char *text)
{
	assert_true(amend_add(&amendments, code, code, verb, text));
}

static void expect(uint16_t code, const char *expected)
{
	const char *const text = variables_find(&variables, code);

	assert_true(variables_are_valid(&variables));
	if (expected == NULL) {
		assert_null(text);
		return;
	}
	assert_non_null(text);
	assert_string_equal(text, expected);
}

static void nothing_to_say_changes_nothing(void **state)
{
	const struct variables before = variables;

	(void)state;
	assert_int_equal(amend_apply(&amendments, &variables), 0);
	assert_memory_equal(&variables, &before, sizeof(before));
}

static void supersede_takes_the_place_of_a_value(void **state)
{
	(void)state;
	variables_add(&variables, 6, "10.77.0.53 10.77.0.54");
	amend(6, AMEND_SUPERSEDE, "127.0.0.1");
	amend(15, AMEND_SUPERSEDE, "example.org");
	assert_int_equal(amend_apply(&amendments, &variables), 0);
	expect(6, "127.0.0.1");
	expect(15, "example.org");
}

static void supersede_with_nothing_takes_a_value_away(void **state)
{
	(void)state;
	variables_add(&variables, 15, "lan.example");
	amend(15, AMEND_SUPERSEDE, "");
	amend(119, AMEND_SUPERSEDE, "");
	assert_int_equal(amend_apply(&amendments, &variables), 0);
	expect(15, NULL);
	expect(119, NULL);
}

static void default_is_for_a_value_that_is_not_there(void **state)
{
	(void)state;
	variables_add(&variables, 6, "10.77.0.53");
	amend(6, AMEND_DEFAULT, "127.0.0.1");
	amend(42, AMEND_DEFAULT, "192.0.2.1");
	amend(17, AMEND_DEFAULT, "");
	assert_int_equal(amend_apply(&amendments, &variables), 0);
	expect(6, "10.77.0.53");
	expect(42, "192.0.2.1");
	expect(17, NULL);
}

static void prepend_and_append_join_with_a_blank(void **state)
{
	(void)state;
	variables_add(&variables, 6, "10.77.0.53");
	variables_add(&variables, 15, "lan.example");
	amend(6, AMEND_PREPEND, "127.0.0.1");
	amend(6, AMEND_APPEND, "192.0.2.53");
	amend(15, AMEND_APPEND, "lab.example");
	amend(15, AMEND_PREPEND, "");
	assert_int_equal(amend_apply(&amendments, &variables), 0);
	expect(6, "127.0.0.1 10.77.0.53 192.0.2.53");
	expect(15, "lan.example lab.example");
}

static void prepend_and_append_stand_alone_without_a_value(void **state)
{
	(void)state;
	amend(6, AMEND_PREPEND, "127.0.0.1");
	amend(42, AMEND_APPEND, "192.0.2.1");
	amend(119, AMEND_APPEND, "");
	assert_int_equal(amend_apply(&amendments, &variables), 0);
	expect(6, "127.0.0.1");
	expect(42, "192.0.2.1");
	expect(119, NULL);
}

static void text_is_joined_without_a_blank(void **state)
{
	(void)state;
	variables_add(&variables, 17, "/root");
	amend(17, AMEND_PREPEND, "10.0.0.1:");
	amend(17, AMEND_APPEND, ",v4");
	assert_int_equal(amend_apply(&amendments, &variables), 0);
	expect(17, "10.0.0.1:/root,v4");
}

static void an_option_of_the_users_own_is_joined_by_its_kind(void **state)
{
	(void)state;
	variables_add(&variables, 225, "10.0.0.1");
	assert_true(amend_add(&amendments, 225, 4, AMEND_APPEND, "10.0.0.2"));
	assert_int_equal(amend_apply(&amendments, &variables), 0);
	expect(225, "10.0.0.1 10.0.0.2");
}

static void changes_happen_in_their_order(void **state)
{
	(void)state;
	amend(6, AMEND_PREPEND, "192.0.2.1");
	amend(6, AMEND_SUPERSEDE, "192.0.2.2");
	amend(6, AMEND_DEFAULT, "192.0.2.3");
	amend(6, AMEND_APPEND, "192.0.2.4");
	assert_int_equal(amend_apply(&amendments, &variables), 0);
	expect(6, "192.0.2.2 192.0.2.4");
}

static void network_and_broadcast_follow_the_mask(void **state)
{
	(void)state;
	amend(OPTION_SUBNET_MASK, AMEND_SUPERSEDE, "255.255.0.0");
	amend_apply(&amendments, &variables);
	expect(OPTION_SUBNET_MASK, "255.255.0.0");
	expect(FIELD_NETWORK_NUMBER, "10.77.0.0");
	expect(OPTION_BROADCAST_ADDRESS, "10.77.255.255");
}

static void a_computed_broadcast_address_gives_way_to_the_users(void **state)
{
	(void)state;
	variables_remove(&variables, OPTION_BROADCAST_ADDRESS);
	variables_add(&variables, FIELD_BROADCAST, "10.77.0.255");
	amend(OPTION_SUBNET_MASK, AMEND_SUPERSEDE, "255.255.0.0");
	amend_apply(&amendments, &variables);
	expect(FIELD_BROADCAST, "10.77.255.255");
	expect(OPTION_BROADCAST_ADDRESS, NULL);
	amend(OPTION_BROADCAST_ADDRESS, AMEND_DEFAULT, "255.255.255.255");
	amend_apply(&amendments, &variables);
	expect(FIELD_BROADCAST, NULL);
	expect(OPTION_BROADCAST_ADDRESS, "255.255.255.255");
}

static void a_broadcast_address_that_was_given_stays(void **state)
{
	(void)state;
	variables_remove(&variables, OPTION_BROADCAST_ADDRESS);
	variables_add(&variables, OPTION_BROADCAST_ADDRESS, "10.255.255.255");
	amend(OPTION_SUBNET_MASK, AMEND_SUPERSEDE, "255.0.0.0");
	amend_apply(&amendments, &variables);
	expect(FIELD_NETWORK_NUMBER, "10.0.0.0");
	expect(OPTION_BROADCAST_ADDRESS, "10.255.255.255");
	set_up(state);
	amend(OPTION_SUBNET_MASK, AMEND_SUPERSEDE, "255.0.0.0");
	amend(OPTION_BROADCAST_ADDRESS, AMEND_SUPERSEDE, "10.77.0.255");
	amend_apply(&amendments, &variables);
	expect(OPTION_BROADCAST_ADDRESS, "10.77.0.255");
}

static void a_lease_without_a_mask_can_be_given_one(void **state)
{
	(void)state;
	variables_remove(&variables, OPTION_SUBNET_MASK);
	variables_remove(&variables, FIELD_NETWORK_NUMBER);
	variables_remove(&variables, OPTION_BROADCAST_ADDRESS);
	amend(OPTION_SUBNET_MASK, AMEND_DEFAULT, "255.255.255.0");
	amend_apply(&amendments, &variables);
	expect(FIELD_NETWORK_NUMBER, "10.77.0.0");
	expect(OPTION_BROADCAST_ADDRESS, NULL);
}

static const char *long_text(size_t size)
{
	static char text[OPTION_TEXT_MAX];

	memset(text, 'a', size - 1);
	text[size - 1] = '\0';
	return text;
}

/* Fills the list up to its last octet. */
static void fill(void)
{
	uint16_t code = 224;

	while (VARIABLES_TEXT_MAX - variables.size > OPTION_TEXT_MAX)
		variables_add(&variables, code++, long_text(OPTION_TEXT_MAX));
	variables_add(&variables, 223,
		      long_text(VARIABLES_TEXT_MAX - variables.size));
	assert_int_equal(variables.size, VARIABLES_TEXT_MAX);
}

static void the_network_can_leave_the_user_no_less_room(void **state)
{
	(void)state;
	fill();
	amend(6, AMEND_SUPERSEDE, "127.0.0.1");
	assert_int_equal(amend_apply(&amendments, &variables), 1);
	expect(6, "127.0.0.1");
	expect(224, NULL);
	expect(225, long_text(OPTION_TEXT_MAX));
	expect(FIELD_IP_ADDRESS, "10.77.0.9");
}

static void many_values_leave_room_too(void **state)
{
	(void)state;
	for (uint16_t code = 1; variables.count < VARIABLES_MAX; code++)
		if (code != 6 && variables_find(&variables, code) == NULL)
			variables_add(&variables, code, "1");
	amend(6, AMEND_SUPERSEDE, "127.0.0.1");
	assert_int_equal(amend_apply(&amendments, &variables), 1);
	assert_string_equal(variables_find(&variables, 6), "127.0.0.1");
}

static void the_users_value_stands_alone_if_both_are_too_long(void **state)
{
	(void)state;
	variables_add(&variables, 17, long_text(OPTION_TEXT_MAX));
	variables_add(&variables, 18, long_text(OPTION_TEXT_MAX));
	amend(17, AMEND_PREPEND, "/srv");
	amend(18, AMEND_APPEND, "/srv");
	assert_int_equal(amend_apply(&amendments, &variables), 2);
	expect(17, "/srv");
	expect(18, "/srv");
}

static void what_nothing_can_make_room_for_is_left_out(void **state)
{
	static const uint16_t codes[] = {14, 17, 18, 62, 64};

	(void)state;
	variables = (struct variables){0};
	variables_add(&variables, FIELD_IP_ADDRESS, "10.77.0.9");
	for (size_t i = 0; i < 4; i++)
		variables_add(&variables, codes[i],
			      long_text(OPTION_TEXT_MAX - 10));
	for (size_t i = 0; i < 4; i++)
		amend(codes[i], AMEND_PREPEND, "/");
	amend(codes[4], AMEND_SUPERSEDE, long_text(100));
	assert_int_equal(amend_apply(&amendments, &variables), 0);
	expect(codes[4], NULL);
	expect(FIELD_IP_ADDRESS, "10.77.0.9");
}

static void amendments_have_a_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < AMEND_MAX; i++)
		amend(17, AMEND_APPEND, "");
	assert_false(amend_add(&amendments, 17, 17, AMEND_APPEND, ""));
	amendments = (struct amendments){0};
	assert_false(amend_add(&amendments, 17, 17, AMEND_SUPERSEDE,
			       long_text(AMEND_TEXT_MAX + 1)));
	amend(17, AMEND_SUPERSEDE, long_text(AMEND_TEXT_MAX));
	assert_false(amend_add(&amendments, 17, 17, AMEND_APPEND, ""));
	assert_int_equal(amendments.count, 1);
}

static void only_lists_and_text_can_be_added_to(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind <= KIND_COUNT; kind++) {
		const char *const separator =
			amend_separator((enum option_kind)kind);

		if (separator != NULL)
			assert_true(strcmp(separator, " ") == 0 ||
				    kind == KIND_TEXT);
	}
	assert_string_equal(amend_separator(KIND_SEARCH), " ");
	assert_string_equal(amend_separator(KIND_TEXT), "");
	assert_null(amend_separator(KIND_ADDRESS));
	assert_null(amend_separator(KIND_BINARY));
}

static void whatever_is_applied_leaves_a_valid_list(void **state)
{
	static const struct {
		uint16_t code;
		const char *text;
	} values[] = {
		{1, "255.255.0.0"}, {3, "192.0.2.1"},       {6, "127.0.0.1"},
		{15, "a.example"},  {17, "/srv"},           {26, "1400"},
		{28, "10.0.0.255"}, {119, "a. b.example."}, {121, "0 1 2 3 4"},
		{42, ""},
	};

	(void)state;
	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		set_up(state);
		if (rand() % 4 == 0)
			fill();
		for (int n = rand() % 12; n > 0; n--) {
			const size_t i = (size_t)rand() %
					 (sizeof(values) / sizeof(values[0]));
			const enum option_kind kind =
				option_kind(values[i].code);
			enum amend_verb verb = (enum amend_verb)(rand() % 4);

			if (amend_separator(kind) == NULL)
				verb = AMEND_SUPERSEDE;
			amend(values[i].code, verb, values[i].text);
		}
		amend_apply(&amendments, &variables);
		assert_true(variables_are_valid(&variables));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_say_changes_nothing),
		cmocka_unit_test(supersede_takes_the_place_of_a_value),
		cmocka_unit_test(supersede_with_nothing_takes_a_value_away),
		cmocka_unit_test(default_is_for_a_value_that_is_not_there),
		cmocka_unit_test(prepend_and_append_join_with_a_blank),
		cmocka_unit_test(
			prepend_and_append_stand_alone_without_a_value),
		cmocka_unit_test(text_is_joined_without_a_blank),
		cmocka_unit_test(
			an_option_of_the_users_own_is_joined_by_its_kind),
		cmocka_unit_test(changes_happen_in_their_order),
		cmocka_unit_test(network_and_broadcast_follow_the_mask),
		cmocka_unit_test(
			a_computed_broadcast_address_gives_way_to_the_users),
		cmocka_unit_test(a_broadcast_address_that_was_given_stays),
		cmocka_unit_test(a_lease_without_a_mask_can_be_given_one),
		cmocka_unit_test(the_network_can_leave_the_user_no_less_room),
		cmocka_unit_test(many_values_leave_room_too),
		cmocka_unit_test(
			the_users_value_stands_alone_if_both_are_too_long),
		cmocka_unit_test(what_nothing_can_make_room_for_is_left_out),
		cmocka_unit_test(amendments_have_a_limit),
		cmocka_unit_test(only_lists_and_text_can_be_added_to),
		cmocka_unit_test(whatever_is_applied_leaves_a_valid_list),
	};
	struct CMUnitTest each[sizeof(tests) / sizeof(tests[0])];

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		each[i] = tests[i];
		each[i].setup_func = set_up;
	}
	return cmocka_run_group_tests(each, NULL, NULL);
}
