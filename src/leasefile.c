/*
 * dhclient's lease format, written from variables and read back into them.
 * It knows the statements and, by kind, how a value stands in one; which
 * values are clean is option.c's.  It must not know files, nor when a lease
 * is put into one.
 */
#include "leasefile.h"

#include "calendar.h"

#include <stdio.h>

/* The statements of pseudo options; the others are not on file. */
static const struct field {
	uint16_t code;
	char statement[16];
} fields[] = {
	{FIELD_IP_ADDRESS, "fixed-address"},
	{FIELD_FILENAME, "filename"},
	{FIELD_SERVER_NAME, "server-name"},
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

/* ---- writing ---- */

/* The inverse of unescape(); only an interface's name can need it. */
static void add_quoted(struct text *out, const char *text)
{
	text_add_char(out, '"');
	for (; *text != '\0'; text++) {
		char escaped[5];

		if (*text >= ' ' && *text <= '~' && *text != '"' &&
		    *text != '\\') {
			text_add_char(out, *text);
			continue;
		}
		snprintf(escaped, sizeof(escaped), "\\%03o",
			 (unsigned)(uint8_t)*text);
		text_add(out, escaped);
	}
	text_add_char(out, '"');
}

/*
 * Writes a list: of the blanks in `text`, the first `skip` stay and of the
 * rest each `group`th becomes a comma.
 */
static void add_list(struct text *out, const char *text, unsigned skip,
		     unsigned group)
{
	unsigned blanks = 0;

	for (; *text != '\0'; text++) {
		char character = *text;

		if (character == ' ' && ++blanks > skip &&
		    (blanks - skip) % group == 0)
			character = ',';
		text_add_char(out, character);
	}
}

/* Writes names as `"a.", "b."`. */
static void add_names(struct text *out, const char *text)
{
	text_add_char(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == ' ')
			text_add(out, "\", \"");
		else
			text_add_char(out, *text);
	}
	text_add_char(out, '"');
}

/* Writes a flag and the text behind it, if there is one. */
static void add_flag_text(struct text *out, const char *text)
{
	while (*text != '\0' && *text != ' ')
		text_add_char(out, *text++);
	if (*text == '\0')
		return;
	text_add_char(out, ' ');
	add_quoted(out, text + 1);
}

/* The value of a hex digit as we write them, or -1. */
static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	return -1;
}

/* True if `text` is octets in hex by colons, rather than text. */
static bool is_hex(const char *text)
{
	for (;;) {
		if (hex_digit(*text++) < 0)
			return false;
		if (hex_digit(*text) >= 0)
			text++;
		if (*text == '\0')
			return true;
		if (*text++ != ':')
			return false;
	}
}

/* Writes `text` as the value of an option `like`. */
static void add_value(struct text *out, uint16_t like, const char *text)
{
	switch (option_kind(like)) {
	case KIND_ADDRESS:
	case KIND_MASK:
	case KIND_U8:
	case KIND_U16:
	case KIND_MTU:
	case KIND_U32:
	case KIND_S8:
	case KIND_S32:
	case KIND_FLAG:
	case KIND_U8_TRIPLE:
	case KIND_PORT_PARAMETERS:
	case KIND_DOMAIN: /* as opposed to a list of them */
	case KIND_NONE:   /* this and the next have no name to stand under */
	case KIND_COUNT:
		text_add(out, text);
		break;
	case KIND_ADDRESSES:
	case KIND_U8S:
	case KIND_U16S:
	case KIND_U32S:
	case KIND_S8S:
	case KIND_S32S:
	case KIND_FLAGS:
	case KIND_ROUTES:
		add_list(out, text, 0, 1);
		break;
	case KIND_ADDRESS_PAIRS:
		add_list(out, text, 0, 2);
		break;
	case KIND_FLAG_ADDRESSES:
		add_list(out, text, 1, 1);
		break;
	case KIND_TEXT:
	case KIND_NAME:
	case KIND_NAMES:
		add_quoted(out, text);
		break;
	case KIND_SEARCH:
		add_names(out, text);
		break;
	case KIND_FLAG_TEXT:
		add_flag_text(out, text);
		break;
	case KIND_BINARY:
		if (is_hex(text))
			text_add(out, text);
		else
			add_quoted(out, text);
		break;
	}
}

static void add_time(struct text *out, const char *statement, int64_t epoch_s)
{
	char line[96];
	const struct calendar date = calendar_from_epoch(epoch_s);

	if (epoch_s == LEASEFILE_NEVER)
		snprintf(line, sizeof(line), "  %s never;\n", statement);
	else
		snprintf(line, sizeof(line),
			 "  %s %u %u/%02u/%02u %02u:%02u:%02u;\n", statement,
			 date.weekday, date.year, date.month, date.day,
			 date.hour, date.minute, date.second);
	text_add(out, line);
}

