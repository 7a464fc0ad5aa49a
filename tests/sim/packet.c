/*
 * Frames read and written by offset, in another way than the program does it
 * on purpose.  Knows no state.
 */
#include "packet.h"

#include <string.h>

#define OPTION_VALUE_MAX 1500

uint32_t get_u16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

uint32_t get_u32(const uint8_t *at)
{
	return get_u16(at) << 16 | get_u16(at + 2);
}

void put_u16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

void put_u32(uint8_t *at, uint32_t value)
{
	put_u16(at, value >> 16);
	put_u16(at + 2, value);
}

uint32_t ones_sum(const uint8_t *at, size_t length, uint32_t sum)
{
	for (size_t i = 0; i < length; i++)
		sum += i % 2 == 0 ? (uint32_t)at[i] << 8 : at[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

uint32_t pseudo_sum(const uint8_t *ip_header, uint32_t udp_length)
{
	return ones_sum(ip_header + 12, 8, 17 + udp_length);
}

bool filter_passes(const uint8_t *frame, size_t length, const uint8_t mac[6])
{
	static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
	size_t udp, bootp;

	if (length < 34 || get_u16(frame + 12) != 0x0800)
		return false;
	/* PACKET_OTHERHOST and multicast are not taken */
	if (memcmp(frame, mac, 6) != 0 && memcmp(frame, everybody, 6) != 0)
		return false;
	udp = 14 + (frame[14] & 15U) * 4U;
	bootp = udp + 8;
	if (frame[23] != 17 || (get_u16(frame + 20) & 0x1fff) != 0)
		return false;
	/* a load beyond the packet drops it: bpf(4) */
	return length >= bootp + 34 && get_u16(frame + udp + 2) == 68 &&
	       frame[bootp] == 2 && frame[bootp + 1] == 1 &&
	       frame[bootp + 2] == 6 && memcmp(frame + bootp + 28, mac, 6) == 0;
}

bool arp_filter_passes(const uint8_t *frame, size_t length,
		       const uint8_t mac[6], uint32_t address)
{
	uint32_t sender;

	if (length < SIM_ARP_LENGTH || get_u16(frame + 12) != 0x0806 ||
	    address == 0 || memcmp(frame + 22, mac, 6) == 0)
		return false;
	sender = get_u32(frame + 28);
	return sender == address ||
	       (sender == 0 && get_u32(frame + 38) == address);
}

/* Finds the datagram's payload; false if any header is not as it must be. */
static bool find_message(const uint8_t *frame, size_t length, size_t *at,
			 size_t *message_length)
{
	const uint8_t *header = frame + 14;
	size_t header_length, total, udp_length;

	if (length < 34 || get_u16(frame + 12) != 0x0800)
		return false;
	header_length = (header[0] & 15U) * 4U;
	total = get_u16(header + 2);
	if (header[0] >> 4 != 4 || header_length < 20 ||
	    total < header_length || 14 + total > length)
		return false;
	if (ones_sum(header, header_length, 0) != 0xffff ||
	    (get_u16(header + 6) & 0x3fff) != 0 || header[9] != 17 ||
	    total < header_length + 8)
		return false;
	udp_length = get_u16(header + header_length + 4);
	if (get_u16(header + header_length + 2) != 68 || udp_length < 8 ||
	    header_length + udp_length > total)
		return false;
	if (get_u16(header + header_length + 6) != 0 &&
	    ones_sum(header + header_length, udp_length,
		     pseudo_sum(header, (uint32_t)udp_length)) != 0xffff)
		return false;
	*at = 14 + header_length + 8;
	*message_length = udp_length - 8;
	return true;
}

/* The parts of a message that hold options, in RFC 3396's order. */
struct areas {
	const uint8_t *at[3];
	size_t length[3];
};

/*
 * Joins the values of option `code`; returns their length, -1 if an option
 * runs over the end of its area.  Option 52 counts in the first area only.
 */
static int gather(const struct areas *areas, unsigned code,
		  uint8_t out[OPTION_VALUE_MAX])
{
	int length = 0;

	for (int area = 0; area < 3; area++) {
		const uint8_t *bytes = areas->at[area];
		const size_t end = areas->length[area];

		for (size_t i = 0; i < end && bytes[i] != 255;) {
			if (bytes[i] == 0) {
				i++;
				continue;
			}
			if (i + 2 > end || i + 2 + bytes[i + 1] > end)
				return -1;
			if (bytes[i] == code && !(code == 52 && area > 0)) {
				memcpy(out + length, bytes + i + 2,
				       bytes[i + 1]);
				length += bytes[i + 1];
			}
			i += 2U + bytes[i + 1];
		}
	}
	return length;
}

static bool gather_u32(const struct areas *areas, unsigned code, uint32_t *out)
{
	uint8_t value[OPTION_VALUE_MAX];

	if (gather(areas, code, value) != 4)
		return false;
	*out = get_u32(value);
	return true;
}

/* Finds all areas; false if the message does not parse. */
static bool find_areas(const uint8_t *message, size_t length,
		       struct areas *areas)
{
	uint8_t value[OPTION_VALUE_MAX];
	int overload;

	memset(areas, 0, sizeof(*areas));
	areas->at[0] = message + OPTIONS_AT;
	areas->length[0] = length - OPTIONS_AT;
	overload = gather(areas, 52, value);
	if (overload < 0)
		return false;
	/* one that can't be overloads nothing */
	if (overload != 1 || value[0] < 1 || value[0] > 3)
		return true;
	if (value[0] & 1) {
		areas->at[1] = message + 108;
		areas->length[1] = 128;
	}
	if (value[0] & 2) {
		areas->at[2] = message + 44;
		areas->length[2] = 64;
	}
	return gather(areas, 53, value) >= 0;
}

bool reply_read(const uint8_t *frame, size_t length, struct reply *out)
{
	static const uint8_t cookie[4] = {0x63, 0x82, 0x53, 0x63};
	uint8_t type[OPTION_VALUE_MAX];
	const uint8_t *message;
	struct areas areas;
	size_t at;

	memset(out, 0, sizeof(*out));
	if (!find_message(frame, length, &at, &length))
		return false;
	message = frame + at;
	if (length < OPTIONS_AT || length > 1500 || message[0] != 2 ||
	    message[1] != 1 || message[2] != 6 ||
	    memcmp(message + 236, cookie, 4) != 0)
		return false;
	if (!find_areas(message, length, &areas) ||
	    gather(&areas, 53, type) != 1 ||
	    (type[0] != 2 && type[0] != 5 && type[0] != 6))
		return false;
	out->type = type[0];
	out->xid = get_u32(message + 4);
	out->address = get_u32(message + 16);
	memcpy(out->chaddr, message + 28, 6);
	out->has_server = gather_u32(&areas, 54, &out->server);
	out->has_lease = gather_u32(&areas, 51, &out->lease_s);
	out->has_t1 = gather_u32(&areas, 58, &out->t1_s);
	out->has_t2 = gather_u32(&areas, 59, &out->t2_s);
	out->has_mask = gather_u32(&areas, 1, &out->mask);
	return true;
}

bool claim_read(const uint8_t *frame, size_t length, struct claim *out)
{
	static const uint8_t head[8] = {8, 6, 0, 1, 8, 0, 6, 4};

	if (length < SIM_ARP_LENGTH || memcmp(frame + 12, head, 8) != 0 ||
	    frame[20] != 0 || frame[21] < 1 || frame[21] > 2)
		return false;
	memcpy(out->mac, frame + 22, 6);
	out->sender = get_u32(frame + 28);
	out->target = get_u32(frame + 38);
	return true;
}

size_t frame_wrap(uint8_t *frame, size_t length,
		  const struct envelope *envelope)
{
	static const uint8_t server_mac[6] = {2, 0x53, 0, 0, 0, 1};
	const uint32_t header_length = 20 + 4 * envelope->option_words;
	const uint32_t udp_length = (uint32_t)length + 8;
	uint8_t *header = frame + 14, *udp = header + header_length;
	uint32_t sum;

	memmove(udp + 8, frame + BOOTP_AT, length);
	memcpy(frame, envelope->to, 6);
	memcpy(frame + 6, server_mac, 6);
	put_u16(frame + 12, 0x0800);
	memset(header, 0, header_length + 8);
	header[0] = (uint8_t)(0x40 + header_length / 4);
	put_u16(header + 2, udp_length + header_length);
	header[8] = 64;
	header[9] = 17;
	put_u32(header + 12, envelope->source);
	put_u32(header + 16, envelope->destination);
	/* options: the first is "no operation", the rest is over */
	if (header_length > 20)
		header[20] = 1;
	put_u16(header + 10, ~ones_sum(header, header_length, 0));
	put_u16(udp, 67);
	put_u16(udp + 2, 68);
	put_u16(udp + 4, udp_length);
	if (envelope->has_checksum) {
		sum = ~ones_sum(udp, udp_length,
				pseudo_sum(header, udp_length)) &
		      0xffff;
		put_u16(udp + 6, sum == 0 ? 0xffff : sum);
	}
	return 14 + header_length + udp_length;
}

size_t claim_write(uint8_t *frame, const struct claim *claim, bool is_request)
{
	static const uint8_t head[8] = {8, 6, 0, 1, 8, 0, 6, 4};

	memset(frame, 255, 6);
	memcpy(frame + 6, claim->mac, 6);
	memcpy(frame + 12, head, 8);
	put_u16(frame + 20, is_request ? 1 : 2);
	memcpy(frame + 22, claim->mac, 6);
	put_u32(frame + 28, claim->sender);
	memset(frame + 32, 0, 6);
	put_u32(frame + 38, claim->target);
	return SIM_ARP_LENGTH;
}
