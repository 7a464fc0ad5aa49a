/*
 * Tokens to struct conf, statement by statement.  It knows the statements;
 * values are value.c's, what becomes of them amend.c's.  It must not know
 * files, which interfaces exist, or the log.
 *
 * No recursion: blocks are counted, and only those of an interface have
 * statements of ours in them.
 */
#include "conf.h"

#include "lexer.h"
#include "value.h"

struct parser {
	struct lexer lexer;
	struct conf *conf;
	struct conf_report *report;
	unsigned line;            /* where the statement begins */
	char name[CONF_NAME_MAX]; /* of the statement, for the report */
	struct text name_text;    /* writes `name` */
};

#define LIKE_STRING 43 /* an option of octets */

/* What a statement is found to be, if it is not honoured. */
static const char not_honoured[] = "not honoured";

struct statement {
	char word[12];
	/*
	 * Reads the statement, whose first word is the token.  Returns NULL
	 * with its last sign as the token; or what is wrong, having changed
	 * nothing.
	 */
	const char *(*read)(struct parser *parser,
			    const struct statement *statement);
	enum amend_verb verb;
};

/* ---- the report ---- */

/* Adds the token to the statement's name. */
static void name_token(struct parser *parser)
{
	const struct lexer *const lexer = &parser->lexer;

	if (lexer->token != TOKEN_WORD)
		return;
	if (parser->name_text.length > 0)
		text_add_char(&parser->name_text, ' ');
	for (size_t i = 0; i < lexer->length; i++) {
		const char octet = lexer->text[i];

		if (octet > ' ' && octet <= '~')
			text_add_char(&parser->name_text, octet);
		else
			text_add_char(&parser->name_text, '?');
	}
}

static void begin_statement(struct parser *parser)
{
	parser->line = parser->lexer.line;
	parser->name_text = text_in(parser->name, sizeof(parser->name));
	name_token(parser);
}

static void note_error(struct parser *parser, const char *problem)
{
	struct conf_report *const report = parser->report;

	if (report->error_count < CONF_ERRORS_MAX) {
		struct conf_error *const error =
			&report->error[report->error_count];

		error->line = parser->line;
		error->problem = problem;
		memcpy(error->name, parser->name, sizeof(error->name));
	}
	report->error_count++;
}

static void note_skipped(struct parser *parser)
{
	struct conf_report *const report = parser->report;
	const size_t size = strlen(parser->name) + 1;
	uint32_t i = 0;

	while (i < report->skipped_count &&
	       memcmp(report->skipped[i].name, parser->name, size) != 0)
		i++;
	if (i == CONF_SKIPPED_MAX) {
		report->skipped_others++;
		return;
	}
	if (i == report->skipped_count) {
		report->skipped_count++;
		memcpy(report->skipped[i].name, parser->name, size);
	}
	report->skipped[i].times++;
}

void conf_skipped_text(const struct conf_report *report, struct text *out)
{
	for (uint32_t i = 0; i < report->skipped_count; i++) {
		if (i > 0)
			text_add(out, ", ");
		text_add(out, report->skipped[i].name);
		if (report->skipped[i].times > 1) {
			text_add(out, " (");
			text_add_number(out, report->skipped[i].times);
			text_add(out, ")");
		}
	}
	if (report->skipped_others > 0) {
		text_add(out, " and ");
		text_add_number(out, report->skipped_others);
		text_add(out, " others");
	}
}

void conf_error_text(const struct conf_error *error, struct text *out)
{
	text_add(out, "line ");
	text_add_number(out, error->line);
	text_add(out, ": ");
	if (error->name[0] != '\0') {
		text_add(out, error->name);
		text_add(out, ": ");
	}
	text_add(out, error->problem);
}

/* ---- tokens ---- */

/*
 * Goes on from the token to the end of the statement: its `;`, the `}` of its
 * block, or an unclosed quote.  False at the end of the file and at the `}`
 * of a block around it, which stays the token; otherwise that is no `}`.
 */
static bool skip_rest(struct lexer *lexer)
{
	size_t depth = 0;

	for (;; lexer_next(lexer)) {
		switch (lexer->token) {
		case TOKEN_END:
			return false;
		case TOKEN_SEMICOLON:
		case TOKEN_BROKEN:
			if (depth == 0)
				return true;
			break;
		case TOKEN_OPEN:
			depth++;
			break;
		case TOKEN_CLOSE:
			if (depth == 0)
				return false;
			if (--depth > 0)
				break;
			lexer->token = TOKEN_SEMICOLON;
			return true;
		case TOKEN_WORD:
		case TOKEN_STRING:
		case TOKEN_COMMA:
		case TOKEN_SIGN:
			break;
		}
	}
}

