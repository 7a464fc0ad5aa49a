/*
 * Ethernet, IPv4 and UDP around a DHCP message, and their checksums (RFC 791,
 * RFC 768, RFC 1071).  Of DHCP it knows the two ports, nothing more.
 */
#include "frame.h"

#include <assert.h>

#define ETHERTYPE_IPV4 0x0800
#define PROTOCOL_UDP 17
#define IPV4_HEADER 20 /* octets, without options */
#define IPV4_CHECKSUM_AT 10
#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_FRAGMENT_OFFSET 0x1fff
#define UDP_HEADER 8
#define UDP_CHECKSUM_AT 6
#define TIME_TO_LIVE 64

/*
 * Adds `in` to the one's complement `sum` as 16-bit words, an odd last octet
 * as if a zero followed (RFC 1071 §1).  A datagram's length is 16 bits wide,
 * so that 32 bits hold the sum of its words.
 */
static uint32_t sum_words(uint32_t sum, struct reader in)
{
	uint16_t word;
	uint8_t last = 0;

	while (reader_u16(&in, &word))
		sum += word;
	if (reader_u8(&in, &last))
		sum += (uint32_t)last << 8;
	return sum;
}

/* Folds the carries in: 0xffff for a sum that holds its own checksum. */
static uint16_t sum_fold(uint32_t sum)
{
	while (sum > UINT16_MAX)
		sum = (sum & UINT16_MAX) + (sum >> 16);
	return (uint16_t)sum;
}

/* The sum of UDP's pseudo header (RFC 768). */
static uint32_t sum_pseudo_header(struct in_addr source,
				  struct in_addr destination,
				  uint16_t udp_length)
{
	const uint32_t from = ntohl(source.s_addr);
	const uint32_t to = ntohl(destination.s_addr);

	return (from >> 16) + (from & UINT16_MAX) + (to >> 16) +
	       (to & UINT16_MAX) + PROTOCOL_UDP + udp_length;
}

static enum decode take_ethernet(struct reader *in, struct frame *frame)
{
	uint16_t ethertype;

	if (!reader_skip(in, MAC_LENGTH) ||
	    !reader_copy(in, MAC_LENGTH, frame->source_mac.octet) ||
	    !reader_u16(in, &ethertype))
		return DECODE_SHORT;
	return ethertype == ETHERTYPE_IPV4 ? DECODE_OK : DECODE_NOT_IPV4;
}

/* Takes the IPv4 header; what it carries is then `*payload`. */
static enum decode take_ipv4(struct reader in, struct frame *frame,
			     struct reader *payload)
{
	struct reader header, datagram = in;
	size_t header_length;
	uint16_t total_length, fragment;
	uint8_t version_ihl, protocol;

	if (!reader_u8(&in, &version_ihl))
		return DECODE_SHORT;
	header_length = (size_t)(version_ihl & 0x0f) * 4;
	if (version_ihl >> 4 != 4 || header_length < IPV4_HEADER)
		return DECODE_NOT_IPV4;
	if (!reader_skip(&in, 1) || !reader_u16(&in, &total_length) ||
	    !reader_skip(&in, 2) || !reader_u16(&in, &fragment) ||
	    !reader_skip(&in, 1) || !reader_u8(&in, &protocol) ||
	    !reader_skip(&in, 2) || !reader_address(&in, &frame->source) ||
	    !reader_address(&in, &frame->destination))
		return DECODE_SHORT;
	/* short frames are padded, so the datagram's own end counts */
	if (!reader_split(&datagram, total_length, payload) ||
	    !reader_split(payload, header_length, &header))
		return DECODE_SHORT;
	if (sum_fold(sum_words(0, header)) != UINT16_MAX)
		return DECODE_CHECKSUM;
	if (fragment & (IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET))
		return DECODE_NOT_IPV4;
	return protocol == PROTOCOL_UDP ? DECODE_OK : DECODE_NOT_DHCP;
}

static enum decode take_udp(struct reader in, bool checksum_ready,
			    struct frame *frame)
{
	struct reader datagram, rest = in;
	uint16_t destination_port, length, checksum;

