/*
 * A DHCP message (RFC 2131 §2, RFC 2132, RFC 3396): bytes to fields and an
 * index of options, and back.  No policy and no state: what a message may
 * carry is profile.c's, what it means client.c's.
 */
#ifndef DHCPCANON_MESSAGE_H
#define DHCPCANON_MESSAGE_H

#include "bytes.h"
#include "decode.h"
#include "mac.h"

#define MESSAGE_SENT_LENGTH                                                    \
	300              /* octets of everything we send: RFC 1542 §2.1 */
#define MESSAGE_MAX 1500 /* octets of the longest message taken */
#define MESSAGE_SNAME_LENGTH 64
#define MESSAGE_FILE_LENGTH 128

/* RFC 2132 §9.6, DHCP Message Type (option 53). */
enum message_type {
	DHCPDISCOVER = 1,
	DHCPOFFER = 2,
	DHCPREQUEST = 3,
	DHCPDECLINE = 4,
	DHCPACK = 5,
	DHCPNAK = 6,
};

/* The options that the protocol itself reads or writes (RFC 2132). */
enum option_code {
	OPTION_PAD = 0,
	OPTION_SUBNET_MASK = 1,
	OPTION_ROUTERS = 3,
	OPTION_DOMAIN_NAME_SERVERS = 6,
	OPTION_HOST_NAME = 12,
	OPTION_INTERFACE_MTU = 26,
	OPTION_BROADCAST_ADDRESS = 28,
	OPTION_STATIC_ROUTES = 33,
	OPTION_REQUESTED_ADDRESS = 50,
	OPTION_LEASE_TIME = 51,
	OPTION_OVERLOAD = 52,
	OPTION_MESSAGE_TYPE = 53,
	OPTION_SERVER_IDENTIFIER = 54,
	OPTION_PARAMETER_REQUEST_LIST = 55,
	OPTION_MESSAGE = 56,
	OPTION_RENEWAL_TIME = 58,
	OPTION_REBINDING_TIME = 59,
	OPTION_CLIENT_IDENTIFIER = 61,
	OPTION_CLASSLESS_ROUTES = 121,
	OPTION_MS_CLASSLESS_ROUTES = 249,
	OPTION_END = 255,
};

/* Where an option's joined value lies in message.data; length 0: see seen. */
struct message_option {
	uint16_t offset;
	uint16_t length; /* octets */
	bool seen;       /* the option came, perhaps empty */
};

/* A reply, decoded.  Holds no pointer: it may be copied and kept. */
struct message {
	enum message_type type;
	uint32_t xid; /* host order */
	uint16_t secs;
	uint16_t flags;
	struct in_addr ciaddr, yiaddr, siaddr, giaddr; /* network order */
	struct mac chaddr;
	uint8_t sname[MESSAGE_SNAME_LENGTH]; /* zeros if overloaded */
	uint8_t file[MESSAGE_FILE_LENGTH];   /* zeros if overloaded */
	struct message_option option[256];   /* by code */
	uint8_t data[MESSAGE_MAX];           /* the values, each in one piece */
};

/*
 * Decodes a server's reply of `length` octets (more than MESSAGE_MAX:
 * DECODE_LONG): op 2, htype 1, hlen 6, magic cookie, options, and the option
 * overload of `file` and `sname` (RFC 2132 §9.3).  Several instances of an
 * option are joined in the order options, file, sname (RFC 3396 §5).  The end
 * of a field counts as a missing END (real servers forget it).  An option
 * that runs past the end of its field is DECODE_OPTIONS; an option 52 other
 * than 1, 2 or 3 overloads nothing, and in an overloaded field a further 52 is
 * passed over.  An option 53 that is missing or is not OFFER, ACK or NAK is
 * DECODE_NOT_REPLY.  `*out` is undefined unless DECODE_OK is returned.
 */
enum decode message_decode(const uint8_t *bytes, size_t length,
			   struct message *out);

/*
 * The joined value of option `code`: `*length` octets, borrowed from
 * `message`; NULL when it did not come or was empty (`*length` is then 0).
 */
const uint8_t *message_option(const struct message *message, uint8_t code,
			      size_t *length);

/*
 * Reads option `code` as an address (network order); false when it did not
 * come or is not exactly 4 octets long.
 */
bool message_address(const struct message *message, uint8_t code,
		     struct in_addr *out);

/*
 * Reads option `code` as a 32-bit number (host order); false when it did not
 * come or is not exactly 4 octets long.
 */
bool message_u32(const struct message *message, uint8_t code, uint32_t *out);

#define MESSAGE_BROADCAST 0x8000 /* the flag: answer by broadcast, please */

/* An option to be sent. */
struct message_value {
	uint8_t code;
	uint8_t length;   /* octets of value */
	uint8_t value[8]; /* nothing that we send is longer */
};

/* The fixed fields of a message to be sent; all others are zero on the wire. */
struct message_header {
	uint32_t xid;   /* host order */
	uint16_t secs;  /* seconds */
	uint16_t flags; /* MESSAGE_BROADCAST or 0 */
	struct in_addr ciaddr;
	struct mac chaddr;
};

/*
 * Writes a BOOTREQUEST (RFC 2131 §2): the header, the cookie, the options in
 * the order given, END, and zeros up to exactly MESSAGE_SENT_LENGTH octets.
 * The options must fit (asserted: they are ours).
 */
void message_encode(const struct message_header *header,
		    const struct message_value *options, size_t count,
		    uint8_t out[MESSAGE_SENT_LENGTH]);

#endif
