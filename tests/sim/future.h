/*
 * What is going to happen, by virtual time: one heap.  What falls on the same
 * millisecond happens in the order in which it was planned.
 */
#ifndef DHCPCANON_SIM_FUTURE_H
#define DHCPCANON_SIM_FUTURE_H

#include "../../include/client.h"

#define FUTURE_FRAME_MAX 700 /* octets of a frame on the model link */
#define FUTURE_MAX 256       /* things planned at once */

enum happening {
	HAPPENS_FRAME,   /* reaches the interface: IPv4 or ARP */
	HAPPENS_LINK,    /* the kernel tells of the interface */
	HAPPENS_SCRIPT,  /* the running script ends */
	HAPPENS_FATE,    /* something befalls the machine */
	HAPPENS_START,   /* the program is started */
	HAPPENS_LINK_UP, /* the end of a flap */
};

struct future {
	uint64_t at_ms;
	uint64_t order;
	enum happening what;
	uint32_t worker; /* of which worker or machine state; see world.c */
	struct link link;
	enum script_outcome outcome;
	uint32_t length;
	uint8_t frame[FUTURE_FRAME_MAX];
};

struct futures {
	uint32_t count;
	uint64_t next_order;
	uint16_t heap[FUTURE_MAX]; /* the first `count`: planned; else free */
	struct future pool[FUTURE_MAX];
};

void futures_clear(struct futures *futures);

/* A new thing to happen, for the caller to fill in; NULL when full. */
struct future *future_plan(struct futures *futures, enum happening what,
			   uint64_t at_ms);

/* What happens next; NULL: nothing. */
const struct future *future_next(const struct futures *futures);

/* Takes what happens next into `*out`; there must be something. */
void future_take(struct futures *futures, struct future *out);

#endif
