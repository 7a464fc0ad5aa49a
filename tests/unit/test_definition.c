/*
 * What the user calls options that have no name, and what they are.
 */
#include "definition.h"

#include "unit.h"

#include <string.h>

static const struct definitions definitions = {
	.count = 2,
	.item = {{.code = 224, .like = 4, .name = "site-servers"},
		 {.code = 3, .like = 14, .name = "my-routers"}},
};

static void expect_name(const struct definitions *list, uint16_t code,
			const char *expected)
{
	char name[OPTION_NAME_MAX];

	definition_name(list, code, name);
	assert_string_equal(name, expected);
	definition_file_name(list, code, name);
	for (char *at = name; *at != '\0'; at++)
		if (*at == '-')
			*at = '_';
	assert_string_equal(name, expected);
}

static void an_option_without_a_name_gets_the_users(void **state)
{
	(void)state;
	expect_name(&definitions, 224, "site_servers");
	assert_int_equal(definition_like(&definitions, 224), 4);
}

static void the_tables_names_and_kinds_stay(void **state)
{
	(void)state;
	expect_name(&definitions, 3, "routers");
	assert_int_equal(definition_like(&definitions, 3), 3);
}

static void names_in_files_are_found(void **state)
{
	static const char name[] = "site-servers = 1";

	(void)state;
	assert_int_equal(definition_by_file_name(&definitions, name, 12), 224);
	assert_int_equal(definition_by_file_name(&definitions, name, 11), 0);
	assert_int_equal(definition_by_file_name(NULL, name, 12), 0);
	assert_int_equal(definition_by_file_name(&definitions, "routers", 7),
			 3);
	assert_int_equal(
		definition_by_file_name(&definitions, "unknown-224", 11), 224);
}

static void what_nobody_defined_is_as_it_was(void **state)
{
	(void)state;
	expect_name(&definitions, 225, "unknown_225");
	assert_int_equal(definition_like(&definitions, 225), 225);
	expect_name(NULL, 224, "unknown_224");
	assert_int_equal(definition_like(NULL, 224), 224);
	assert_int_equal(definition_index(&definitions, 224), 0);
	assert_int_equal(definition_index(&definitions, 225), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_option_without_a_name_gets_the_users),
		cmocka_unit_test(the_tables_names_and_kinds_stay),
		cmocka_unit_test(names_in_files_are_found),
		cmocka_unit_test(what_nobody_defined_is_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