/* ---- names of options ---- */

/* The statements and variables that an option's name must not be. */
static const char reserved_names[][16] = {
	"ip-address",  "next-server", "filename",
	"server-name", "host-name",   "network-number",
	"expiry",      "ip6-address", "ip6-prefix",
};

/* Writes `name` as names are compared: in lower case, `-` for `_`. */
static void fold_name(const char *name, char out[OPTION_NAME_MAX])
{
	size_t i = 0;

	for (; name[i] != '\0'; i++) {
		out[i] = name[i];
		if (name[i] >= 'A' && name[i] <= 'Z')
			out[i] = (char)(name[i] - 'A' + 'a');
		else if (name[i] == '_')
			out[i] = '-';
	}
	out[i] = '\0';
}

static bool is_same(const char *one, const char *other)
{
	const size_t size = strlen(one) + 1;

	return size == strlen(other) + 1 && memcmp(one, other, size) == 0;
}

static bool is_reserved(const char *folded)
{
	const size_t count = sizeof(reserved_names) / sizeof(reserved_names[0]);

	for (size_t i = 0; i < count; i++)
		if (is_same(folded, reserved_names[i]))
			return true;
	return false;
}

/* A name that can be part of a variable's. */
static bool is_option_name(const char *folded)
{
	if (*folded < 'a' || *folded > 'z')
		return false;
	for (; *folded != '\0'; folded++)
		if ((*folded < 'a' || *folded > 'z') &&
		    (*folded < '0' || *folded > '9') && *folded != '-')
			return false;
	return true;
}

/*
 * Reads the name of an option, folded, without the name of its space if that
 * is DHCPv4's own.
 */
static const char *read_name(struct parser *parser, char out[OPTION_NAME_MAX])
{
	static const char space[] = "dhcp.";
	char name[OPTION_NAME_MAX];

	if (lexer_next(&parser->lexer) != TOKEN_WORD)
		return lexer_complaint(&parser->lexer,
				       "expects the name of an option");
	name_token(parser);
	if (!lexer_string(&parser->lexer, name, sizeof(name)))
		return "not the name of an option";
	fold_name(name, out);
	if (text_begins_with(out, space))
		memmove(out, out + strlen(space),
			strlen(out) + 1 - strlen(space));
	for (const char *at = out; *at != '\0'; at++)
		if (*at == '.')
			return not_honoured;
	return NULL;
}

/* ---- statements ---- */

static const char *read_timeout(struct parser *parser,
				const struct statement *statement)
{
	static const char expected[] = "not a number of seconds";
	char number[16];
	const char *at = number;
	const char *problem;
	uint64_t seconds;

	(void)statement;
	if (lexer_next(&parser->lexer) != TOKEN_WORD)
		return lexer_complaint(&parser->lexer, expected);
	if (!lexer_string(&parser->lexer, number, sizeof(number)) ||
	    !text_take_number(&at, UINT32_MAX, &seconds) || *at != '\0' ||
	    seconds == 0)
		return expected;
	problem = lexer_end(&parser->lexer);
	if (problem != NULL)
		return problem;
	/* NetworkManager writes 2147483647 for never */
	parser->conf->timeout_ms = seconds > UINT32_MAX / 1000
					   ? UINT32_MAX
					   : (uint32_t)seconds * 1000;
	return NULL;
}

static const char *read_script(struct parser *parser,
			       const struct statement *statement)
{
	static const char expected[] = "not an absolute path in quotes";
	char path[CONF_SCRIPT_MAX];
	const char *problem;

	(void)statement;
	if (lexer_next(&parser->lexer) != TOKEN_STRING)
		return lexer_complaint(&parser->lexer, expected);
	if (!lexer_string(&parser->lexer, path, sizeof(path)))
		return "not a path";
	for (size_t i = 0; path[i] != '\0'; i++)
		if (path[i] < ' ' || path[i] > '~')
			return "not a path";
	if (path[0] != '/')
		return expected;
	problem = lexer_end(&parser->lexer);
	if (problem == NULL)
		memcpy(parser->conf->script, path, strlen(path) + 1);
	return problem;
}

/* Adds the token, A.B.C.D or A.B.C.D/N, to `list`. */
static const char *add_network(const struct parser *parser,
			       struct reject_list *list)
{
	char network[32];
	const char *at = network;
	struct in_addr address;
	uint64_t width = 32;

