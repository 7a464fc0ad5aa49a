/*
 * The table of frames, octet by octet.  Knows neither state nor time: what
 * may vary is given back for the judge.
 */
#include "wire.h"

#include "packet.h"
#include "tally.h"
#include "trace.h"

#include <string.h>

#define FRAME_LENGTH (BOOTP_AT + 300)

/* The octets of a header that are the same in each frame; -1: not here. */
static const int16_t headers[BOOTP_AT] = {
	255,      255,       255, 255, 255, 255, /* to everybody */
	-1,       -1,        -1,  -1,  -1,  -1,  /* from the current MAC */
	8,        0,                             /* IPv4 */
	0x45,     0,                             /* version, IHL; TOS */
	328 >> 8, 328 & 255,                     /* total length */
	0,        0,         0,   0,             /* ID; flags and offset */
	64,       17,        -1,  -1,            /* TTL, UDP, checksum */
	0,        0,         0,   0,   255, 255,
	255,      255,                /* from 0.0.0.0 to all */
	0,        68,        0,   67, /* ports */
	308 >> 8, 308 & 255, -1,  -1, /* UDP length, checksum */
};

void wire_check_frame(const uint8_t *frame, size_t length,
		      const struct mac *mac)
{
	HOLDS(length == FRAME_LENGTH, "frame of %zu octets", length);
	for (size_t i = 0; i < BOOTP_AT; i++)
		HOLDS(headers[i] == -1 || headers[i] == frame[i],
		      "octet %zu of the frame is %u, not %d", i, frame[i],
		      headers[i]);
	HOLDS(memcmp(frame + 6, mac->octet, MAC_LENGTH) == 0,
	      "frame from another MAC than the current one");
	HOLDS(ones_sum(frame + 14, 20, 0) == 0xffff, "IP checksum is wrong");
	HOLDS(get_u16(frame + 40) != 0, "no UDP checksum");
	HOLDS(ones_sum(frame + 34, 308, pseudo_sum(frame + 14, 308)) == 0xffff,
	      "UDP checksum is wrong");
}

static void check_zero(const uint8_t *message, size_t from, size_t to,
		       const char *what)
{
	for (size_t i = from; i < to; i++)
		HOLDS(message[i] == 0, "%s: octet %zu is %u, not 0", what, i,
		      message[i]);
}

/* The fixed fields (RFC 2131 table 5). */
static void check_header(const uint8_t *message, const struct mac *mac,
			 struct sent_fields *out)
{
	static const uint8_t cookie[4] = {0x63, 0x82, 0x53, 0x63};

	HOLDS(message[0] == 1 && message[1] == 1 && message[2] == 6 &&
		      message[3] == 0,
	      "op, htype, hlen or hops");
	out->xid = get_u32(message + 4);
	out->secs = get_u16(message + 8);
	check_zero(message, 10, 12, "flags");
	out->ciaddr = get_u32(message + 12);
	check_zero(message, 16, 28, "yiaddr, siaddr, giaddr");
	HOLDS(memcmp(message + 28, mac->octet, MAC_LENGTH) == 0,
	      "chaddr is not the current MAC");
	check_zero(message, 34, 236, "chaddr's rest, sname, file");
	HOLDS(memcmp(message + 236, cookie, 4) == 0, "magic cookie");
}

/* What each message has, by option; 0: must not be there. */
static const struct {
	uint8_t type;
	bool has_50_54, may_61, may_55;
} rows[SENT_COUNT] = {
	[SENT_DISCOVER] = {1, false, true, true},
	[SENT_REQUEST_SELECTING] = {3, true, true, true},
	[SENT_REQUEST_RENEWING] = {3, false, true, true},
	[SENT_REQUEST_REBINDING] = {3, false, true, true},
	[SENT_DECLINE] = {4, true, true, false},
};

/* 1, 3, 6 in any order: 0 .. 5. */
static unsigned list_order(const uint8_t *list)
{
	static const uint8_t orders[6][3] = {{1, 3, 6}, {1, 6, 3}, {3, 1, 6},
					     {3, 6, 1}, {6, 1, 3}, {6, 3, 1}};

	for (unsigned i = 0; i < 6; i++)
		if (memcmp(orders[i], list, 3) == 0)
			return i;
	sim_fail("request list is not 1, 3, 6");
}