static void add_fields(struct text *out, const struct variables *variables)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const char *value = variables_find(variables, fields[i].code);

		if (value == NULL)
			continue;
		text_add(out, "  ");
		text_add(out, fields[i].statement);
		text_add_char(out, ' ');
		add_value(out, fields[i].code, value);
		text_add(out, ";\n");
	}
}

static void add_options(struct text *out, const struct variables *variables,
			const struct definitions *definitions)
{
	const struct variable *item;
	const char *value;
	uint32_t at = 0;

	while ((item = variables_next(variables, &at, &value)) != NULL) {
		uint16_t like = definition_like(definitions, item->code);
		char name[OPTION_NAME_MAX];

		definition_file_name(definitions, item->code, name);
		if (name[0] == '\0')
			continue;
		text_add(out, "  option ");
		text_add(out, name);
		text_add_char(out, ' ');
		/* whoever made it may not have kept to the user's type */
		if (!option_text_is_clean(like, value))
			like = item->code;
		add_value(out, like, value);
		text_add(out, ";\n");
	}
}

void lease_record_copy(struct lease_record *to, const struct lease_record *from)
{
	memcpy(to->interface, from->interface, sizeof(to->interface));
	variables_copy(&to->variables, &from->variables);
	to->renew = from->renew;
	to->rebind = from->rebind;
	to->expire = from->expire;
}

int64_t lease_record_expiry(const struct lease_record *record, int64_t now)
{
	return record->expire == LEASEFILE_NEVER ? now + UINT32_MAX
						 : record->expire;
}

void leasefile_write(const struct lease_record *record,
		     const struct definitions *definitions, struct text *out)
{
	text_add(out, "lease {\n  interface ");
	add_quoted(out, record->interface);
	text_add(out, ";\n");
	add_fields(out, &record->variables);
	add_options(out, &record->variables, definitions);
	add_time(out, "renew", record->renew);
	add_time(out, "rebind", record->rebind);
	add_time(out, "expire", record->expire);
	text_add(out, "}\n");
}

/* ---- reading ---- */

enum token {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_STRING,
	TOKEN_COMMA,
	TOKEN_SEMICOLON,
	TOKEN_OPEN,
	TOKEN_CLOSE,
};

/* What is left to read, and the token read last. */
struct lexer {
	const char *at;
	size_t left;
	enum token token;
	const char *text; /* of a string: between its quotes, not unescaped */
	size_t length;    /* octets of `text` */
};

static bool is_blank(char character)
{
	return character == ' ' || (character >= '\t' && character <= '\r');
}

/* True if `character` can't be part of a word. */
static bool ends_word(char character)
{
	return is_blank(character) || character == '"' || character == ',' ||
	       character == ';' || character == '{' || character == '}';
}

/* Takes one octet; what is taken is what moves `at`. */
static void skip(struct lexer *lexer)
{
	lexer->at++;
	lexer->left--;
}

static void skip_blanks(struct lexer *lexer)
{
	bool in_comment = false;

	while (lexer->left > 0) {
		if (*lexer->at == '#')
			in_comment = true;
		else if (*lexer->at == '\n')
			in_comment = false;
		else if (!in_comment && !is_blank(*lexer->at))
			return;
		skip(lexer);
	}
}

/* Reads a string up to its closing quote; without one it is the end. */
static enum token next_string(struct lexer *lexer)
{
	skip(lexer);
	lexer->text = lexer->at;
	while (lexer->left > 0 && *lexer->at != '"') {
		if (*lexer->at == '\\' && lexer->left > 1)
			skip(lexer);
		skip(lexer);
	}
	if (lexer->left == 0)
		return TOKEN_END;
	lexer->length = (size_t)(lexer->at - lexer->text);
	skip(lexer);
	return TOKEN_STRING;
}

static enum token next_word(struct lexer *lexer)
{
	lexer->text = lexer->at;
	while (lexer->left > 0 && !ends_word(*lexer->at))
		skip(lexer);
	lexer->length = (size_t)(lexer->at - lexer->text);
	return TOKEN_WORD;
}

static enum token next_sign(struct lexer *lexer, enum token token)
{
	skip(lexer);
	return token;
}

static enum token next_kind(struct lexer *lexer)
{
	skip_blanks(lexer);
	if (lexer->left == 0)
		return TOKEN_END;
	switch (*lexer->at) {
	case '"':
		return next_string(lexer);
	case ',':
		return next_sign(lexer, TOKEN_COMMA);
	case ';':
		return next_sign(lexer, TOKEN_SEMICOLON);
	case '{':
		return next_sign(lexer, TOKEN_OPEN);
	case '}':
		return next_sign(lexer, TOKEN_CLOSE);
	}
	return next_word(lexer);
}

