/*
 * The simulation's own reading and writing of frames: nothing of the
 * program's encoders and decoders, so that the one checks the other.  All
 * numbers and addresses are in host order here.
 */
#ifndef DHCPCANON_SIM_PACKET_H
#define DHCPCANON_SIM_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOOTP_AT 42    /* where the message begins in a frame */
#define OPTIONS_AT 240 /* where the options begin in a message */
#define SIM_ARP_LENGTH 42

/* A reply's fields, those that matter; `has_` is: came with 4 octets. */
struct reply {
	uint8_t type;
	uint32_t xid;
	uint8_t chaddr[6];
	uint32_t address;
	bool has_server, has_lease, has_t1, has_t2, has_mask;
	uint32_t server, lease_s, t1_s, t2_s, mask;
};

/* What an ARP frame says. */
struct claim {
	uint8_t mac[6];
	uint32_t sender, target;
};

uint32_t get_u16(const uint8_t *at);
uint32_t get_u32(const uint8_t *at);
void put_u16(uint8_t *at, uint32_t value);
void put_u32(uint8_t *at, uint32_t value);

/* The one's complement sum of `length` octets, folded, on top of `sum`. */
uint32_t ones_sum(const uint8_t *at, size_t length, uint32_t sum);

/* The sum of UDP's pseudo header for the datagram in the frame. */
uint32_t pseudo_sum(const uint8_t *ip_header, uint32_t udp_length);

/* The kernel's filter (packet(7)): what of the link reaches the socket. */
bool filter_passes(const uint8_t *frame, size_t length, const uint8_t mac[6]);

/* Likewise for ARP; `address` is watched, 0: nothing passes. */
bool arp_filter_passes(const uint8_t *frame, size_t length,
		       const uint8_t mac[6], uint32_t address);

/* Reads a frame as RFC 791, 768, 2131, 2132 and 3396 have it; false: none. */
bool reply_read(const uint8_t *frame, size_t length, struct reply *out);

/* Reads an ARP frame (RFC 826); false: it is none. */
bool claim_read(const uint8_t *frame, size_t length, struct claim *out);

/* What the headers of a reply are; host order. */
struct envelope {
	const uint8_t *to; /* Ethernet */
	uint32_t source, destination;
	bool has_checksum;     /* of UDP */
	uint32_t option_words; /* of the IPv4 header, 0 to 10 */
};

/*
 * Puts Ethernet, IPv4 and UDP headers in front of the `length` octets of
 * message at `frame` + BOOTP_AT, which move up for IP options; returns the
 * frame's length.
 */
size_t frame_wrap(uint8_t *frame, size_t length,
		  const struct envelope *envelope);

/* Writes an ARP frame; returns its length. */
size_t claim_write(uint8_t *frame, const struct claim *claim, bool is_request);

#endif
