/* Values as dhclient.conf writes them, kind by kind. */
#include "unit.h"

#include "value.h"

#include <stdlib.h>
#include <string.h>

static char text[OPTION_TEXT_MAX];

/* Reads `source`, which is a value and its `;`. */
static const char *read_value(uint16_t code, const char *source)
{
	struct lexer lexer = lexer_on(source, strlen(source));
	struct text out = text_in(text, sizeof(text));
	const char *const problem = value_read(&lexer, code, &out);

	if (problem == NULL) {
		assert_int_equal(lexer.token, TOKEN_SEMICOLON);
		assert_true(*text == '\0' || option_text_is_clean(code, text));
	}
	return problem;
}

static void expect(uint16_t code, const char *source, const char *expected)
{
	assert_null(read_value(code, source));
	assert_string_equal(text, expected);
}

static void expect_problem(uint16_t code, const char *source,
			   const char *problem)
{
	const char *const found = read_value(code, source);

	assert_non_null(found);
	assert_string_equal(found, problem);
}

static void addresses_are_listed_with_commas_or_blanks(void **state)
{
	(void)state;
	expect(28, "10.0.0.255;", "10.0.0.255");
	expect(6, " 127.0.0.1 , 10.0.0.1,\n10.0.0.2 ; #",
	       "127.0.0.1 10.0.0.1 "
	       "10.0.0.2");
	expect(33, "10.1.0.0 10.0.0.1, 10.2.0.0 10.0.0.2;",
	       "10.1.0.0 10.0.0.1 10.2.0.0 10.0.0.2");
	expect(1, "255.255.255.0;", "255.255.255.0");
	expect(78, "on 10.0.0.1, 10.0.0.2;", "true 10.0.0.1 10.0.0.2");
}

static void numbers_are_decimal(void **state)
{
	(void)state;
	expect(2, "-3600;", "-3600");
	expect(13, "7;", "7");
	expect(24, "4294967295;", "4294967295");
	expect(37, "64;", "64");
	expect(26, "1400;", "1400");
	expect(25, "68, 296;", "68 296");
	expect(55, "1, 3;", "1 3");
	expect(94, "1 2 3;", "1 2 3");
	expect(159, "6 8 1024;", "6 8 1024");
	expect(121, "24, 192, 168, 50, 10, 77, 0, 5;",
	       "24 192 168 50 10 77 0 5");
	expect_problem(37, "0x40;", "not a usable value");
}

static void flags_are_true_or_on(void **state)
{
	(void)state;
	expect(19, "true;", "true");
	expect(19, "ON;", "true");
	expect(19, "False;", "false");
	expect(19, "off;", "false");
	expect_problem(19, "1;", "not a usable value");
}

static void a_list_has_no_stray_commas(void **state)
{
	static const char expected[] = "expects numbers or addresses";

	(void)state;
	expect_problem(6, ";", expected);
	expect_problem(6, ",10.0.0.1;", expected);
	expect_problem(6, "10.0.0.1,;", expected);
	expect_problem(6, "10.0.0.1,,10.0.0.2;", expected);
	expect_problem(6, "\"10.0.0.1\";", expected);
	expect_problem(6, "10.0.0.1 {", expected);
	expect_problem(6, "10.0.0.1", "the file ends within it");
	expect_problem(6, "10.0.0.1 }", "no ; at its end");
	expect_problem(6, "= option routers;", "expressions are not evaluated");
}

static void what_is_not_of_its_kind_is_refused(void **state)
{
	(void)state;
	expect_problem(6, "dns.example.org;", "not a usable value");
	expect_problem(6, "10.0.0.256;", "not a usable value");
	expect_problem(28, "10.0.0.1, 10.0.0.2;", "not a usable value");
	expect_problem(1, "192.0.0.0.0;", "not a usable value");
	expect_problem(1, "128.0.0.0;", "not a usable value");
	expect_problem(26, "68;", "not a usable value");
	expect_problem(33, "10.0.0.1;", "not a usable value");
	expect_problem(121, "33, 1, 2, 3, 4, 5, 6, 7, 8;",
		       "not a usable value");
	expect_problem(6,
		       "1111111111111111111111111111111111111111111111111111;",
		       "not a usable value");
	expect_problem(12, "\"name\";", "not a usable value");
}

static void text_stands_in_quotes(void **state)
{
	(void)state;
	expect(17, "\"10.0.0.1:/srv/root\";", "10.0.0.1:/srv/root");
	expect(17, "\"a\\057b\";", "a/b");
	expect(17, "\"a\\0\";", "a");
	expect(40, "\"nis.example.org\";", "nis.example.org");
	expect(17, "\"\";", "");
	expect_problem(17, "/srv/root;", "expects text in quotes");
	expect_problem(17, "\"a;\n", "a quote that its line does not close");
	expect_problem(17, "\"a\" \"b\";", "more in it than belongs there");
}

