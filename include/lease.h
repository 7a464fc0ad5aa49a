/*
 * What a reply must have to be taken, and the times of a lease (RFC 2131
 * §4.4.1, §4.4.5).  A lease is plain data in milliseconds of the caller's
 * clock; this module has none.
 */
#ifndef DHCPCANON_LEASE_H
#define DHCPCANON_LEASE_H

#include "message.h"
#include "moment.h"

#define LEASE_INFINITE 0xffffffffU /* RFC 2131 §3.3, seconds */

struct lease {
	struct in_addr address; /* network order */
	struct in_addr server;  /* option 54, network order */
	struct in_addr mask;    /* network order; never 0 */
	bool mask_is_natural;   /* the server's was missing or useless */
	uint32_t lifetime_s;    /* option 51; LEASE_INFINITE: for ever */
	uint64_t t1_ms;         /* when to renew; TIME_NEVER */
	uint64_t t2_ms;         /* when to rebind; TIME_NEVER */
	uint64_t expiry_ms;     /* when it ends; TIME_NEVER */
};

/* Why an OFFER or ACK is not acceptable. */
enum lease_refusal {
	LEASE_ACCEPTABLE,
	LEASE_NO_SERVER,   /* option 54 missing, malformed or no unicast */
	LEASE_NO_TIME,     /* option 51 missing, malformed or 0 */
	LEASE_REJECTED,    /* from a server that the user does not want */
	LEASE_BAD_ADDRESS, /* yiaddr is not an address that a host can have */
	LEASE_REFUSALS,
};

/* The words for a refusal in the log: "no server identifier", … */
const char *lease_refusal_name(enum lease_refusal refusal);

/*
 * True if a host can have `address` (network order): not 0/8, loopback,
 * multicast, class E or broadcast.
 */
bool address_is_unicast(struct in_addr address);

/*
 * Checks an OFFER or ACK and reads from it address, server, mask and
 * lifetime; the times are left 0.  A mask that is missing, malformed, not
 * contiguous or shorter than /8 is replaced by the natural one of the
 * address's class: a /2 would beat a VPN's routes (TunnelCrack).  The address
 * must not be the network or broadcast address of the mask that came, for
 * prefixes up to /30.  Nothing else may be required of an OFFER.  `*out` is
 * written only on LEASE_ACCEPTABLE.
 */
enum lease_refusal lease_from_message(const struct message *message,
				      struct lease *out);

/*
 * Sets T1, T2 and expiry (RFC 2131 §4.4.5): from options 58 and 59 of `ack`,
 * each replaced by 0.5 or 0.875 of the lease when it is missing, malformed, 0
 * or not below the lease, and both unless then T1 < T2; counted from
 * `start_ms`, when the REQUEST that
 * was answered was sent (§4.4.1).  Each of T1 and T2 is moved by a uniform
 * -1..+1 s (for leases under 60 s: lease/60) taken from `chance_t1` and
 * `chance_t2`, 32 random bits each, and kept so that start < T1 < T2 <
 * expiry.  An infinite lease gets TIME_NEVER for all three.
 */
void lease_set_times(struct lease *lease, const struct message *ack,
		     uint64_t start_ms, uint32_t chance_t1, uint32_t chance_t2);

#endif