	if (!lexer_string(&parser->lexer, network, sizeof(network)) ||
	    !text_take_address(&at, &address))
		return "not an address";
	if (*at == '/') {
		at++;
		if (!text_take_number(&at, 32, &width))
			return "not the length of a prefix";
	}
	if (*at != '\0')
		return "not an address";
	if (list->count == REJECT_MAX)
		return "too many servers";

	const struct in_addr mask = {
		htonl((uint32_t)(UINT64_C(0xffffffff) << (32 - width)))};

	list->item[list->count].mask = mask;
	list->item[list->count].network.s_addr = address.s_addr & mask.s_addr;
	list->count++;
	return NULL;
}

static const char *read_reject(struct parser *parser,
			       const struct statement *statement)
{
	struct reject_list list = parser->conf->reject;

	(void)statement;
	do {
		const char *problem;

		if (lexer_next(&parser->lexer) != TOKEN_WORD)
			return lexer_complaint(
				&parser->lexer,
				"expects the address of a server");
		problem = add_network(parser, &list);
		if (problem != NULL)
			return problem;
	} while (lexer_next(&parser->lexer) == TOKEN_COMMA);
	if (parser->lexer.token != TOKEN_SEMICOLON)
		return lexer_complaint(&parser->lexer,
				       "expects a comma between addresses");
	parser->conf->reject = list;
	return NULL;
}

/*
 * Types, but for `signed`, which integers are; and an option of each.  Those
 * of 16 bits dhclient writes without a sign whatever they are.
 */
static const struct type {
	char words[32];
	uint16_t like;
} types[] = {
	{"boolean", 19},
	{"integer 8", TYPE_S8},
	{"integer 16", 22},
	{"integer 32", 2},
	{"unsigned integer 8", 23},
	{"unsigned integer 16", 22},
	{"unsigned integer 32", 24},
	{"array of boolean", TYPE_FLAGS},
	{"array of integer 8", TYPE_S8S},
	{"array of integer 16", 25},
	{"array of integer 32", TYPE_S32S},
	{"array of unsigned integer 8", 55},
	{"array of unsigned integer 16", 25},
	{"array of unsigned integer 32", TYPE_U32S},
	{"ip-address", 16},
	{"array of ip-address", 4},
	{"text", 14},
	{"string", LIKE_STRING},
	{"domain-name", 137},
	{"domain-list", 119},
	{"domain-list compressed", 119},
};

static const char unsupported[] = "not a type that is supported";

/* What is wrong with a type that is honoured by half. */
static const char as_octets[] = "values of this type are given as octets";

/* True if dhclient has the type and we don't: records, IPv6, other spaces. */
static bool is_for_dhclient(const char *words, enum token end)
{
	const bool is_for_one = is_same(words, "ip6-address") ||
				text_begins_with(words, "encapsulate ");

	if (end == TOKEN_OPEN)
		return *words == '\0' || is_same(words, "array of");
	return is_for_one || is_same(words, "array of ip6-address");
}

/*
 * Reads the words of a type up to the `;`, or the `{` of a record; `*like` is
 * then an option of it, if only nearly so: as_octets.
 */
static const char *read_type(struct parser *parser, uint16_t *like)
{
	char buffer[64];
	struct text words = text_in(buffer, sizeof(buffer));

	while (lexer_next(&parser->lexer) == TOKEN_WORD) {
		char word[OPTION_NAME_MAX], folded[OPTION_NAME_MAX];

		if (!lexer_string(&parser->lexer, word, sizeof(word)))
			return unsupported;
		fold_name(word, folded);
		if (is_same(folded, "signed"))
			continue;
		if (words.length > 0)
			text_add_char(&words, ' ');
		text_add(&words, folded);
	}
	if (!words.cut && is_for_dhclient(buffer, parser->lexer.token)) {
		*like = LIKE_STRING;
		return as_octets;
	}
	if (parser->lexer.token != TOKEN_SEMICOLON)
		return lexer_complaint(&parser->lexer, unsupported);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!words.cut && is_same(buffer, types[i].words)) {
			*like = types[i].like;
			return NULL;
		}
	return unsupported;
}