static void text_obeys_the_rules_for_the_networks(void **state)
{
	static const char *const bad[] = {
		"\"a;b\";", "\"$(id)\";",  "\"a`b`\";",  "\"a\\nb\";",
		"\"a'b\";", "\"\\\"\";",   "\"a\\0b\";", "\"\xc3\xa4\";",
		"\"a|b\";", "\"a\\\\b\";",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		expect_problem(17, bad[i], "not a usable value");
		expect_problem(15, bad[i], "not a usable value");
		expect_problem(119, bad[i], "not a usable value");
		expect_problem(40, bad[i], "not a usable value");
	}
}

static void a_domain_name_may_be_several(void **state)
{
	(void)state;
	expect(15, "\"example.org\";", "example.org");
	expect(15, "\"  a.example  b.example \";", "a.example b.example");
	expect(15, "\"  \";", "");
	expect_problem(15, "\"a..b\";", "not a usable value");
}

static void searched_domains_end_with_a_dot(void **state)
{
	(void)state;
	expect(119, "\"example.com\", \"rc.isc.org.\";",
	       "example.com. rc.isc.org.");
	expect(119, "\"example.com\" \"a.example\";",
	       "example.com. a.example.");
	expect(119, "\"\";", "");
	expect(137, "\"lost.example\";", "lost.example.");
	expect_problem(119, "\"a b\";", "not a usable value");
	expect_problem(119, "\"a, b\";", "not a usable value");
	expect_problem(137, "\"a\", \"b\";", "not a usable value");
	expect_problem(119, "example.com;", "expects names in quotes");
}

static void octets_are_text_or_hex(void **state)
{
	(void)state;
	expect(43, "1:0:FF:0a;", "1:0:ff:a");
	expect(43, "\"text\";", "text");
	expect(43, "\"\\001\\xff\";", "1:ff");
	expect(224, "61:62;", "ab");
	expect(43, "7;", "7");
	expect_problem(43, "1:;", "not a usable value");
	expect_problem(43, ":1;", "not a usable value");
	expect_problem(43, "1::2;", "not a usable value");
	expect_problem(43, "100;", "not a usable value");
	expect_problem(43, "1.2;", "not a usable value");
	expect_problem(43, "1:0 2;", "more in it than belongs there");
	expect_problem(43, ";", "expects text in quotes, or octets");
	expect_problem(43, "00;", "not a usable value");
}

static void a_flag_may_have_text_behind_it(void **state)
{
	(void)state;
	expect(79, "true;", "true");
	expect(79, "off \"scope\";", "false scope");
	expect_problem(79, "\"scope\";", "expects true or false");
	expect_problem(79, "true scope;", "expects text in quotes");
	expect_problem(79, "true \"\\0\";", "not a usable value");
	expect_problem(79, "true \"\";", "not a usable value");
	expect_problem(79, "maybe \"scope\";", "not a usable value");
	expect_problem(79,
		       "1111111111111111111111111111111111111111111111111111;",
		       "not a usable value");
	expect_problem(79, "true \"a\" b;", "more in it than belongs there");
}

/* `count` times `piece` between `before` and `after`; the caller's to free. */
static char *repeated(const char *before, const char *piece, size_t count,
		      const char *after)
{
	char *out = malloc(strlen(before) + strlen(piece) * count +
			   strlen(after) + 1);

	assert_non_null(out);
	strcpy(out, before);
	for (size_t i = 0; i < count; i++)
		strcat(out, piece);
	return strcat(out, after);
}

static void what_is_too_long_is_refused_whole(void **state)
{
	char *source;

	(void)state;
	source = repeated("", "10.0.0.1,", 2000, "10.0.0.2;");
	expect_problem(6, source, "not a usable value");
	free(source);
	source = repeated("\"", "a", OPTION_TEXT_MAX + 1, "\";");
	expect_problem(17, source, "not a usable value");
	expect_problem(119, source, "not a usable value");
	free(source);
	source = repeated("true \"", "a", OPTION_TEXT_MAX, "\";");
	expect_problem(79, source, "not a usable value");
	free(source);
	source = repeated("\"", "a", OPTION_TEXT_MAX - 1, "\";");
	assert_null(read_value(17, source));
	free(source);
	source = repeated("", "1:", OPTION_TEXT_MAX, "1;");
	expect_problem(43, source, "not a usable value");
	free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_listed_with_commas_or_blanks),
		cmocka_unit_test(numbers_are_decimal),
		cmocka_unit_test(flags_are_true_or_on),
		cmocka_unit_test(a_list_has_no_stray_commas),
		cmocka_unit_test(what_is_not_of_its_kind_is_refused),
		cmocka_unit_test(text_stands_in_quotes),
		cmocka_unit_test(text_obeys_the_rules_for_the_networks),
		cmocka_unit_test(a_domain_name_may_be_several),
		cmocka_unit_test(searched_domains_end_with_a_dot),
		cmocka_unit_test(octets_are_text_or_hex),
		cmocka_unit_test(a_flag_may_have_text_behind_it),
		cmocka_unit_test(what_is_too_long_is_refused_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
