/*
 * Why a frame was not taken: one list for all decoders, so that the worker
 * counts what it drops by kind, and the log, the status file and the tests
 * call it by the same name.
 */
#ifndef DHCPCANON_DECODE_H
#define DHCPCANON_DECODE_H

enum decode {
	DECODE_OK,
	DECODE_SHORT,      /* ends inside a header, or says so in its length */
	DECODE_LONG,       /* longer than any message can be */
	DECODE_NOT_IPV4,   /* ethertype, version, header length, fragment */
	DECODE_NOT_DHCP,   /* not UDP to port 68 */
	DECODE_CHECKSUM,   /* of the IP header or of UDP */
	DECODE_NOT_REPLY,  /* op, htype, hlen, magic cookie or option 53 */
	DECODE_OPTIONS,    /* options or overloaded fields that don't parse */
	DECODE_NOT_ARP,    /* not Ethernet/IPv4 ARP, request or reply */
	DECODE_NOT_LINK,   /* rtnetlink bytes that don't parse */
	DECODE_FOREIGN,    /* another xid or chaddr */
	DECODE_UNEXPECTED, /* a good message that this state does not use */
	DECODE_REFUSED,    /* an OFFER or ACK that is not acceptable */
	DECODE_COUNT,      /* how many there are; no result */
};

/*
 * Returns the name of `result` for logs, status and tests, one lower-case
 * word: "short", "not_ipv4", …; "unknown" for a value that is none of them.
 * Static string.
 */
const char *decode_name(enum decode result);

#endif
