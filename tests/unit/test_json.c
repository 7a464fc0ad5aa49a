/* JSON, character by character. */
#include "unit.h"

#include "json.h"

#include <stdio.h>

static char buffer[512];

static void members_and_elements_are_separated(void **state)
{
	struct text text = text_in(buffer, sizeof(buffer));
	struct json json = json_in(&text);

	(void)state;
	json_object(&json, NULL);
	json_string(&json, "name", "eth0");
	json_array(&json, "list");
	json_number(&json, NULL, 1);
	json_object(&json, NULL);
	json_bool(&json, "yes", true);
	json_bool(&json, "no", false);
	json_end_object(&json);
	json_null(&json, NULL);
	json_end_array(&json);
	json_number(&json, "after", -5);
	json_end_object(&json);
	assert_string_equal(buffer,
			    "{\"name\":\"eth0\",\"list\":[1,{\"yes\":true,"
			    "\"no\":false},null],\"after\":-5}");
}

static void what_is_empty_has_no_comma(void **state)
{
	struct text text = text_in(buffer, sizeof(buffer));
	struct json json = json_in(&text);

	(void)state;
	json_array(&json, NULL);
	json_object(&json, NULL);
	json_end_object(&json);
	json_array(&json, NULL);
	json_end_array(&json);
	json_end_array(&json);
	assert_string_equal(buffer, "[{},[]]");
}

static void every_octet_gives_printable_json(void **state)
{
	(void)state;
	for (int octet = 1; octet < 256; octet++) {
		const char value[] = {(char)octet, '\0'};
		struct text text = text_in(buffer, sizeof(buffer));
		struct json json = json_in(&text);
		char expected[16];

		json_string(&json, NULL, value);
		if (octet == '"' || octet == '\\')
			snprintf(expected, sizeof(expected), "\"\\%c\"", octet);
		else if (octet >= ' ' && octet <= '~')
			snprintf(expected, sizeof(expected), "\"%c\"", octet);
		else
			snprintf(expected, sizeof(expected), "\"\\u%04x\"",
				 octet);
		assert_string_equal(buffer, expected);
	}
}

static void what_does_not_fit_is_said(void **state)
{
	char small[8];
	struct text text = text_in(small, sizeof(small));
	struct json json = json_in(&text);

	(void)state;
	json_string(&json, NULL, "0123456789");
	assert_true(text.cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_and_elements_are_separated),
		cmocka_unit_test(what_is_empty_has_no_comma),
		cmocka_unit_test(every_octet_gives_printable_json),
		cmocka_unit_test(what_does_not_fit_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
