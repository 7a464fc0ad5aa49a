/* The tokens of dhclient.conf. */
#include "unit.h"

#include "lexer.h"

#include <string.h>

static struct lexer lexer_of(const char *text)
{
	return lexer_on(text, strlen(text));
}

static void expect(struct lexer *lexer, enum token token, const char *text)
{
	assert_int_equal(lexer_next(lexer), token);
	assert_int_equal(lexer->token, token);
	assert_int_equal(lexer->length, strlen(text));
	assert_memory_equal(lexer->text, text, lexer->length);
}

static void words_strings_and_signs_are_told_apart(void **state)
{
	struct lexer lexer = lexer_of(" a.b/8,\"c d\";e{}=(\t)\r\v\f1:0:ff\n");

	(void)state;
	expect(&lexer, TOKEN_WORD, "a.b/8");
	expect(&lexer, TOKEN_COMMA, ",");
	expect(&lexer, TOKEN_STRING, "c d");
	expect(&lexer, TOKEN_SEMICOLON, ";");
	expect(&lexer, TOKEN_WORD, "e");
	expect(&lexer, TOKEN_OPEN, "{");
	expect(&lexer, TOKEN_CLOSE, "}");
	expect(&lexer, TOKEN_SIGN, "=");
	expect(&lexer, TOKEN_SIGN, "(");
	expect(&lexer, TOKEN_SIGN, ")");
	expect(&lexer, TOKEN_WORD, "1:0:ff");
	expect(&lexer, TOKEN_END, "");
	expect(&lexer, TOKEN_END, "");
}

static void a_comment_ends_with_its_line(void **state)
{
	struct lexer lexer = lexer_of("a#b \"c\n# \" ; #\n"
				      "d # e");

	(void)state;
	expect(&lexer, TOKEN_WORD, "a");
	expect(&lexer, TOKEN_WORD, "d");
	assert_int_equal(lexer.line, 3);
	expect(&lexer, TOKEN_END, "");
}

static void lines_are_counted_up_to_the_token(void **state)
{
	struct lexer lexer = lexer_of("a\n\nb \"c\n\"\n;");

	(void)state;
	expect(&lexer, TOKEN_WORD, "a");
	assert_int_equal(lexer.line, 1);
	expect(&lexer, TOKEN_WORD, "b");
	assert_int_equal(lexer.line, 3);
	expect(&lexer, TOKEN_BROKEN, "c");
	assert_int_equal(lexer.line, 3);
	expect(&lexer, TOKEN_BROKEN, "");
	assert_int_equal(lexer.line, 4);
	expect(&lexer, TOKEN_SEMICOLON, ";");
	assert_int_equal(lexer.line, 5);
}

static void a_quote_takes_no_more_than_its_line(void **state)
{
	static const char *const broken[] = {"\"a b;", "\"a b;\\", "\"a b\\\"",
					     "\"a b\\\nc\"", "\"a\nc\""};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct lexer lexer = lexer_of(broken[i]);

		assert_int_equal(lexer_next(&lexer), TOKEN_BROKEN);
	}
}

static void an_escaped_quote_does_not_close(void **state)
{
	struct lexer lexer = lexer_of("\"a\\\"b\\\\\" c");

	(void)state;
	expect(&lexer, TOKEN_STRING, "a\\\"b\\\\");
	expect(&lexer, TOKEN_WORD, "c");
}

static void words_are_compared_without_their_case(void **state)
{
	struct lexer lexer = lexer_of("TimeOut \"timeout\" [@z{");

	(void)state;
	lexer_next(&lexer);
	assert_true(lexer_is_word(&lexer, "timeout"));
	assert_false(lexer_is_word(&lexer, "timeouts"));
	assert_false(lexer_is_word(&lexer, "timeoux"));
	lexer_next(&lexer);
	assert_false(lexer_is_word(&lexer, "timeout"));
	lexer_next(&lexer);
	assert_true(lexer_is_word(&lexer, "[@z"));
	lexer_next(&lexer);
	assert_false(lexer_is_word(&lexer, "{"));
}

static void expect_copy(const char *text, const char *octets, size_t length)
{
	struct lexer lexer = lexer_of(text);
	char out[64];

	lexer_next(&lexer);
	assert_int_equal(lexer_copy(&lexer, out, sizeof(out)), length);
	assert_memory_equal(out, octets, length);
}

