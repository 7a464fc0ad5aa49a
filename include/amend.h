/*
 * What the user says of a lease's values (dhclient.conf(5): supersede,
 * prepend, append, default), applied to what the script is told.  The user's
 * word comes after every other policy; where there is not room for both, the
 * network's goes.
 */
#ifndef DHCPCANON_AMEND_H
#define DHCPCANON_AMEND_H

#include "variables.h"

#define AMEND_MAX 32        /* how many */
#define AMEND_TEXT_MAX 2048 /* octets in all, the NULs included */

enum amend_verb {
	AMEND_SUPERSEDE, /* this value, whatever was there */
	AMEND_PREPEND,   /* this value and then the others */
	AMEND_APPEND,    /* the others and then this value */
	AMEND_DEFAULT,   /* this value if there is none */
};

/* The item's text begins where the one before it ends, with its NUL. */
struct amendment {
	uint16_t code; /* an option */
	uint16_t like; /* of its kind, though the table may not know it */
	uint16_t size; /* octets of text, its NUL included; 1: no value */
	uint16_t verb; /* enum amend_verb */
};

struct amendments {
	uint32_t count;
	uint32_t size; /* octets of `text` in use: the sum of the sizes */
	struct amendment item[AMEND_MAX];
	char text[AMEND_TEXT_MAX];
};

/*
 * What stands between two values of `kind`, " " or ""; NULL for a kind with
 * one value, to which nothing can be added.
 */
const char *amend_separator(enum option_kind kind);

/*
 * Appends an amendment; `text` is "" or clean for `like`
 * (option_text_is_clean).  With AMEND_SUPERSEDE "" takes the value away,
 * otherwise it does nothing.  False, changing nothing, when there is no room.
 */
bool amend_add(struct amendments *amendments, uint16_t code, uint16_t like,
	       enum amend_verb verb, const char *text);

/*
 * Applies all, in their order, to `variables`, which must be valid and stay
 * so.  After another subnet mask the network number follows it, and so does
 * the broadcast address if it was the computed one.  Where there is not room
 * for both, values that were there go, the longest first; returns how many.
 */
size_t amend_apply(const struct amendments *amendments,
		   struct variables *variables);

#endif
