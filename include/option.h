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
	FIELD_NEXT_SERVER,      /* siaddr */
	FIELD_FILENAME,         /* file, unless overloaded */
	FIELD_SERVER_NAME,      /* sname, unless overloaded */
	FIELD_NETWORK_NUMBER,   /* computed from address and mask */
	FIELD_BROADCAST,        /* likewise, when no option 28 came */
	FIELD_END,
};

/*
 * Types that a user may give to an option and that none of ours has, as codes
 * above all others (definition.h).  No variable has one.
 */
enum option_type {
	TYPE_FIRST = 512,
	TYPE_S8 = TYPE_FIRST,
	TYPE_FLAGS,
	TYPE_U32S,
	TYPE_S8S,
	TYPE_S32S,
	TYPE_END,
};

/* What a value is; the comment gives its text. */
enum option_kind {
	KIND_NONE,          /* given to no script: 0, 12, 255 */
	KIND_ADDRESS,       /* 4 octets: "10.0.0.1" */
	KIND_MASK,          /* an address: /8 or longer, contiguous */
	KIND_ADDRESSES,     /* 4n octets: "10.0.0.1 10.0.0.2" */
	KIND_ADDRESS_PAIRS, /* 8n octets: "10.0.0.0 10.0.0.1 …" */
	KIND_U8,            /* 1 octet: decimal, as all numbers */
	KIND_U16,           /* 2 octets */
	KIND_MTU,           /* 2 octets, at least 576 */
	KIND_U32,           /* 4 octets */
	KIND_S8,            /* 1 octet, signed */
	KIND_S32,           /* 4 octets, signed */
	KIND_U8S,           /* n octets: "1 2 3" */
	KIND_U16S,          /* 2n octets: "68 296" */
	KIND_U32S,          /* 4n octets */
	KIND_S8S,           /* n octets, signed */
	KIND_S32S,          /* 4n octets, signed */
	KIND_FLAG,          /* 1 octet: "true" or "false" */
	KIND_FLAGS,         /* n octets */
	KIND_TEXT,      /* letters, digits, blank, % + , - . / : = @ _ ~ # */
	KIND_NAME,      /* a host or domain name by dhclient's rules */
	KIND_NAMES,     /* such names, separated by one blank */
	KIND_SEARCH,    /* RFC 3397: "example.org. eng.example.org." */
	KIND_DOMAIN,    /* one name in that encoding: "example.org." */
	KIND_ROUTES,    /* RFC 3442, octets in decimal: "24 10 0 1 …" */
	KIND_BINARY,    /* as KIND_TEXT if clean for it, else "0:1:ff" */
	KIND_U8_TRIPLE, /* 3 octets: "1 2 3" */
	KIND_FLAG_ADDRESSES,  /* 1 + 4n octets: "true 10.0.0.1 10.0.0.2" */
	KIND_FLAG_TEXT,       /* 1 + n octets: "true …" */
	KIND_PORT_PARAMETERS, /* RFC 7618, 4 octets: "6 8 1024" */
	KIND_COUNT,
};

/* How option_to_text ended. */
enum option_result {
	OPTION_OK,
	OPTION_EMPTY,   /* no value: no variable, as dhclient */
	OPTION_UNNAMED, /* of KIND_NONE */
	OPTION_LENGTH,  /* wrong length for its kind */
	OPTION_UNCLEAN, /* not of its kind: characters, grammar or range */
	OPTION_LONG,    /* more text than there is room for */
	OPTION_RESULTS,
};

/* True if the table has a row for `code`, or it is no option. */
bool option_is_known(uint16_t code);

/* The kind of `code` (an option, pseudo option or type; else KIND_NONE). */
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
 * Finds the code whose lease-file name is the `length` octets at `name`, all
 * of them; 0 if none.
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

/* The words for a refusal in the log: "wrong length", "unusable value", … */
const char *option_result_name(enum option_result result);

#endif
