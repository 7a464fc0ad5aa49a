/*
 * By kind, how dhclient.conf(5) writes a value, turned into the script's text
 * and held against the same check as a value from the network.  Knows one
 * statement's tokens up to its `;`, no statement and no option by name.
 */
#include "value.h"

#include "bytes.h"

static const char unusable[] = "not a usable value";

/* Adds the token, a number, an address or a flag, to `out`. */
static bool add_word(const struct lexer *lexer, struct text *out)
{
	char word[OPTION_NAME_MAX];

	if (!lexer_string(lexer, word, sizeof(word)))
		return false;
	if (out->length > 0)
		text_add_char(out, ' ');
	if (lexer_is_word(lexer, "on") || lexer_is_word(lexer, "true"))
		text_add(out, "true");
	else if (lexer_is_word(lexer, "off") || lexer_is_word(lexer, "false"))
		text_add(out, "false");
	else
		text_add(out, word);
	return true;
}

/*
 * Adds the token, a name in quotes, to `out`, with the final dot that names
 * of these kinds have.  An empty string is no name.
 */
static bool add_domain(const struct lexer *lexer, struct text *out)
{
	char name[OPTION_TEXT_MAX];

	if (!lexer_string(lexer, name, sizeof(name)))
		return false;
	if (name[0] == '\0')
		return true;
	if (out->length > 0)
		text_add_char(out, ' ');
	text_add(out, name);
	if (name[strlen(name) - 1] != '.')
		text_add_char(out, '.');
	return true;
}

/* Reads a list of one or more, with or without commas between them. */
static const char *read_list(struct lexer *lexer, bool of_domains,
			     struct text *out)
{
	const enum token wanted = of_domains ? TOKEN_STRING : TOKEN_WORD;
	const char *const expected = of_domains
					     ? "expects names in quotes"
					     : "expects numbers or addresses";

	lexer_next(lexer);
	for (;;) {
		if (lexer->token != wanted)
			return lexer_complaint(lexer, expected);
		if (!(of_domains ? add_domain : add_word)(lexer, out))
			return unusable;
		lexer_next(lexer);
		if (lexer->token == TOKEN_SEMICOLON)
			return NULL;
		if (lexer->token == TOKEN_COMMA)
			lexer_next(lexer);
	}
}

/* Leaves one blank between words, and none before or behind them. */
static size_t trim(char *octets, size_t length)
{
	size_t kept = 0;

	for (size_t i = 0; i < length; i++)
		if (octets[i] != ' ' || (kept > 0 && octets[kept - 1] != ' '))
			octets[kept++] = octets[i];
	if (kept > 0 && octets[kept - 1] == ' ')
		kept--;
	return kept;
}

/* Takes the token, a string, as the value of an option `like`. */
static const char *take_string(struct lexer *lexer, uint16_t like,
			       struct text *out)
{
	char octets[OPTION_TEXT_MAX];
	enum option_result result;
	size_t length;

	length = lexer_copy(lexer, octets, sizeof(octets));
	if (length > sizeof(octets))
		return unusable;
	if (option_kind(like) == KIND_NAMES)
		length = trim(octets, length);
	result = option_to_text(like, (const uint8_t *)octets, length, out);
	if (result != OPTION_OK && result != OPTION_EMPTY)
		return unusable;
	return lexer_end(lexer);
}

static const char *read_string(struct lexer *lexer, uint16_t like,
			       struct text *out)
{
	if (lexer_next(lexer) != TOKEN_STRING)
		return lexer_complaint(lexer, "expects text in quotes");
	return take_string(lexer, like, out);
}

/* Appends the octets of the token, which is hex by colons. */
static bool take_hex(const struct lexer *lexer, struct writer *out)
{
	size_t digits = 0;
	unsigned octet = 0;

	for (size_t i = 0; i < lexer->length; i++) {
		const unsigned value = lexer_digit(lexer->text[i]);

		if (value < 16 && ++digits <= 2) {
			octet = octet << 4 | value;
			continue;
		}
		if (lexer->text[i] != ':' || digits == 0)
			return false;
		writer_u8(out, (uint8_t)octet);
		digits = octet = 0;
	}
	writer_u8(out, (uint8_t)octet);
	return digits > 0 && !out->full;
}

/* Reads text in quotes, or octets. */
static const char *read_binary(struct lexer *lexer, uint16_t like,
			       struct text *out)
{
	uint8_t octets[OPTION_TEXT_MAX];
	struct writer writer = {.at = octets, .left = sizeof(octets)};

	if (lexer_next(lexer) == TOKEN_STRING)
		return take_string(lexer, like, out);
	if (lexer->token != TOKEN_WORD)
		return lexer_complaint(lexer,
				       "expects text in quotes, or octets");
	if (!take_hex(lexer, &writer) ||
	    option_to_text(like, octets, sizeof(octets) - writer.left, out) !=
		    OPTION_OK)
		return unusable;
	return lexer_end(lexer);
}

/* Reads a flag and, perhaps, text in quotes. */
static const char *read_flag_text(struct lexer *lexer, struct text *out)
{
	char rest[OPTION_TEXT_MAX];

	if (lexer_next(lexer) != TOKEN_WORD)
		return lexer_complaint(lexer, "expects true or false");
	if (!add_word(lexer, out))
		return unusable;
	if (lexer_next(lexer) == TOKEN_SEMICOLON)
		return NULL;
	if (lexer->token != TOKEN_STRING)
		return lexer_complaint(lexer, "expects text in quotes");
	if (!lexer_string(lexer, rest, sizeof(rest)))
		return unusable;
	text_add_char(out, ' ');
	text_add(out, rest);
	return lexer_end(lexer);
}

static const char *read_kind(struct lexer *lexer, uint16_t like,
			     struct text *out)
{
	const char *problem = unusable;

	switch (option_kind(like)) {
	case KIND_NONE:
	case KIND_COUNT:
		break;
	case KIND_ADDRESS:
	case KIND_MASK:
	case KIND_ADDRESSES:
	case KIND_ADDRESS_PAIRS:
	case KIND_U8:
	case KIND_U16:
	case KIND_MTU:
	case KIND_U32:
	case KIND_S8:
	case KIND_S32:
	case KIND_U8S:
	case KIND_U16S:
	case KIND_U32S:
	case KIND_S8S:
	case KIND_S32S:
	case KIND_FLAG:
	case KIND_FLAGS:
	case KIND_ROUTES:
	case KIND_U8_TRIPLE:
	case KIND_FLAG_ADDRESSES:
	case KIND_PORT_PARAMETERS:
		problem = read_list(lexer, false, out);
		break;
	case KIND_SEARCH:
	case KIND_DOMAIN:
		problem = read_list(lexer, true, out);
		break;
	case KIND_TEXT:
	case KIND_NAME:
	case KIND_NAMES:
		problem = read_string(lexer, like, out);
		break;
	case KIND_BINARY:
		problem = read_binary(lexer, like, out);
		break;
	case KIND_FLAG_TEXT:
		problem = read_flag_text(lexer, out);
		break;
	}
	return problem;
}

const char *value_read(struct lexer *lexer, uint16_t code, struct text *out)
{
	const char *const problem = read_kind(lexer, code, out);

	if (problem != NULL)
		return problem;
	if (out->cut ||
	    (out->length > 0 && !option_text_is_clean(code, out->start)))
		return unusable;
	return NULL;
}
