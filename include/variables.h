/*
 * What the script is told of a lease: option codes and their final texts.
 * This crosses the pipe from worker to monitor, so it has no pointer and the
 * receiver checks every length and every character of it.
 */
#ifndef DHCPCANON_VARIABLES_H
#define DHCPCANON_VARIABLES_H

#include "definition.h"
#include "message.h"
#include "option.h"

#define VARIABLES_TEXT_MAX 16384 /* octets in all, the NULs included */
#define VARIABLES_MAX 256        /* how many */

/* The item's text begins where the one before it ends, with its NUL. */
struct variable {
	uint16_t code; /* an option or a pseudo option */
	uint16_t size; /* octets of text, its NUL included */
};

/* Last in whatever holds it: the room that is not used is never touched. */
struct variables {
	uint32_t count;
	uint32_t size; /* octets of `text` in use: the sum of the sizes */
	struct variable item[VARIABLES_MAX];
	char text[VARIABLES_TEXT_MAX];
};

/* An option of a message that did not become a variable. */
struct variables_refusal {
	uint16_t code;
	enum option_result result;
};

/*
 * Appends `text` as the value of `code`; false, changing nothing, when it
 * does not fit.  Does not look for an earlier value of `code`.
 */
bool variables_add(struct variables *variables, uint16_t code,
		   const char *text);

/*
 * Makes `*to` a copy of `*from`, of what is in use: the rest of the room is
 * neither read nor written, so that its pages stay untouched.
 */
void variables_copy(struct variables *to, const struct variables *from);

/* The text of `code`, borrowed from `variables`; NULL if it is not there. */
const char *variables_find(const struct variables *variables, uint16_t code);

/* Takes the value of `code` out, if it is there. */
void variables_remove(struct variables *variables, uint16_t code);

/*
 * Reads the value of `code` as an address (network order); false, writing
 * nothing, if it is not there.
 */
bool variables_address(const struct variables *variables, uint16_t code,
		       struct in_addr *out);

/*
 * Makes `address` (network order) the value of `code`, in the place of any
 * other; false, without a value, when there is no room.
 */
bool variables_set_address(struct variables *variables, uint16_t code,
			   struct in_addr address);

/*
 * Steps through all: `*at` starts at 0 and `*text` is then the item's text,
 * borrowed.  Returns the item, NULL after the last.
 */
const struct variable *variables_next(const struct variables *variables,
				      uint32_t *at, const char **text);

/*
 * Makes the variables of an ACK (contract of dhclient-script(8)): yiaddr,
 * siaddr, file and sname unless overloaded, the network number, and every
 * option in clean text.  `mask` (network order) replaces the value of option
 * 1: it is the message's own or the natural one (lease.h).  In the place of
 * a broadcast address that is neither that of the subnet nor
 * 255.255.255.255, or of none, the former is FIELD_BROADCAST.  Host names (12)
 * are given to no script.  Options that the user has defined (`definitions`, or
 * NULL) are of the kind that they say.  Options that are refused are listed in
 * `refusals`, at most `max_refusals` of them; returns how many were listed.
 */
size_t variables_from_message(const struct message *ack, struct in_addr mask,
			      const struct definitions *definitions,
			      struct variables *out,
			      struct variables_refusal *refusals,
			      size_t max_refusals);

/*
 * True if the broadcast address, if there is one, is that of the address and
 * the mask, or 255.255.255.255.
 */
bool variables_fit_subnet(const struct variables *variables);

/*
 * True if `variables`, which came from somebody else, is well-formed: counts
 * and sizes within bounds and adding up, every text a string of its size and
 * no more than OPTION_TEXT_MAX, every code known and there once, one broadcast
 * address at most, every text clean for its code, and an address among them.
 */
bool variables_are_valid(const struct variables *variables);

#endif
