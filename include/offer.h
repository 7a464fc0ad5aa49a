/*
 * An OFFER as --dry-run tells of it: everything in it as text, what is
 * refused and why, and whether the client would take it.  It crosses the pipe,
 * so it has no pointer and the receiver checks all of it.
 */
#ifndef DHCPCANON_OFFER_H
#define DHCPCANON_OFFER_H

#include "lease.h"
#include "reject.h"
#include "variables.h"

#define OFFER_REFUSED_MAX 64 /* options; more are not named */

struct offer {
	uint32_t refusal;      /* enum lease_refusal */
	struct in_addr server; /* option 54; 0 if there is none */
	uint32_t refused_count;
	struct {
		uint16_t code;
		uint16_t result; /* enum option_result */
	} refused[OFFER_REFUSED_MAX];
	struct variables variables; /* of the header, and options */
};

/*
 * Reads an OFFER, with `reject` and `definitions` as the client has them.
 * `out->variables` holds the address (FIELD_IP_ADDRESS), siaddr, sname and
 * file unless empty, and each option as it came; none is computed or replaced.
 */
void offer_from_message(const struct message *message,
			const struct reject_list *reject,
			const struct definitions *definitions,
			struct offer *out);

/* True if `offer`, which came from somebody else, is well-formed and clean. */
bool offer_is_valid(const struct offer *offer);

#endif
