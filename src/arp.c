/*
 * ARP frames for IPv4 over Ethernet (RFC 826) and what RFC 5227 makes of
 * them.  Knows no time and no state: who asks whether an address is in
 * conflict says whether it is in use yet.
 */
#include "arp.h"

#include <assert.h>

#define ETHERTYPE_ARP 0x0806
#define HARDWARE_ETHERNET 1
#define PROTOCOL_IPV4 0x0800
#define ADDRESS_LENGTH 4
#define OPERATION_REQUEST 1
#define OPERATION_REPLY 2

enum decode arp_decode(const uint8_t *bytes, size_t length, struct arp *out)
{
	struct reader in = reader_of(bytes, length);
	uint16_t ethertype, hardware, protocol, operation;
	uint8_t hardware_length, protocol_length;
	struct arp arp;

	if (!reader_skip(&in, (size_t)2 * MAC_LENGTH) ||
	    !reader_u16(&in, &ethertype))
		return DECODE_SHORT;
	if (ethertype != ETHERTYPE_ARP)
		return DECODE_NOT_ARP;
	if (!reader_u16(&in, &hardware) || !reader_u16(&in, &protocol) ||
	    !reader_u8(&in, &hardware_length) ||
	    !reader_u8(&in, &protocol_length) || !reader_u16(&in, &operation))
		return DECODE_SHORT;
	if (hardware != HARDWARE_ETHERNET || protocol != PROTOCOL_IPV4 ||
	    hardware_length != MAC_LENGTH || protocol_length != ADDRESS_LENGTH)
		return DECODE_NOT_ARP;
	if (operation != OPERATION_REQUEST && operation != OPERATION_REPLY)
		return DECODE_NOT_ARP;
	if (!reader_copy(&in, MAC_LENGTH, arp.sender_mac.octet) ||
	    !reader_address(&in, &arp.sender) ||
	    !reader_skip(&in, MAC_LENGTH) || !reader_address(&in, &arp.target))
		return DECODE_SHORT;
	*out = arp;
	return DECODE_OK;
}

static void encode_request(const struct mac *own, struct in_addr sender,
			   struct in_addr target, uint8_t out[ARP_FRAME_LENGTH])
{
	static const struct mac everybody = {
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	struct writer frame = {.at = out, .left = ARP_FRAME_LENGTH};

	writer_bytes(&frame, everybody.octet, MAC_LENGTH);
	writer_bytes(&frame, own->octet, MAC_LENGTH);
	writer_u16(&frame, ETHERTYPE_ARP);
	writer_u16(&frame, HARDWARE_ETHERNET);
	writer_u16(&frame, PROTOCOL_IPV4);
	writer_u8(&frame, MAC_LENGTH);
	writer_u8(&frame, ADDRESS_LENGTH);
	writer_u16(&frame, OPERATION_REQUEST);
	writer_bytes(&frame, own->octet, MAC_LENGTH);
	writer_address(&frame, sender);
	writer_zeros(&frame, MAC_LENGTH);
	writer_address(&frame, target);
	assert(!frame.full && frame.left == 0);
}

void arp_encode_probe(const struct mac *own, struct in_addr address,
		      uint8_t out[ARP_FRAME_LENGTH])
{
	const struct in_addr nobody = {INADDR_ANY};

	encode_request(own, nobody, address, out);
}

void arp_encode_announcement(const struct mac *own, struct in_addr address,
			     uint8_t out[ARP_FRAME_LENGTH])
{
	encode_request(own, address, address, out);
}

bool arp_conflicts_with_probe(const struct arp *arp, const struct mac *own,
			      struct in_addr address)
{
	/* two hosts that probe at once must both see it: RFC 5227 §2.1.1 */
	const bool is_probe_for_it = arp->sender.s_addr == INADDR_ANY &&
				     arp->target.s_addr == address.s_addr;

	return arp_conflicts_with_use(arp, own, address) ||
	       (is_probe_for_it && !mac_equal(&arp->sender_mac, own));
}

bool arp_conflicts_with_use(const struct arp *arp, const struct mac *own,
			    struct in_addr address)
{
	return arp->sender.s_addr == address.s_addr &&
	       !mac_equal(&arp->sender_mac, own);
}