/* Reads `= type;` after the code, and keeps the definition. */
static const char *define(struct parser *parser, const char *folded,
			  uint16_t code)
{
	struct definitions *const list = &parser->conf->definitions;
	const uint16_t taken =
		definition_by_file_name(list, folded, strlen(folded));
	const uint32_t i = definition_index(list, code);
	const char *problem;
	uint16_t like = 0;

	if (lexer_next(&parser->lexer) != TOKEN_SIGN ||
	    *parser->lexer.text != '=')
		return "expects = after the code";
	problem = read_type(parser, &like);
	if (problem != NULL && problem != as_octets)
		return problem;
	if (!is_option_name(folded) || is_reserved(folded) ||
	    (taken != 0 && taken != code))
		return "a name that is taken or can't be one";
	if (taken == code && option_is_known(code))
		return NULL; /* as everybody defines 121, 249 and 252 */
	if (i == DEFINITIONS_MAX)
		return "too many options defined";
	list->item[i] = (struct definition){.code = code, .like = like};
	memcpy(list->item[i].name, folded, strlen(folded) + 1);
	if (i == list->count)
		list->count++;
	return problem;
}

/* `option NAME code N = type;`, the only `option` that is honoured. */
static const char *read_definition(struct parser *parser,
				   const struct statement *statement)
{
	char name[OPTION_NAME_MAX], number[8];
	const char *problem = read_name(parser, name);
	const char *at = number;
	uint64_t code;

	(void)statement;
	if (problem != NULL)
		return problem;
	if (lexer_next(&parser->lexer) == TOKEN_SIGN)
		return lexer_complaint(&parser->lexer, "");
	if (!lexer_is_word(&parser->lexer, "code"))
		return not_honoured;
	if (lexer_next(&parser->lexer) != TOKEN_WORD)
		return lexer_complaint(&parser->lexer, "expects a code");
	if (!lexer_string(&parser->lexer, number, sizeof(number)) ||
	    !text_take_number(&at, OPTION_END - 1, &code) || *at != '\0' ||
	    option_kind((uint16_t)code) == KIND_NONE)
		return "not the code of an option that a script gets";
	return define(parser, name, (uint16_t)code);
}

/* ---- changes to values ---- */

/*
 * Options that say how the lease itself runs: a script that is told another
 * lifetime than the client keeps would configure an address that is no
 * longer, or not yet, ours.
 */
static bool is_of_protocol(uint16_t code)
{
	static const uint8_t codes[] = {50, 51, 52, 53, 54, 55, 57, 58, 59, 61};

	for (size_t i = 0; i < sizeof(codes); i++)
		if (code == codes[i])
			return true;
	return false;
}

/* supersede, prepend, append, default NAME VALUE; */
static const char *read_amendment(struct parser *parser,
				  const struct statement *statement)
{
	struct conf *const conf = parser->conf;
	const enum amend_verb verb = statement->verb;
	char name[OPTION_NAME_MAX], buffer[OPTION_TEXT_MAX];
	struct text text = text_in(buffer, sizeof(buffer));
	const char *problem = read_name(parser, name);
	uint16_t code, like;

	if (problem != NULL)
		return problem;
	code = definition_by_file_name(&conf->definitions, name, strlen(name));
	if (is_of_protocol(code) || is_same(name, "host-name"))
		return not_honoured; /* the latter is given to no script */
	if (code == 0)
		return "no option has this name";
	like = definition_like(&conf->definitions, code);
	if ((verb == AMEND_PREPEND || verb == AMEND_APPEND) &&
	    amend_separator(option_kind(like)) == NULL)
		return "nothing can be added to a single value";
	problem = value_read(&parser->lexer, like, &text);
	if (problem != NULL)
		return problem;
	if (!amend_add(&conf->amendments, code, like, verb, buffer))
		return "no room for more of these";
	return NULL;
}

/* ---- statements by name ---- */

/* Not honoured; what it is about belongs to its name. */
static const char *skip_with_name(struct parser *parser,
				  const struct statement *statement)
{
	(void)statement;
	lexer_next(&parser->lexer);
	name_token(parser);
	return not_honoured;
}

/* Left to conf_read_interface. */
static const char *skip_interface(struct parser *parser,
				  const struct statement *statement)
{
	static const char expected[] = "expects a name and a block";

	(void)statement;
	lexer_next(&parser->lexer);
	if (parser->lexer.token != TOKEN_STRING &&
	    parser->lexer.token != TOKEN_WORD)
		return lexer_complaint(&parser->lexer, expected);
	if (lexer_next(&parser->lexer) != TOKEN_OPEN)
		return lexer_complaint(&parser->lexer, expected);
	return NULL;
}

/* What is honoured, and what is not but has a name worth telling. */
static const struct statement statements[] = {
	{"timeout", read_timeout, 0},
	{"script", read_script, 0},
	{"reject", read_reject, 0},
	{"option", read_definition, 0},
	{"interface", skip_interface, 0},
	{"supersede", read_amendment, AMEND_SUPERSEDE},
	{"prepend", read_amendment, AMEND_PREPEND},
	{"append", read_amendment, AMEND_APPEND},
	{"default", read_amendment, AMEND_DEFAULT},
	{"send", skip_with_name, 0},
	{"also", skip_with_name, 0},
};

