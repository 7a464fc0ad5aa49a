/*
 * The options and what the script is told of them: one table of code, name
 * and kind; from a kind follow the text of a value, as dhclient 4.4.3 writes
 * it, and what text is clean for it.  A new option is one row.  Knows
 * nothing of packets.
 */
#ifndef DHCPCANON_OPTION_H
#define DHCPCANON_OPTION_H

#include "text.h"

#define OPTION_TEXT_MAX 4096 /* octets of a value's text, NUL included */
#define OPTION_NAME_MAX 48   /* octets of a name, NUL included */

/*
 * What the script is told besides options has a code above theirs, so that
 * one table and one check serve all of it.
 */
enum pseudo_option {
	FIELD_IP_ADDRESS = 256, /* yiaddr */
	FIELD_NEXT_SERVER,	/* siaddr */
	FIELD_FILENAME,		/* file, unless overloaded */
	FIELD_SERVER_NAME,	/* sname, unless overloaded */
	FIELD_NETWORK_NUMBER,	/* computed from address and mask */
	FIELD_END,
};

/* What a value is; the comment gives its text. */
enum option_kind {
	KIND_NONE,	     /* given to no script: 0, 12, 255 */
	KIND_ADDRESS,	     /* 4 octets: "10.0.0.1" */
	KIND_MASK,	     /* an address */
	KIND_ADDRESSES,	     /* 4n octets: "10.0.0.1 10.0.0.2" */
	KIND_ADDRESS_PAIRS,  /* 8n octets: "10.0.0.0 10.0.0.1 …" */
	KIND_U8,	     /* 1 octet: decimal, as all numbers */
	KIND_U16,	     /* 2 octets */
	KIND_U32,	     /* 4 octets */
	KIND_S32,	     /* 4 octets, signed */
	KIND_U8S,	     /* n octets: "1 2 3" */
	KIND_U16S,	     /* 2n octets: "68 296" */
	KIND_FLAG,	     /* 1 octet: "true" or "false" */
	KIND_TEXT,	     /* letters, digits, blank and % + , . / : = @ _ ~ # - */
	KIND_NAME,	     /* a host or domain name by dhclient's rules */
	KIND_NAMES,	     /* such names, separated by blanks */
	KIND_SEARCH,	     /* RFC 3397: "example.org. eng.example.org." */
	KIND_ROUTES,	     /* RFC 3442, every octet in decimal: "24 10 0 1 …" */
	KIND_BINARY,	     /* as KIND_TEXT if clean for it, else "0:1:ff" */
	KIND_FLAG_ADDRESSES, /* "true 10.0.0.1 10.0.0.2" */
	KIND_FLAG_TEXT,	     /* "true …" */
	/* further composite kinds of dhclient's table go here */
	KIND_COUNT,
};

/* How option_to_text ended. */
enum option_result {
	OPTION_OK,
	OPTION_EMPTY,	/* no value: no variable, as dhclient */
	OPTION_UNNAMED, /* of KIND_NONE */
	OPTION_LENGTH,	/* wrong length for its kind */
	OPTION_UNCLEAN, /* characters its kind cannot have, or it doesn't parse */
	OPTION_LONG,	/* more text than OPTION_TEXT_MAX */
};

/* The kind of `code` (an option or a pseudo option; others: KIND_NONE). */
enum option_kind option_kind(uint16_t code);

/*
 * Writes the script's name of `code`, without the new_ or old_ prefix:
 * "subnet_mask", "unknown_224"; "" for KIND_NONE.
 */
void option_name(uint16_t code, char out[OPTION_NAME_MAX]);

/*
 * Writes the lease file's name of `code`: "subnet-mask", "unknown-224"; ""
 * for KIND_NONE and for what has a statement of its own there (the pseudo
 * options).
 */
void option_file_name(uint16_t code, char out[OPTION_NAME_MAX]);

/*
 * Finds the code whose lease-file name is `name` (not only the first
 * `length` octets of it match: all of `name` is those octets); 0 if none.
 */
uint16_t option_by_file_name(const char *name, size_t length);

/*
 * Writes `value` (`length` octets, as joined by message_decode) as the text
 * that the script gets, by the kind of `code`.  What comes out is clean for
 * its kind (option_text_is_clean); what can't be made so is refused, never
 * escaped or shortened.  `*out` keeps what it had unless OPTION_OK is
 * returned.  Sources: RFC 2132, 3397, 3442; dhclient 4.4.3-P1.
 */
enum option_result option_to_text(uint16_t code, const uint8_t *value,
				  size_t length, struct text *out);

/*
 * True if `text` is what option_to_text can give for `code`: the check made
 * by whoever did not make the text.
 */
bool option_text_is_clean(uint16_t code, const char *text);

/* The word for a refusal in the log: "wrong length", "unclean", … */
const char *option_result_name(enum option_result result);

#endif
