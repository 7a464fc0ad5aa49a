/* Ethernet frames: what is found lies inside, what we write is read back. */
#include "frame.h"

#include "fuzz.h"

#define PORT_AT (14 + 20 + 2) /* the destination's, in a frame of ours */

/* Our own frame around `payload`, turned around, is a reply with it. */
static void encode(const uint8_t *payload, size_t length)
{
	const struct mac source = {{2, 1, 2, 3, 4, 5}};
	uint8_t bytes[FRAME_MAX];
	struct frame frame;
	size_t size;

	if (length > FRAME_MAX - FRAME_HEADERS)
		return;
	must(frame_encode(&source, payload, length, bytes,
			  FRAME_HEADERS + length - 1) == 0);
	size = frame_encode(&source, payload, length, bytes, sizeof(bytes));
	must(size == FRAME_HEADERS + length);
	must(frame_decode(bytes, size, true, &frame) == DECODE_NOT_DHCP);
	bytes[PORT_AT + 1] = DHCP_CLIENT_PORT;
	must(frame_decode(bytes, size, true, &frame) == DECODE_CHECKSUM);
	must(frame_decode(bytes, size, false, &frame) == DECODE_OK);
	must(frame.payload_length == length && frame.source.s_addr == 0);
	must(length == 0 || memcmp(frame.payload, payload, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame frame, untouched;

	memset(&frame, 0xa5, sizeof(frame));
	untouched = frame;
	for (int ready = 0; ready < 2; ready++) {
		if (frame_decode(data, size, ready, &frame) != DECODE_OK) {
			must(memcmp(&frame, &untouched, sizeof(frame)) == 0);
			continue;
		}
		must(frame.payload >= data + FRAME_HEADERS &&
		     frame.payload_length <=
			     (size_t)(data + size - frame.payload));
		untouched = frame;
	}
	encode(data, size);
	return 0;
}