/* dhclient has these too; any other word is an error. */
static const char skipped_words[][20] = {
	/* what would be sent or asked for */
	"request",
	"require",
	"hardware",
	"anycast-mac",
	"do-forward-updates",
	"vendor",
	/* times, which are RFC 7844's and ours */
	"retry",
	"reboot",
	"select-timeout",
	"initial-interval",
	"initial-delay",
	"backoff-cutoff",
	/* leases and interfaces that are not there, other files */
	"lease",
	"alias",
	"pseudo",
	"media",
	"medium",
	"include",
	"omapi",
	"key",
	"zone",
	"db-time-format",
	"lease-id-format",
	"bootp",
	"default-duid",
	/* what is computed or run */
	"if",
	"elsif",
	"else",
	"switch",
	"on",
	"set",
	"unset",
	"define",
	"eval",
	"log",
	"execute",
	"class",
	"subclass",
};

static const struct statement *find_statement(const struct lexer *lexer)
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (lexer_is_word(lexer, statements[i].word))
			return &statements[i];
	return NULL;
}

static bool is_skipped(const struct lexer *lexer)
{
	const size_t count = sizeof(skipped_words) / sizeof(skipped_words[0]);

	for (size_t i = 0; i < count; i++)
		if (lexer_is_word(lexer, skipped_words[i]))
			return true;
	return false;
}

/* Reads the statement that the token begins; the token is then its last. */
static void read_statement(struct parser *parser)
{
	const struct statement *const statement =
		find_statement(&parser->lexer);
	const char *problem = not_honoured;
	bool is_whole;

	if (statement != NULL)
		problem = statement->read(parser, statement);
	else if (!is_skipped(&parser->lexer))
		problem = lexer_complaint(&parser->lexer, "no such statement");
	is_whole = skip_rest(&parser->lexer) &&
		   parser->lexer.token != TOKEN_BROKEN;
	if (problem == not_honoured)
		note_skipped(parser);
	else if (problem != NULL)
		note_error(parser, problem);
	if (!is_whole && (problem == NULL || problem == not_honoured))
		note_error(parser, lexer_complaint(&parser->lexer, ""));
}

/* Reads statements up to the end or a `}` that none of them began. */
static void read_statements(struct parser *parser)
{
	lexer_next(&parser->lexer);
	while (parser->lexer.token != TOKEN_END &&
	       parser->lexer.token != TOKEN_CLOSE) {
		if (parser->lexer.token != TOKEN_SEMICOLON) {
			begin_statement(parser);
			read_statement(parser);
		}
		if (parser->lexer.token != TOKEN_END &&
		    parser->lexer.token != TOKEN_CLOSE)
			lexer_next(&parser->lexer);
	}
}

void conf_read(const char *text, size_t length, struct conf *out,
	       struct conf_report *report)
{
	struct parser parser = {
		.lexer = lexer_on(text, length), .conf = out, .report = report};

	*out = (struct conf){0};
	*report = (struct conf_report){0};
	for (;;) {
		read_statements(&parser);
		if (parser.lexer.token == TOKEN_END)
			return;
		begin_statement(&parser);
		note_error(&parser, "a } without its {");
	}
}

/* True if the token is `interface`, for ours; then `{` is the token. */
static bool enter_interface(struct parser *parser, const char *interface)
{
	struct lexer *const lexer = &parser->lexer;
	char name[OPTION_NAME_MAX];

	if (!lexer_is_word(lexer, "interface"))
		return false;
	begin_statement(parser);
	lexer_next(lexer);
	if ((lexer->token != TOKEN_STRING && lexer->token != TOKEN_WORD) ||
	    !lexer_string(lexer, name, sizeof(name)) ||
	    !is_same(name, interface))
		return false;
	return lexer_next(lexer) == TOKEN_OPEN;
}

void conf_read_interface(const char *text, size_t length, const char *interface,
			 struct conf *conf, struct conf_report *report)
{
	struct parser parser = {.lexer = lexer_on(text, length),
				.conf = conf,
				.report = report};

	*report = (struct conf_report){0};
	while (lexer_next(&parser.lexer) != TOKEN_END) {
		if (enter_interface(&parser, interface))
			read_statements(&parser);
		else
			skip_rest(&parser.lexer);
	}
}
