/*
 * ARP for address conflict detection (RFC 826, RFC 5227): the probe, the
 * announcement, and what counts as a conflict.  When they are sent is
 * client.c's affair.
 */
#ifndef DHCPCANON_ARP_H
#define DHCPCANON_ARP_H

#include "bytes.h"
#include "decode.h"
#include "mac.h"

#define ARP_FRAME_LENGTH 42 /* octets: Ethernet header and ARP, no trailer */

/* The fields of an ARP frame that conflict detection needs. */
struct arp {
	struct mac sender_mac;
	struct in_addr sender; /* network order; 0.0.0.0 in a probe */
	struct in_addr target; /* network order */
};

/*
 * Decodes an Ethernet frame of `length` octets as an ARP request or reply for
 * IPv4 over Ethernet (RFC 826).  Trailing octets are ignored.  `*out` is
 * written only on DECODE_OK.
 */
enum decode arp_decode(const uint8_t *bytes, size_t length, struct arp *out);

/*
 * Writes an ARP Probe for `address` (RFC 5227 §2.1.1): broadcast request,
 * sender IP 0.0.0.0, target hardware address zero.
 */
void arp_encode_probe(const struct mac *own, struct in_addr address,
		      uint8_t out[ARP_FRAME_LENGTH]);

/*
 * Writes an ARP Announcement of `address` (RFC 5227 §2.3): broadcast request,
 * sender IP and target IP both `address`, target hardware address zero.
 */
void arp_encode_announcement(const struct mac *own, struct in_addr address,
			     uint8_t out[ARP_FRAME_LENGTH]);

/*
 * True if `arp` shows that somebody else uses or wants `address`, as seen
 * before we use it (RFC 5227 §2.1.1): its sender IP from a MAC that is not
 * `own`, or a probe for it from such a MAC.
 */
bool arp_conflicts_with_probe(const struct arp *arp, const struct mac *own,
			      struct in_addr address);

/*
 * True if `arp` shows that somebody else uses `address` while we do (RFC 5227
 * §2.4): its sender IP is `address`, from a MAC that is not `own`.
 */
bool arp_conflicts_with_use(const struct arp *arp, const struct mac *own,
			    struct in_addr address);

#endif
