/*
 * The Ethernet, IPv4 and UDP headers around a DHCP message (RFC 791, RFC 768,
 * RFC 2131 §4.1).  Knows nothing of DHCP but the two ports; every header bit
 * that we send is fixed here (RFC 7844, the project's table of frames).
 */
#ifndef DHCPCANON_FRAME_H
#define DHCPCANON_FRAME_H

#include "bytes.h"
#include "decode.h"
#include "mac.h"

#define DHCP_SERVER_PORT 67
#define DHCP_CLIENT_PORT 68

#define FRAME_HEADERS (14 + 20 + 8) /* octets before the payload */
#define FRAME_MAX 1514              /* octets, without the FCS */

/* What frame_decode found; `payload` points into the frame. */
struct frame {
	struct mac source_mac;
	struct in_addr source;      /* network order */
	struct in_addr destination; /* network order */
	const uint8_t *payload;
	size_t payload_length; /* octets */
};

/*
 * Decodes an Ethernet frame of `length` octets that carries a UDP datagram
 * to port 68, from any port: RFC 2131 §4.1 has servers answer from 67, relays
 * and address translators do not always, and whoever can forge a frame can
 * forge its port.  Takes IP options (skipped) and octets after the datagram
 * (ignored); refuses VLAN tags, fragments (RFC 791), a wrong IP header
 * checksum and a wrong UDP checksum.  A UDP checksum of 0 means none was made
 * (RFC 768).  `checksum_ready` is false when the kernel says the UDP checksum
 * has not been filled in yet (TP_STATUS_CSUMNOTREADY: a server on this host);
 * it is then not looked at.  `*out` is written only on DECODE_OK and borrows
 * from `bytes`.
 */
enum decode frame_decode(const uint8_t *bytes, size_t length,
			 bool checksum_ready, struct frame *out);

/*
 * Writes the broadcast frame around `payload`: from `source` and 0.0.0.0:68
 * to ff:ff:ff:ff:ff:ff and 255.255.255.255:67, TTL 64, TOS 0, ID 0, DF clear,
 * UDP checksum computed (0 is sent as 0xffff).  Returns the frame's length in
 * octets, 0 when `room` is too small.
 */
size_t frame_encode(const struct mac *source, const uint8_t *payload,
		    size_t payload_length, uint8_t *out, size_t room);

#endif