	if (!reader_skip(&in, 2) || !reader_u16(&in, &destination_port) ||
	    !reader_u16(&in, &length) || !reader_u16(&in, &checksum))
		return DECODE_SHORT;
	if (destination_port != DHCP_CLIENT_PORT)
		return DECODE_NOT_DHCP;
	if (length < UDP_HEADER || !reader_split(&rest, length, &datagram))
		return DECODE_SHORT;
	if (checksum_ready && checksum != 0) {
		uint32_t sum = sum_pseudo_header(frame->source,
						 frame->destination, length);

		if (sum_fold(sum_words(sum, datagram)) != UINT16_MAX)
			return DECODE_CHECKSUM;
	}
	frame->payload = in.at;
	frame->payload_length = (size_t)length - UDP_HEADER;
	return DECODE_OK;
}

enum decode frame_decode(const uint8_t *bytes, size_t length,
			 bool checksum_ready, struct frame *out)
{
	struct reader in = reader_of(bytes, length);
	struct reader datagram;
	struct frame frame = {0};
	enum decode result;

	result = take_ethernet(&in, &frame);
	if (result != DECODE_OK)
		return result;
	result = take_ipv4(in, &frame, &datagram);
	if (result != DECODE_OK)
		return result;
	result = take_udp(datagram, checksum_ready, &frame);
	if (result != DECODE_OK)
		return result;
	*out = frame;
	return DECODE_OK;
}

/* Writes the two octets of a checksum into a header that is complete. */
static void put_checksum(uint8_t *at, uint16_t checksum)
{
	struct writer out = {.at = at, .left = sizeof(checksum)};

	writer_u16(&out, checksum);
}

/* The fields' values are the profile's choice: those of the largest crowd. */
static void write_ipv4(struct in_addr source, struct in_addr destination,
		       uint16_t total_length, struct writer *out)
{
	uint8_t *header = out->at;
	uint32_t sum;

	writer_u8(out, 4 << 4 | IPV4_HEADER / 4);
	writer_u8(out, 0); /* TOS */
	writer_u16(out, total_length);
	writer_u16(out, 0); /* ID */
	writer_u16(out, 0); /* DF clear, no fragment */
	writer_u8(out, TIME_TO_LIVE);
	writer_u8(out, PROTOCOL_UDP);
	writer_u16(out, 0); /* the checksum's place */
	writer_address(out, source);
	writer_address(out, destination);
	sum = sum_words(0, reader_of(header, IPV4_HEADER));
	put_checksum(header + IPV4_CHECKSUM_AT, (uint16_t)~sum_fold(sum));
}

static void write_udp(struct in_addr source, struct in_addr destination,
		      const uint8_t *payload, size_t payload_length,
		      struct writer *out)
{
	const uint16_t length = (uint16_t)(UDP_HEADER + payload_length);
	uint8_t *header = out->at;
	uint16_t checksum;
	uint32_t sum;

	writer_u16(out, DHCP_CLIENT_PORT);
	writer_u16(out, DHCP_SERVER_PORT);
	writer_u16(out, length);
	writer_u16(out, 0); /* the checksum's place */
	writer_bytes(out, payload, payload_length);
	sum = sum_pseudo_header(source, destination, length);
	sum = sum_words(sum, reader_of(header, length));
	checksum = sum_fold(sum);
	/* the complement, but for the 0 that would say none was made: RFC 768
	 */
	if (checksum != UINT16_MAX)
		checksum = (uint16_t)~checksum;
	put_checksum(header + UDP_CHECKSUM_AT, checksum);
}

size_t frame_encode(const struct mac *source, const uint8_t *payload,
		    size_t payload_length, uint8_t *out, size_t room)
{
	static const struct mac everybody = {
		{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
	const struct in_addr nobody = {INADDR_ANY};
	const struct in_addr broadcast = {INADDR_BROADCAST};
	struct writer frame = {.at = out, .left = room};

	assert(payload_length <= FRAME_MAX - FRAME_HEADERS);
	if (room < FRAME_HEADERS + payload_length)
		return 0;
	writer_bytes(&frame, everybody.octet, MAC_LENGTH);
	writer_bytes(&frame, source->octet, MAC_LENGTH);
	writer_u16(&frame, ETHERTYPE_IPV4);
	write_ipv4(nobody, broadcast,
		   (uint16_t)(IPV4_HEADER + UDP_HEADER + payload_length),
		   &frame);
	write_udp(nobody, broadcast, payload, payload_length, &frame);
	return FRAME_HEADERS + payload_length;
}
