/*
 * Octets to tokens, one at a time.  A string ends on its line, unlike
 * dhclient's: a forgotten quote then costs a statement and not the file.
 * Knows no statement and keeps nothing.
 */
#include "lexer.h"

#include <string.h>

struct lexer lexer_on(const char *text, size_t length)
{
	return (struct lexer){.at = text, .left = length, .line = 1};
}

static bool is_blank(char character)
{
	return character == ' ' || (character >= '\t' && character <= '\r');
}

/* What ends a word; TOKEN_WORD for anything that may be part of one. */
static enum token token_of(char character)
{
	static const struct {
		char character;
		enum token token;
	} signs[] = {
		{'"', TOKEN_STRING}, {',', TOKEN_COMMA}, {';', TOKEN_SEMICOLON},
		{'{', TOKEN_OPEN},   {'}', TOKEN_CLOSE}, {'=', TOKEN_SIGN},
		{'(', TOKEN_SIGN},   {')', TOKEN_SIGN},
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (character == signs[i].character)
			return signs[i].token;
	return TOKEN_WORD;
}

/* Takes one octet; all that is taken moves `at` here. */
static void skip(struct lexer *lexer)
{
	lexer->at++;
	lexer->left--;
}

static void skip_blanks(struct lexer *lexer)
{
	bool in_comment = false;

	for (; lexer->left > 0; skip(lexer)) {
		if (*lexer->at == '\n') {
			in_comment = false;
			lexer->line++;
		} else if (*lexer->at == '#') {
			in_comment = true;
		} else if (!in_comment && !is_blank(*lexer->at)) {
			return;
		}
	}
}

static enum token next_string(struct lexer *lexer)
{
	skip(lexer);
	lexer->text = lexer->at;
	while (lexer->left > 0 && *lexer->at != '"' && *lexer->at != '\n') {
		if (*lexer->at == '\\' && lexer->left > 1 &&
		    lexer->at[1] != '\n')
			skip(lexer);
		skip(lexer);
	}
	lexer->length = (size_t)(lexer->at - lexer->text);
	if (lexer->left == 0 || *lexer->at == '\n')
		return TOKEN_BROKEN;
	skip(lexer);
	return TOKEN_STRING;
}

static enum token next_word(struct lexer *lexer)
{
	while (lexer->left > 0 && !is_blank(*lexer->at) && *lexer->at != '#' &&
	       token_of(*lexer->at) == TOKEN_WORD)
		skip(lexer);
	lexer->length = (size_t)(lexer->at - lexer->text);
	return TOKEN_WORD;
}

enum token lexer_next(struct lexer *lexer)
{
	skip_blanks(lexer);
	lexer->text = lexer->at;
	lexer->length = 0;
	if (lexer->left == 0)
		return lexer->token = TOKEN_END;
	lexer->token = token_of(*lexer->at);
	if (lexer->token == TOKEN_WORD)
		return next_word(lexer);
	if (lexer->token == TOKEN_STRING)
		return lexer->token = next_string(lexer);
	lexer->length = 1;
	skip(lexer);
	return lexer->token;
}

bool lexer_is_word(const struct lexer *lexer, const char *word)
{
	if (lexer->token != TOKEN_WORD || lexer->length != strlen(word))
		return false;
	for (size_t i = 0; i < lexer->length; i++) {
		char character = lexer->text[i];

		if (character >= 'A' && character <= 'Z')
			character = (char)(character - 'A' + 'a');
		if (character != word[i])
			return false;
	}
	return true;
}

unsigned lexer_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return (unsigned)(digit - '0');
	if (digit >= 'a' && digit <= 'f')
		return (unsigned)(digit - 'a') + 10;
	if (digit >= 'A' && digit <= 'F')
		return (unsigned)(digit - 'A') + 10;
	return 16;
}

/* Takes up to `digits` digits in `base`, from `*at` to before `end`. */
static char take_octet(const char **at, const char *end, unsigned base,
		       unsigned digits)
{
	unsigned value = 0;

	for (; digits > 0 && *at < end && lexer_digit(**at) < base; digits--)
		value = value * base + lexer_digit(*(*at)++);
	return (char)(uint8_t)value;
}

/* Takes what follows a backslash, of which there is at least one octet. */
static char unescape(const char **at, const char *end)
{
	static const char letters[] = "ntrb";
	static const char meanings[] = "\n\t\r\b";

	if (lexer_digit(**at) < 8)
		return take_octet(at, end, 8, 3);

	const char letter = *(*at)++;

	if (letter == 'x')
		return take_octet(at, end, 16, 2);
	for (size_t i = 0; letters[i] != '\0'; i++)
		if (letter == letters[i])
			return meanings[i];
	return letter;
}

size_t lexer_copy(const struct lexer *lexer, char *out, size_t size)
{
	const char *at = lexer->text;
	const char *const end = at + lexer->length;
	size_t length = 0;

	while (at < end) {
		char character = *at++;

		/* a closing quote is never escaped: there is an octet more */
		if (character == '\\' && lexer->token == TOKEN_STRING)
			character = unescape(&at, end);
		if (length == size)
			return size + 1;
		out[length++] = character;
	}
	return length;
}

bool lexer_string(const struct lexer *lexer, char *out, size_t size)
{
	const size_t length = lexer_copy(lexer, out, size - 1);

	if (length == size)
		return false;
	out[length] = '\0';
	return strlen(out) == length;
}

const char *lexer_complaint(const struct lexer *lexer, const char *expected)
{
	const char *complaint = expected;

	switch (lexer->token) {
	case TOKEN_END:
		complaint = "the file ends within it";
		break;
	case TOKEN_BROKEN:
		complaint = "a quote that its line does not close";
		break;
	case TOKEN_SIGN:
		complaint = "expressions are not evaluated";
		break;
	case TOKEN_CLOSE:
		complaint = "no ; at its end";
		break;
	case TOKEN_WORD:
	case TOKEN_STRING:
	case TOKEN_COMMA:
	case TOKEN_SEMICOLON:
	case TOKEN_OPEN:
		break;
	}
	return complaint;
}

const char *lexer_end(struct lexer *lexer)
{
	if (lexer_next(lexer) == TOKEN_SEMICOLON)
		return NULL;
	return lexer_complaint(lexer, "more in it than belongs there");
}
