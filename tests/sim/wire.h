/*
 * Every octet that leaves the machine, against the project's table of frames
 * (RFC 7844 read strictly).  Shares no code with the encoders.
 */
#ifndef DHCPCANON_SIM_WIRE_H
#define DHCPCANON_SIM_WIRE_H

#include "../../include/profile.h"

/* What is free to vary in a message; host order. */
struct sent_fields {
	uint32_t xid;
	uint32_t secs;
	uint32_t ciaddr;
	uint32_t requested; /* option 50 */
	uint32_t server;    /* option 54 */
};

/* The headers of a broadcast frame of `length` octets; all else is fixed. */
void wire_check_frame(const uint8_t *frame, size_t length,
		      const struct mac *mac);

/*
 * The 300 octets of a message that claims to be `sent`, from `mac`; its free
 * fields go to `*out`.
 */
void wire_check_message(const uint8_t *message, enum sent sent,
			const struct mac *mac,
			const struct disclosure *disclosure,
			struct sent_fields *out);

/* An ARP frame for `address`: a probe or an announcement. */
void wire_check_arp(const uint8_t *frame, const struct mac *mac,
		    uint32_t address, bool is_probe);

#endif
