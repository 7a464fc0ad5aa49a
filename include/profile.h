/*
 * RFC 7844, the anonymity profile, as one table: what each of our messages
 * tells the network.  Nothing else in the program decides what is sent.
 */
#ifndef DHCPCANON_PROFILE_H
#define DHCPCANON_PROFILE_H

#include "message.h"

/* The messages that exist.  RELEASE, INFORM and INIT-REBOOT do not. */
enum sent {
	SENT_DISCOVER,
	SENT_REQUEST_SELECTING,
	SENT_REQUEST_RENEWING,
	SENT_REQUEST_REBINDING,
	SENT_DECLINE,
	SENT_COUNT,
};

/* What the user asked to disclose beyond the profile; all off by default. */
struct disclosure {
	bool client_id;       /* option 61 = 01 and the current MAC */
	bool request_options; /* option 55 = 1, 3, 6 in random order */
	bool broadcast;       /* the flag, where no address is held yet */
};

/* What a message is made of; each message takes only what its row names. */
struct transaction {
	uint32_t xid;           /* host order */
	uint16_t secs;          /* seconds */
	struct in_addr address; /* offered, leased or declined; network order */
	struct in_addr server;  /* option 54; network order */
	struct mac mac;         /* the interface's current address */
};

/*
 * Writes message `sent` (MESSAGE_SENT_LENGTH octets) by the table.  The order
 * of its options is a uniformly random permutation (RFC 7844 §3.1) chosen by
 * `order`, 32 fresh random bits for each message, retransmissions included;
 * `order_list` likewise orders the request list.
 */
void profile_write(enum sent sent, const struct transaction *transaction,
		   const struct disclosure *disclosure, uint32_t order,
		   uint32_t order_list, uint8_t out[MESSAGE_SENT_LENGTH]);

/* dhclient's word for the message: "DHCPDISCOVER", "DHCPREQUEST", … */
const char *sent_name(enum sent sent);

#endif
