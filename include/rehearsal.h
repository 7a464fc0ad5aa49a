/*
 * A lease's whole life in an instant: the state machine that runs, before an
 * imaginary server, with every frame that it wants sent.  That is what --audit
 * shows, so that there is no second description of what is sent.
 */
#ifndef DHCPCANON_REHEARSAL_H
#define DHCPCANON_REHEARSAL_H

#include "client.h"
#include "frame.h"

enum rehearsed {
	REHEARSED_DISCOVER,
	REHEARSED_REQUEST_SELECTING,
	REHEARSED_PROBE,
	REHEARSED_ANNOUNCEMENT,
	REHEARSED_REQUEST_RENEWING,
	REHEARSED_REQUEST_REBINDING,
	REHEARSED_DECLINE,
	REHEARSED_COUNT,
};

/* All that what is sent can depend on. */
struct rehearsal_input {
	struct mac mac;
	struct disclosure disclosure;
	struct in_addr address, server; /* what is offered, and by whom */
	uint32_t xid, order, list;      /* as in struct chance */
	bool late; /* the server answers what was sent a second time */
};

#define REHEARSAL_MAX (FRAME_HEADERS + MESSAGE_SENT_LENGTH)

/*
 * What was sent of each kind: the first of them, with `late` the second.
 * `by_kernel`: a message alone, whose Ethernet, IP and UDP headers are the
 * kernel's to write; else a whole frame.
 */
struct rehearsal {
	struct rehearsed_frame {
		size_t length; /* octets */
		bool by_kernel;
		uint8_t bytes[REHEARSAL_MAX];
	} frame[REHEARSED_COUNT];
};

/* Words for it: "DHCPDISCOVER", "DHCPREQUEST, renewing", … */
const char *rehearsed_name(enum rehearsed what);

/*
 * Writes what is sent from the first DISCOVER over a lease, its renewal and
 * rebinding to a conflict and DECLINE.
 */
void rehearse(const struct rehearsal_input *input, struct rehearsal *out);

#endif