/* Reads the next token into the lexer and returns it. */
static enum token next(struct lexer *lexer)
{
	lexer->token = next_kind(lexer);
	return lexer->token;
}

/* True if the token is the word `word`. */
static bool is_word(const struct lexer *lexer, const char *word)
{
	return lexer->token == TOKEN_WORD && lexer->length == strlen(word) &&
	       memcmp(lexer->text, word, lexer->length) == 0;
}

static bool is_octal(char digit)
{
	return digit >= '0' && digit <= '7';
}

/*
 * Takes one character of a string, `\ooo` or `\c` unescaped, from `*at`,
 * before `end`.
 */
static char unescape(const char **at, const char *end)
{
	if (**at != '\\' || end - *at < 2)
		return *(*at)++;
	(*at)++;
	if (end - *at < 3 || !is_octal((*at)[0]) || !is_octal((*at)[1]) ||
	    !is_octal((*at)[2]))
		return *(*at)++;

	const int value = ((*at)[0] - '0') << 6 | ((*at)[1] - '0') << 3 |
			  ((*at)[2] - '0');

	*at += 3;
	return (char)value;
}

/*
 * Appends the token's text to `out`; false when it holds a NUL.  What is too
 * long shows in out->cut.
 */
static bool add_token(struct text *out, const struct lexer *lexer)
{
	const char *at = lexer->text;
	const char *end = at + lexer->length;

	while (at < end) {
		char character = *at;

		if (lexer->token == TOKEN_STRING)
			character = unescape(&at, end);
		else
			at++;

		if (character == '\0')
			return false;
		text_add_char(out, character);
	}
	return true;
}

/*
 * Reads the rest of a statement, which is a value: its words and strings in
 * `value`, by one blank.  So lists come out as the script gets them.  False
 * when there is no such value; the statement has been read all the same, with
 * the block that it may have.
 */
static bool read_value(struct lexer *lexer, char value[OPTION_TEXT_MAX])
{
	struct text out = text_in(value, OPTION_TEXT_MAX);
	unsigned depth = 0;
	bool is_first = true;
	bool is_value = true;

	for (;;) {
		switch (next(lexer)) {
		case TOKEN_END:
			return false;
		case TOKEN_SEMICOLON:
			if (depth > 0)
				break;
			return is_value && !out.cut && !is_first;
		case TOKEN_OPEN:
			is_value = false;
			depth++;
			break;
		case TOKEN_CLOSE:
			if (depth <= 1)
				return false;
			depth--;
			break;
		case TOKEN_COMMA:
			break;
		case TOKEN_WORD:
		case TOKEN_STRING:
			if (!is_first)
				text_add_char(&out, ' ');
			is_first = false;
			is_value = add_token(&out, lexer) && is_value;
			break;
		}
	}
}

/*
 * Reads a block after its `{`, up to its `}`, and with it the interface that
 * it names; false when the file ends before.
 */
static bool skip_block(struct lexer *lexer, char interface[LINK_NAME_MAX])
{
	unsigned depth = 1;
	bool starts_statement = true;
	bool names_interface = false;

	while (next(lexer) != TOKEN_END) {
		if (lexer->token == TOKEN_CLOSE && --depth == 0)
			return true;
		if (lexer->token == TOKEN_OPEN)
			depth++;
		if (names_interface && lexer->token == TOKEN_STRING) {
			struct text name = text_in(interface, LINK_NAME_MAX);

			if (!add_token(&name, lexer) || name.cut)
				interface[0] = '\0';
		}
		names_interface = depth == 1 && starts_statement &&
				  is_word(lexer, "interface");
		starts_statement = lexer->token == TOKEN_SEMICOLON ||
				   lexer->token == TOKEN_CLOSE;
	}
	return false;
}

bool leasefile_next(const char *file, size_t length, size_t *at,
		    struct leasefile_block *out)
{
	struct lexer lexer = {.at = file + *at, .left = length - *at};

	while (next(&lexer) != TOKEN_END) {
		if (!is_word(&lexer, "lease"))
			continue;

		const char *start = lexer.text;

		if (next(&lexer) != TOKEN_OPEN)
			continue;
		memset(out, 0, sizeof(*out));
		if (!skip_block(&lexer, out->interface))
			break;
		out->start = (size_t)(start - file);
		out->length = (size_t)(lexer.at - start);
		*at = (size_t)(lexer.at - file);
		return true;
	}
	*at = length;
	return false;
}

