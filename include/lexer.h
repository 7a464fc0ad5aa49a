/*
 * The tokens of dhclient's configuration files: words, quoted strings and
 * signs, with comments and blanks left out.  Knows no statement.  Any octets
 * will do as input; each is looked at a bounded number of times.
 */
#ifndef DHCPCANON_LEXER_H
#define DHCPCANON_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token {
	TOKEN_END, /* of the text, from then on for ever */
	TOKEN_WORD,
	TOKEN_STRING, /* in quotes, which close on the same line */
	TOKEN_BROKEN, /* a quote that does not; it takes the whole line */
	TOKEN_COMMA,
	TOKEN_SEMICOLON,
	TOKEN_OPEN,  /* { */
	TOKEN_CLOSE, /* } */
	TOKEN_SIGN,  /* one of = ( ), which only expressions need */
};

/* What is left to read, and the token read last. */
struct lexer {
	const char *at;
	size_t left;
	unsigned line; /* of the token, from 1 */
	enum token token;
	const char *text; /* of a string: between its quotes, as written */
	size_t length;    /* octets of `text` */
};

/* A lexer before the first of the `length` octets at `text`, borrowed. */
struct lexer lexer_on(const char *text, size_t length);

/* Reads the next token into `lexer` and returns it. */
enum token lexer_next(struct lexer *lexer);

/* True if the token is the word `word`, which is in lower case, in any case. */
bool lexer_is_word(const struct lexer *lexer, const char *word);

/*
 * Copies the octets of a word, or those that a string stands for: `\n`, `\t`,
 * `\r`, `\b`, `\ooo` (up to three octal digits), `\xhh` (up to two hex
 * digits), otherwise the character behind the backslash.  Returns how many,
 * at most `size`; `size` + 1 when there are more.
 */
size_t lexer_copy(const struct lexer *lexer, char *out, size_t size);

/* Copies them as a string; false if they do not fit or hold a NUL. */
bool lexer_string(const struct lexer *lexer, char *out, size_t size);

/*
 * What is wrong with the token, a static phrase: `expected`, unless the token
 * itself says more (the end, an unclosed quote, a sign).
 */
const char *lexer_complaint(const struct lexer *lexer, const char *expected);

/* Reads the `;` that is to follow: NULL, or what is wrong. */
const char *lexer_end(struct lexer *lexer);

/* The value of a digit in base 16 or less, in either case; 16: it is none. */
unsigned lexer_digit(char digit);

#endif