static void check_client_id(const uint8_t *value, const struct mac *mac)
{
	HOLDS(value[0] == 1 && memcmp(value + 1, mac->octet, MAC_LENGTH) == 0,
	      "client identifier is not 01 and the current MAC");
}

/* The order in which `count` options came, as a number for the tally. */
static void tally_options(const uint8_t *codes, size_t count)
{
	static const uint8_t all[5] = {53, 50, 54, 61, 55};

	if (count == 3)
		tally_count(TALLY_ORDER,
			    (unsigned)(codes[0] > codes[1]) +
				    2 * ((unsigned)(codes[0] > codes[2]) +
					 (unsigned)(codes[1] > codes[2])));
	if (count == 5)
		tally_count(
			TALLY_ORDER_FIRST,
			(unsigned)((const uint8_t *)memchr(all, codes[0], 5) -
				   all));
}

/* One option; its length is fixed and its value where it can be. */
static void check_option(const uint8_t *option, enum sent sent,
			 const struct mac *mac,
			 const struct disclosure *disclosure,
			 struct sent_fields *out)
{
	const uint8_t code = option[0], length = option[1];
	const uint8_t *value = option + 2;

	switch (code) {
	case 53:
		HOLDS(length == 1 && value[0] == rows[sent].type,
		      "option 53 is %u", value[0]);
		return;
	case 50:
		HOLDS(rows[sent].has_50_54 && length == 4, "option 50");
		out->requested = get_u32(value);
		return;
	case 54:
		HOLDS(rows[sent].has_50_54 && length == 4, "option 54");
		out->server = get_u32(value);
		return;
	case 61:
		HOLDS(rows[sent].may_61 && disclosure->client_id && length == 7,
		      "option 61");
		check_client_id(value, mac);
		return;
	case 55:
		HOLDS(rows[sent].may_55 && disclosure->request_options &&
			      length == 3,
		      "option 55");
		tally_count(TALLY_LIST, list_order(value));
		return;
	default:
		sim_fail("option %u is sent", code);
	}
}

void wire_check_message(const uint8_t *message, enum sent sent,
			const struct mac *mac,
			const struct disclosure *disclosure,
			struct sent_fields *out)
{
	const size_t expected =
		1U + (rows[sent].has_50_54 ? 2U : 0U) +
		(rows[sent].may_61 && disclosure->client_id) +
		(rows[sent].may_55 && disclosure->request_options);
	uint8_t codes[8] = {0};
	size_t at = OPTIONS_AT, count = 0;

	memset(out, 0, sizeof(*out));
	check_header(message, mac, out);
	for (; message[at] != 255; at += 2U + message[at + 1]) {
		HOLDS(count < expected && at + 2 + message[at + 1] < 300,
		      "more options than allowed");
		for (size_t i = 0; i < count; i++)
			HOLDS(codes[i] != message[at], "option %u twice",
			      codes[i]);
		codes[count++] = message[at];
		check_option(message + at, sent, mac, disclosure, out);
	}
	HOLDS(count == expected, "%zu options, not %zu", count, expected);
	check_zero(message, at + 1, 300, "after END");
	tally_options(codes, count);
}

void wire_check_arp(const uint8_t *frame, const struct mac *mac,
		    uint32_t address, bool is_probe)
{
	uint8_t wanted[SIM_ARP_LENGTH];
	struct claim claim = {.sender = is_probe ? 0 : address,
			      .target = address};

	memcpy(claim.mac, mac->octet, MAC_LENGTH);
	claim_write(wanted, &claim, true);
	for (size_t i = 0; i < SIM_ARP_LENGTH; i++)
		HOLDS(frame[i] == wanted[i],
		      "octet %zu of the ARP %s for %s is %u, not %u", i,
		      is_probe ? "probe" : "announcement", ip(address),
		      frame[i], wanted[i]);
}