/* Takes a number of exactly `digits` digits and `after`, if not NUL. */
static bool take_digits(const char **at, unsigned digits, char after,
			unsigned *out)
{
	unsigned value = 0;

	for (; digits > 0; digits--, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		value = value * 10 + (unsigned)(**at - '0');
	}
	if (**at != after)
		return false;
	if (after != '\0')
		(*at)++;
	*out = value;
	return true;
}

/* Reads `W YYYY/MM/DD HH:MM:SS` or `never`; -1 if it is neither. */
static int64_t read_time(const char *value)
{
	struct calendar date;

	if (strlen(value) == 5 && memcmp(value, "never", 5) == 0)
		return LEASEFILE_NEVER;
	if (!take_digits(&value, 1, ' ', &date.weekday) ||
	    !take_digits(&value, 4, '/', &date.year) ||
	    !take_digits(&value, 2, '/', &date.month) ||
	    !take_digits(&value, 2, ' ', &date.day) ||
	    !take_digits(&value, 2, ':', &date.hour) ||
	    !take_digits(&value, 2, ':', &date.minute) ||
	    !take_digits(&value, 2, '\0', &date.second))
		return -1;
	return calendar_to_epoch(&date);
}

/* Keeps the last value of `code`, if it is clean. */
static void keep_value(struct variables *variables, uint16_t code,
		       const char *value)
{
	if (code == 0 || !option_text_is_clean(code, value))
		return;
	variables_remove(variables, code);
	variables_add(variables, code, value);
}

/* The option that the token names, or 0. */
static uint16_t option_of_token(const struct lexer *lexer,
				const struct definitions *definitions)
{
	if (lexer->token != TOKEN_WORD)
		return 0;
	return definition_by_file_name(definitions, lexer->text, lexer->length);
}

/* The pseudo option that the token is the statement of, or 0. */
static uint16_t field_of_token(const struct lexer *lexer)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (is_word(lexer, fields[i].statement))
			return fields[i].code;
	}
	return 0;
}

/* The time that the token is the statement of, or NULL. */
static int64_t *time_of_token(const struct lexer *lexer,
			      struct lease_record *out)
{
	if (is_word(lexer, "renew"))
		return &out->renew;
	if (is_word(lexer, "rebind"))
		return &out->rebind;
	if (is_word(lexer, "expire"))
		return &out->expire;
	return NULL;
}

/* Reads the statement that the token, its first word, begins. */
static void read_statement(struct lexer *lexer,
			   const struct definitions *definitions,
			   struct lease_record *out)
{
	char value[OPTION_TEXT_MAX];
	int64_t *time = time_of_token(lexer, out);
	uint16_t code = field_of_token(lexer);

	if (is_word(lexer, "option")) {
		next(lexer);
		code = option_of_token(lexer, definitions);
	}
	if (lexer->token == TOKEN_SEMICOLON || !read_value(lexer, value))
		return;
	if (time != NULL)
		*time = read_time(value);
	else
		keep_value(&out->variables, code, value);
}

/* Adds what dhclient computes: see variables_from_message. */
static void add_computed(struct variables *variables)
{
	struct in_addr address, mask;

	if (!variables_address(variables, FIELD_IP_ADDRESS, &address) ||
	    !variables_address(variables, OPTION_SUBNET_MASK, &mask))
		return;
	variables_set_address(variables, FIELD_NETWORK_NUMBER,
			      (struct in_addr){address.s_addr & mask.s_addr});
	if (variables_find(variables, OPTION_BROADCAST_ADDRESS) == NULL)
		variables_set_address(
			variables, FIELD_BROADCAST,
			(struct in_addr){address.s_addr | ~mask.s_addr});
}

bool leasefile_read(const char *file, size_t length, const char *interface,
		    const struct definitions *definitions,
		    struct lease_record *out)
{
	struct leasefile_block block, last = {.length = 0};
	const size_t name_size = strlen(interface) + 1;
	size_t at = 0;

	if (name_size > LINK_NAME_MAX || name_size == 1)
		return false;
	while (leasefile_next(file, length, &at, &block)) {
		if (memcmp(block.interface, interface, name_size) == 0)
			last = block;
	}
	if (last.length == 0)
		return false;

	struct lexer lexer = {.at = file + last.start, .left = last.length};

	memset(out, 0, sizeof(*out));
	memcpy(out->interface, interface, name_size);
	out->renew = out->rebind = out->expire = -1;
	next(&lexer); /* lease */
	next(&lexer); /* { */
	while (next(&lexer) != TOKEN_END && lexer.token != TOKEN_CLOSE)
		read_statement(&lexer, definitions, out);
	if (out->renew < 0 || out->rebind < 0 || out->expire < 0)
		return false;
	add_computed(&out->variables);
	return variables_are_valid(&out->variables);
}