static void escapes_stand_for_octets(void **state)
{
	(void)state;
	expect_copy("\"a\\\"b\\\\c\\q\"", "a\"b\\cq", 6);
	expect_copy("\"\\n\\t\\r\\b\"", "\n\t\r\b", 4);
	expect_copy("\"\\0\\101\\1018\\7\"", "\0AA8\7", 5);
	expect_copy("\"\\x41\\x4g\\xaF0\\xg\"",
		    "A\x04g\xaf"
		    "0\0g",
		    7);
	expect_copy("\"\"", "", 0);
	expect_copy("a\\101", "a\\101", 5);
	/* the value of three octal digits is cut to its low eight bits */
	expect_copy("\"\\777\"", "\xff", 1);
}

static void a_copy_that_does_not_fit_says_so(void **state)
{
	struct lexer lexer = lexer_of("abc");
	char out[3];

	(void)state;
	lexer_next(&lexer);
	assert_int_equal(lexer_copy(&lexer, out, 3), 3);
	assert_int_equal(lexer_copy(&lexer, out, 2), 3);
	assert_int_equal(lexer_copy(&lexer, out, 0), 1);
}

static void a_string_has_no_nul_and_fits_with_its_own(void **state)
{
	struct lexer lexer = lexer_of("abc \"a\\0b\" \"\"");
	char out[4];

	(void)state;
	lexer_next(&lexer);
	assert_true(lexer_string(&lexer, out, 4));
	assert_string_equal(out, "abc");
	assert_false(lexer_string(&lexer, out, 3));
	lexer_next(&lexer);
	assert_false(lexer_string(&lexer, out, 4));
	lexer_next(&lexer);
	assert_true(lexer_string(&lexer, out, 1));
	assert_string_equal(out, "");
}

static void a_complaint_says_what_the_token_tells(void **state)
{
	static const struct {
		const char *text, *complaint;
	} cases[] = {
		{"a", "expected"},
		{"\"a\"", "expected"},
		{",", "expected"},
		{";", "expected"},
		{"{", "expected"},
		{"}", "no ; at its end"},
		{"", "the file ends within it"},
		{"(", "expressions are not evaluated"},
		{"\"a", "a quote that its line does not close"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lexer lexer = lexer_of(cases[i].text);

		lexer_next(&lexer);
		assert_string_equal(lexer_complaint(&lexer, "expected"),
				    cases[i].complaint);
	}
}

static void a_statement_ends_with_a_semicolon(void **state)
{
	struct lexer lexer = lexer_of("; a");

	(void)state;
	assert_null(lexer_end(&lexer));
	assert_string_equal(lexer_end(&lexer), "more in it than belongs there");
	assert_string_equal(lexer_end(&lexer), "the file ends within it");
}

static void digits_have_values_in_both_cases(void **state)
{
	(void)state;
	assert_int_equal(lexer_digit('0'), 0);
	assert_int_equal(lexer_digit('9'), 9);
	assert_int_equal(lexer_digit('a'), 10);
	assert_int_equal(lexer_digit('F'), 15);
	assert_int_equal(lexer_digit('/'), 16);
	assert_int_equal(lexer_digit(':'), 16);
	assert_int_equal(lexer_digit('@'), 16);
	assert_int_equal(lexer_digit('G'), 16);
	assert_int_equal(lexer_digit('g'), 16);
	assert_int_equal(lexer_digit('\xff'), 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_strings_and_signs_are_told_apart),
		cmocka_unit_test(a_comment_ends_with_its_line),
		cmocka_unit_test(lines_are_counted_up_to_the_token),
		cmocka_unit_test(a_quote_takes_no_more_than_its_line),
		cmocka_unit_test(an_escaped_quote_does_not_close),
		cmocka_unit_test(words_are_compared_without_their_case),
		cmocka_unit_test(escapes_stand_for_octets),
		cmocka_unit_test(a_copy_that_does_not_fit_says_so),
		cmocka_unit_test(a_string_has_no_nul_and_fits_with_its_own),
		cmocka_unit_test(a_complaint_says_what_the_token_tells),
		cmocka_unit_test(a_statement_ends_with_a_semicolon),
		cmocka_unit_test(digits_have_values_in_both_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
